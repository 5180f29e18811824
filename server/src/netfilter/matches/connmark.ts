import type { Predicate } from '../answer.ts';
import { eachOption, type MatchReader } from '../match-reader.ts';
import { hasConnection } from '../packet.ts';
import { markPredicate } from './mark.ts';

const read = eachOption({ '--mark': markPredicate('connectionMark') });

/** The mark of the connection; without a connection or a template it does not match, whatever its `!` (the kernel's connmark_mt). */
export const connmark: MatchReader = (match, context) =>
  read(match, context).map(
    (predicate): Predicate =>
      (packet, knows) =>
        (hasConnection(packet) || (packet.hasTemplate && !packet.isTracked)) && predicate(packet, knows),
  );
