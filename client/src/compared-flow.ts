/** The flows of a panel: its dump's own, alone or with the one that it is compared with. */
import { type CancellationToken, l10n, type Uri, workspace } from 'vscode';
import { expectedRequest, isExpectedRequest, isMapRequest } from '../../server/src/base/flow-request.ts';
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import type { FlowResult } from '../../server/src/protocol/requests.ts';
import type { OtherFlow, ShowFlow, ShowNothing } from '../../webview/src/messages.ts';
import { fileNameOf } from './file-name.ts';
import type { OtherDump } from './other-dump-pick.ts';
import type { ServerAccess } from './server-access.ts';
import { messageOf } from './show.ts';

/** A flow of nothing, which says why. */
function emptyFlow(title: string, reason: string): FlowGraph {
  return { title, entries: [], nodes: [], edges: [], notes: [{ severity: 'warning', message: reason, line: null }], source: '' };
}

/** Two dumps of one name are told apart by their folders. */
function namesOf(own: Uri, { uri, expected }: OtherDump): readonly [string, string] {
  const [first, second] = [fileNameOf(own), fileNameOf(uri)];
  if (expected) return [first, uri.toString() === own.toString() ? l10n.t('kube-proxy') : l10n.t('kube-proxy for {0}', second)];
  if (first !== second) return [first, second];
  const [one, other] = [workspace.asRelativePath(own), workspace.asRelativePath(uri)];
  return one === other ? [first, l10n.t('{0}, committed', second)] : [one, other];
}

async function otherResult(
  server: ServerAccess,
  { uri, expected }: OtherDump,
  to: string,
  token: CancellationToken,
): Promise<FlowResult> {
  const wanted = expected && !isExpectedRequest(to) ? expectedRequest(to) : to;
  try {
    return await server.flow({ textDocument: { uri: uri.toString() }, to: wanted }, token);
  } catch (error) {
    // The other dump may be gone, or be none: the panel's own is shown all the same.
    return { kind: 'nothing', reason: messageOf(error) };
  }
}

/** The map of a dump before its Services were looked at; undefined where there is none. @throws as `flowMessage` does */
export async function pendingMapMessage(
  server: ServerAccess,
  own: Uri,
  to: string,
  token: CancellationToken,
): Promise<ShowFlow | undefined> {
  const result = await server.flow({ textDocument: { uri: own.toString() }, to, statesLater: true }, token);
  if (result.kind === 'nothing') return undefined;
  return { kind: 'flow', uri: own.toString(), file: fileNameOf(own), to, graph: result.graph };
}

/** What a panel is to show for `to`. @throws what the server says where it cannot answer for the panel's own dump */
export async function flowMessage(
  server: ServerAccess,
  own: Uri,
  to: string,
  chosen: OtherDump | undefined,
  token: CancellationToken,
): Promise<ShowFlow | ShowNothing> {
  // Flows are compared, one at a time: the map of all stands alone.
  const other = isMapRequest(to) ? undefined : chosen;
  const source = { uri: own.toString(), file: fileNameOf(own), to };
  const [result, second] = await Promise.all([
    server.flow({ textDocument: { uri: source.uri }, to }, token),
    other === undefined ? undefined : otherResult(server, other, to, token),
  ]);
  const isNothing = result.kind === 'nothing' && (second === undefined || second.kind === 'nothing');
  if (isNothing) return { kind: 'nothing', ...source, reason: result.reason };
  const graph = result.kind === 'flow' ? result.graph : emptyFlow(to, result.reason);
  if (other === undefined || second === undefined) return { kind: 'flow', ...source, graph };
  const [file, otherFile] = namesOf(own, other);
  const compared: OtherFlow = {
    uri: other.uri.toString(),
    expected: other.expected,
    file: otherFile,
    graph: second.kind === 'flow' ? second.graph : emptyFlow(to, second.reason),
  };
  return { kind: 'flow', ...source, file, graph, other: compared };
}
