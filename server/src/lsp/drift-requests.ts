import { driftPorts, driftTree } from '../features/drift-tree.ts';
import { type DriftPort, type DriftResult, driftPortsRequest, driftRequest } from '../protocol/requests.ts';
import { answerFor } from './params.ts';
import { atPlacesInText } from './places-in-text.ts';
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
  connection.onRequest<unknown, void>(
    driftRequest,
    atPlacesInText(session, (message, token) =>
      answerFor(message, ['textDocument'], ({ textDocument }) => withState(session, textDocument.uri, token, notOpen, driftTree)),
    ),
  );
  connection.onRequest<unknown, void>(
    driftPortsRequest,
    atPlacesInText(session, (message, token) =>
      answerFor(message, ['textDocument', 'namespace', 'name'], ({ textDocument, namespace, name }) =>
        withState(session, textDocument.uri, token, noPorts, (state) => driftPorts(state, namespace, name)),
      ),
    ),
  );
}
