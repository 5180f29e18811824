import {
  type CancellationToken,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  type ResponseError,
} from 'vscode-languageserver';
import { Cancelled } from '../base/scheduler.ts';
import { answering, type Session } from './session.ts';

/**
 * The diagnostics of the newest version of a document. A client that can be told to ask again gets at once what its text alone says; others wait for
 * what the cluster says.
 */
export function pulledDiagnostics(
  session: Session,
  uri: string,
  message: unknown,
  token: CancellationToken,
): Promise<DocumentDiagnosticReport | ResponseError<void>> {
  const { previousResultId } = (message ?? {}) as { readonly previousResultId?: unknown };
  return answering(session, async () => {
    for (;;) {
      const dump = session.dumps.get(uri);
      if (dump === undefined) return { kind: DocumentDiagnosticReportKind.Full, items: [] };
      await dump.current();
      const found = session.pulled.get(uri);
      if (found === undefined) return { kind: DocumentDiagnosticReportKind.Full, items: [] };
      await (session.client.canRefreshDiagnostics ? Promise.race([found.first, found.done]) : found.done);
      if (token.isCancellationRequested) throw new Cancelled();
      // A newer version came meanwhile, or was looked at anew.
      if (session.pulled.get(uri) !== found || dump.version !== found.version) continue;
      found.isHandedOut = true;
      const { resultId, diagnostics } = found;
      if (resultId !== '' && resultId === previousResultId) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId };
      return { kind: DocumentDiagnosticReportKind.Full, ...(resultId === '' ? {} : { resultId }), items: [...diagnostics] };
    }
  });
}
