import { assumed, type MatchReader, optionNamed } from '../match-reader.ts';

/** Whether answers would leave by the interface that the packet came in by. What comes in by lo passes (the kernel's rpfilter_mt). */
export const rpfilter: MatchReader = (match) => {
  const holds = optionNamed(match, '--invert') === undefined;
  const answer = assumed(holds, 'Packets come in by the interface that answers would leave by.');
  return [(packet) => (packet.in === 'lo' ? holds : answer)];
};
