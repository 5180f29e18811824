import type { CancellationToken, Connection, ResponseError } from 'vscode-languageserver';
import type { Steps } from '../base/steps.ts';
import { driftPorts, driftTree } from '../features/drift-tree.ts';
import type { DumpState } from '../features/support/state.ts';
import {
  type DriftParams,
  type DriftPort,
  type DriftPortsParams,
  type DriftResult,
  driftPortsRequest,
  driftRequest,
} from '../protocol.ts';

/** Runs a feature on the newest state of a document; an unknown document gets the empty answer. */
type WithState = <T>(
  uri: string,
  token: CancellationToken,
  empty: T,
  feature: (state: DumpState) => T | Steps<T>,
) => Promise<T | ResponseError<void>>;

const notOpen: DriftResult = {
  namespaces: [],
  cluster: '',
  node: '',
  notes: ['This document is not open as an iptables dump.'],
};

/** Answers what the drift view asks. */
export function registerDriftRequests(connection: Connection, withState: WithState): void {
  connection.onRequest(driftRequest, ({ textDocument }: DriftParams, token) =>
    withState(textDocument.uri, token, notOpen, driftTree),
  );
  connection.onRequest(driftPortsRequest, ({ textDocument, namespace, name }: DriftPortsParams, token) =>
    withState<readonly DriftPort[]>(textDocument.uri, token, [], (state) => driftPorts(state, namespace, name)),
  );
}
