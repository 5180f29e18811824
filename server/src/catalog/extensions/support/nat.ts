/** What the targets that translate addresses have in common. */
import type { CombinationCheck, ListedOption } from '../../extension.ts';
import { fault } from '../../values/values.ts';
import { findGiven, protocolBefore, readGiven } from './given.ts';
import { listedAs } from './listed.ts';

export const listedRandom: ListedOption = listedAs('--random', 'random');
export const listedFullyRandom: ListedOption = listedAs('--random-fully', 'random-fully');
export const listedPersistent: ListedOption = listedAs('--persistent', 'persistent');

/** By number: TCP, UDP, SCTP, DCCP, ICMP. */
const portProtocols = [6, 17, 132, 33, 1];

/** Ports of a translation need a protocol that has some, and `-p` must stand before them. */
export function needsPorts(long: string): CombinationCheck {
  return (given) => {
    const option = findGiven(given, long);
    if (option === undefined || portProtocols.includes(protocolBefore(given, option))) return undefined;
    const value = readGiven(given, option);
    return value?.type === 'ports' || (value?.type === 'translation' && value.ports !== undefined)
      ? fault('needs-protocol', 'Need TCP, UDP, SCTP or DCCP with port specification')
      : undefined;
  };
}
