import type { CancellationToken } from 'vscode-languageserver';
import { driftPorts, driftTree } from '../features/drift-tree.ts';
import { type DriftPort, type DriftResult, driftPortsRequest, driftRequest } from '../protocol.ts';
import { answerFor } from './params.ts';
import { type Session, withState } from './session.ts';

const notOpen: DriftResult = {
  namespaces: [],
  cluster: '',
  node: '',
  notes: ['This document is not open as an iptables dump.'],
};
const noPorts: readonly DriftPort[] = [];

/** Answers what the drift view asks. */
export function registerDriftRequests(session: Session): void {
  const { connection } = session;
  connection.onRequest<unknown, void>(driftRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['textDocument'], ({ textDocument }) => withState(session, textDocument.uri, token, notOpen, driftTree)),
  );
  connection.onRequest<unknown, void>(driftPortsRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['textDocument', 'namespace', 'name'], ({ textDocument, namespace, name }) =>
      withState(session, textDocument.uri, token, noPorts, (state) => driftPorts(state, namespace, name)),
    ),
  );
}
