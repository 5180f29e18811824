import type { Uri } from 'vscode';
import type { TraceQuestion } from '../../../server/src/protocol/trace.ts';
import type { ServerAccess } from '../server-access.ts';
import type { ShownPaths } from './shown-paths.ts';
import { openTrace } from './trace-session.ts';
import { subjectsBelow } from './traced-rows.ts';

/** The outcomes of a packet, for the view. The sentence of a refusal where it cannot be followed. */
export async function tracedPaths(server: ServerAccess, uri: Uri, question: TraceQuestion): Promise<ShownPaths | string> {
  const session = await openTrace(server, uri, question);
  if (typeof session === 'string') return session;
  const { report, title } = session.result;
  return {
    uri,
    title,
    paths: report.outcomes.map(({ steps }) =>
      steps.map(({ line, chain, action }) => ({ line: line === null ? null : line - 1, words: `${chain}: ${action}` })),
    ),
    rows: (subject) => subjectsBelow(session, subject),
    again: () => tracedPaths(server, uri, question),
    text: (format) => session.text(format),
  };
}
