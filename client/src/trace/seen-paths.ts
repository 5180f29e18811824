import { CancellationTokenSource, l10n, type Uri } from 'vscode';
import { type SeenPacketInfo, type SeenParams, type SeenResult, seenRequest } from '../../../server/src/protocol/trace.ts';
import type { ServerAccess } from '../server-access.ts';
import type { ShownPaths } from './shown-paths.ts';
import type { TraceSubject } from './trace-nodes.ts';

/** The rows of a packet: its steps, with what would have come instead where they differ. */
function stepsOf(packet: SeenPacketInfo, at: number): readonly TraceSubject[] {
  const { steps, difference, notes } = packet;
  const rows: TraceSubject[] = [];
  for (const [place, step] of steps.entries()) {
    if (difference?.step === place) rows.push({ kind: 'seen-difference', message: difference.message });
    rows.push({ kind: 'seen-step', at, number: place + 1, step });
  }
  if (difference?.step === null) rows.push({ kind: 'seen-difference', message: difference.message });
  return [...rows, ...notes.map((text): TraceSubject => ({ kind: 'note', text }))];
}

function textOf({ title, steps, difference }: SeenPacketInfo): string {
  const lines = steps.map(
    ({ table, chain, line, rule }) => `  ${table} ${chain}${line === null ? '' : `, line ${line + 1}`}: ${rule}`,
  );
  return [title, ...lines, ...(difference === null ? [] : [`  ! ${difference.message}`])].join('\n');
}

/** Packets that were seen, for the view: in what a kernel's trace printed. The sentence of a refusal where the text tells of none. */
export async function seenPaths(server: ServerAccess, uri: Uri, text: string): Promise<ShownPaths | string> {
  const params: SeenParams = { textDocument: { uri: uri.toString() }, text };
  const cancellation = new CancellationTokenSource();
  try {
    const { packets, notes, reason } = await server.askOfDump<SeenResult>(seenRequest, params, cancellation.token);
    if (packets.length === 0) return reason;
    const differing = packets.filter(({ agrees }) => agrees === false).length;
    return {
      uri,
      title: l10n.t('{0} packets were seen, {1} otherwise than follows from the dump.', packets.length, differing),
      paths: packets.map(({ steps }) => steps.map(({ chain, line, rule }) => ({ line, words: `${chain}: ${rule}` }))),
      rows: async (subject) => {
        if (subject?.kind === 'seen-packet') return stepsOf(subject.packet, subject.at);
        if (subject !== undefined) return [];
        const rows = packets.map((packet, at): TraceSubject => ({ kind: 'seen-packet', at, packet }));
        return [...rows, ...notes.map((note): TraceSubject => ({ kind: 'note', text: note }))];
      },
      again: () => seenPaths(server, uri, text),
      text: async () => `${packets.map(textOf).join('\n\n')}\n`,
    };
  } finally {
    cancellation.dispose();
  }
}
