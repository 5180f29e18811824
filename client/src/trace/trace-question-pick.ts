import { l10n } from 'vscode';
import type { TraceQuestion } from '../../../server/src/protocol/trace.ts';
import { completeDestination, type EndRow, type PacketEnds, pickEnd } from './packet-end-pick.ts';
import { pickOptions, summaryOf } from './trace-options-pick.ts';

/** Questions that were asked before, above where a packet comes from. */
function questionRows(asked: readonly TraceQuestion[]): readonly EndRow<TraceQuestion>[] {
  if (asked.length === 0) return [];
  const rows = asked.map((other): EndRow<TraceQuestion> => ({ icon: 'history', label: summaryOf(other), other }));
  return [{ label: l10n.t('Asked before'), isSeparator: true }, ...rows, { label: l10n.t('From'), isSeparator: true }];
}

/**
 * Lets the user say which packet to follow: one that was asked before, or from where, to where, and what else is known of it. Undefined where the
 * user gave up. @param given ends that are known already
 */
export async function pickQuestion(
  ends: PacketEnds,
  asked: readonly TraceQuestion[],
  given: Partial<TraceQuestion>,
): Promise<TraceQuestion | undefined> {
  let { from } = given;
  if (from === undefined) {
    const before = given.to === undefined ? questionRows(asked) : [];
    const title = given.to === undefined ? l10n.t('Trace Packet: from') : l10n.t('Trace Packet to {0}: from', given.to);
    const placeHolder = l10n.t('A Pod, a node, outside, or any address');
    const picked = await pickEnd(ends, 'from', { title, placeHolder, before });
    if (picked?.other !== undefined) return picked.other;
    from = picked?.end?.value;
  }
  if (from === undefined) return undefined;
  if (given.to !== undefined) return pickOptions({ ...given, from, to: given.to });
  const title = l10n.t('Trace Packet from {0}: to', from);
  const placeHolder = l10n.t('A Service, a Pod, a node, or any address with its port');
  const end = (await pickEnd(ends, 'to', { title, placeHolder }))?.end;
  const command = l10n.t('Trace Packet');
  const to = end === undefined ? undefined : await completeDestination(end, { command, takesNumbers: true });
  return to === undefined ? undefined : pickOptions({ ...given, from, ...to });
}
