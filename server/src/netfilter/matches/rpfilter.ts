import { assumed, type MatchReader, optionNamed } from '../match-reader.ts';

/** Whether answers would leave by the interface that the packet came in by. What comes in by lo passes (the kernel's rpfilter_mt). */
export const rpfilter: MatchReader = (match) => {
  const holds = optionNamed(match, '--invert') === undefined;
  const isLoose = optionNamed(match, '--loose') !== undefined;
  const takesOwn = optionNamed(match, '--accept-local') !== undefined;
  const isMarkKept = optionNamed(match, '--validmark') !== undefined;
  const answer = assumed(holds, 'Packets come in by the interface that answers would leave by.');
  return [
    (packet, knows) => {
      if (packet.in === 'lo') return holds;
      const told = knows.hasWayBack?.(packet, isLoose, isMarkKept);
      // Whether a source is the node's own is not told from one without a way back.
      return told === undefined || (!told && takesOwn) ? answer : told === holds;
    },
  ];
};
