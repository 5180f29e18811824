/** The port of a bridge. Source: the kernel's xt_physdev.c, physdev_mt. */
import { type BridgePorts, type Predicate, perhapsNegated } from '../answer.ts';
import { assumed, type MatchReader, unknownOption } from '../match-reader.ts';

/** Whether a port has a name as rules write it: a trailing + stands for any ending. */
function hasName(port: string, pattern: string): boolean {
  return pattern.endsWith('+') ? port.startsWith(pattern.slice(0, -1)) : port === pattern;
}

/** Whether a port has a name, where it is one of the bridge's and not known which: sure where all of them have it, or none. */
function named(pattern: string, { all }: BridgePorts): boolean | undefined {
  if (all.length === 0) return undefined;
  const told = new Set(all.map((port) => hasName(port, pattern)));
  return told.size === 1 ? told.has(true) : undefined;
}

/** What an option without its `!` says of a packet's ports; undefined where that is not known. */
function holds(name: string, value: string, ports: BridgePorts): boolean | undefined {
  const isNamed = (port: string | null): boolean | undefined => (port === null ? named(value, ports) : hasName(port, value));
  switch (name) {
    case '--physdev-in':
      return isNamed(ports.in);
    case '--physdev-out':
      return isNamed(ports.out);
    case '--physdev-is-in':
      return true;
    default:
      return ports.isBridged;
  }
}

/** A packet that crosses no port matches where every option has its `!`. */
export const physdev: MatchReader = (match) =>
  match.options.map((option): Predicate => {
    const none = assumed(option.negation !== undefined, 'No packet comes in or leaves by a port of a bridge.');
    const unknown = unknownOption(match, { ...option, negation: undefined }, [], 'frame');
    const value = option.values[0]?.text ?? '';
    const asked: Predicate = (packet, knows) => {
      const ports = knows.bridgePorts?.(packet);
      const told = ports === undefined ? undefined : holds(option.name, value, ports);
      return told ?? unknown(packet, knows);
    };
    const known = perhapsNegated(asked, option.negation !== undefined);
    return (packet, knows) => (knows.bridgePorts?.(packet) === undefined ? none : known(packet, knows));
  });
