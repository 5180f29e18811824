/** Interfaces, bridges and their ports. */
import type { NodeFacts } from '../facts.ts';
import type { LinkRecord } from '../records.ts';

/** An interface by its name. */
export function linkNamed({ links }: NodeFacts, name: string): LinkRecord | undefined {
  return links?.records.find((link) => link.name === name);
}

/** A port of a bridge with whether it is in hairpin mode, and where that stands. */
export interface BridgePort {
  readonly name: string;
  /** null where it is not said. */
  readonly hairpin: boolean | null;
  readonly isIsolated: boolean | null;
  /** As `bridge link` says; empty where it does not. */
  readonly state: string;
  readonly isLocked: boolean | null;
  readonly file: string;
  readonly line: number;
}

/** The ports of a bridge: as `bridge link` says, else as `ip -d link` does. */
export function portsOf({ links, bridgePorts }: NodeFacts, bridge: string): readonly BridgePort[] {
  const ports = bridgePorts?.records.filter((port) => port.bridge === bridge && port.hairpin !== null) ?? [];
  if (bridgePorts !== null && ports.length > 0)
    return ports.map(({ bridge: _, ...port }) => ({ ...port, file: bridgePorts.file }));
  return (links?.records ?? [])
    .filter(({ master }) => master === bridge)
    .map(({ name, hairpin, isIsolated, line }) => ({
      name,
      hairpin,
      isIsolated,
      state: '',
      isLocked: null,
      file: links?.file ?? '',
      line,
    }));
}

/** The port of a bridge behind which an address is; undefined where nothing tells: its neighbour entry and the bridge's own table do. */
export function portBehind(facts: NodeFacts, bridge: string, ip: string): string | undefined {
  const mac = facts.neighbours?.records.find((neighbour) => neighbour.ip === ip && neighbour.interface === bridge)?.mac ?? '';
  if (mac === '') return undefined;
  const ports = new Set(portsOf(facts, bridge).map(({ name }) => name));
  return facts.forwarding?.records.find((entry) => entry.mac === mac && ports.has(entry.port))?.port;
}
