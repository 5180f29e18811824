/** The port of a bridge. Source: the kernel's xt_physdev.c, physdev_mt. */
import { type BridgePorts, type Predicate, perhapsNegated } from '../answer.ts';
import { assumed, type MatchReader, unknownOption } from '../match-reader.ts';

/** Whether a port has a name as rules write it: a trailing + stands for any ending. */
function hasName(port: string, pattern: string): boolean {
  return pattern.endsWith('+') ? port.startsWith(pattern.slice(0, -1)) : port === pattern;
}

/** What an option without its `!` says of a packet's ports; undefined where that is not known. */
function holds(name: string, value: string, ports: BridgePorts): boolean | undefined {
  const named = (port: string | null): boolean | undefined => (port === null ? undefined : hasName(port, value));
  switch (name) {
    case '--physdev-in':
      return named(ports.in);
    case '--physdev-out':
      return named(ports.out);
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
    const unknown = unknownOption(match, { ...option, negation: undefined });
    const value = option.values[0]?.text ?? '';
    const asked: Predicate = (packet, knows) => {
      const ports = knows.bridgePorts?.(packet);
      const told = ports === undefined ? undefined : holds(option.name, value, ports);
      return told ?? unknown(packet, knows);
    };
    const known = perhapsNegated(asked, option.negation !== undefined);
    return (packet, knows) => (knows.bridgePorts?.(packet) === undefined ? none : known(packet, knows));
  });
