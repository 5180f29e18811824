import { serviceEntries, serviceNames, serviceStates } from '../features/services.ts';
import {
  type ServiceEntryInfo,
  type ServiceStatesResult,
  type ServicesResult,
  serviceEntriesRequest,
  serviceStatesRequest,
  servicesRequest,
} from '../protocol/requests.ts';
import { answerFor } from './params.ts';
import { atPlacesInText } from './places-in-text.ts';
import { type Session, withState } from './session.ts';

const notOpen: ServicesResult = { namespaces: [], cluster: '', reason: 'This document is not open as an iptables dump.' };
const noStates: ServiceStatesResult = { states: [] };
const noEntries: readonly ServiceEntryInfo[] = [];

/** Answers what the Services view and the pick list of flows ask. */
export function registerServiceRequests(session: Session): void {
  const { connection } = session;
  connection.onRequest<unknown, void>(
    servicesRequest,
    atPlacesInText(session, (message, token) =>
      answerFor(message, ['textDocument'], ({ textDocument }) =>
        withState(session, textDocument.uri, token, notOpen, serviceNames),
      ),
    ),
  );
  connection.onRequest<unknown, void>(
    serviceStatesRequest,
    atPlacesInText(session, (message, token) =>
      answerFor(message, ['textDocument', 'targets'], ({ textDocument, targets }) =>
        withState(session, textDocument.uri, token, noStates, (state) => serviceStates(state, targets)),
      ),
    ),
  );
  connection.onRequest<unknown, void>(
    serviceEntriesRequest,
    atPlacesInText(session, (message, token) =>
      answerFor(message, ['textDocument', 'to'], ({ textDocument, to }) =>
        withState(session, textDocument.uri, token, noEntries, (state) => serviceEntries(state, to)),
      ),
    ),
  );
}
