import type { CancellationToken } from 'vscode-languageserver';
import { isMapRequest } from '../base/flow-request.ts';
import { chainGraphAt, flowAt, flowFor, flowTargetsOf } from '../features/flow.ts';
import { serviceMapOf } from '../features/service-map.ts';
import {
  type FlowParams,
  type FlowResult,
  type FlowTargetsResult,
  flowRequest,
  flowTargetsRequest,
} from '../protocol/requests.ts';
import { answerFor } from './params.ts';
import { atPlacesInText } from './places-in-text.ts';
import { type Session, withState } from './session.ts';

const notOpen = 'This document is not open as an iptables dump.';
const noTargets: FlowTargetsResult = { targets: [], reason: notOpen };
const noFlow: FlowResult = { kind: 'nothing', reason: notOpen };

/** Answers what the drawing asks. */
export function registerFlowRequests(session: Session): void {
  const { connection } = session;
  connection.onRequest<unknown, void>(flowTargetsRequest, (message: unknown, token: CancellationToken) =>
    answerFor(message, ['textDocument'], ({ textDocument }) =>
      withState(session, textDocument.uri, token, noTargets, flowTargetsOf),
    ),
  );
  connection.onRequest<unknown, void>(
    flowRequest,
    atPlacesInText(session, (message, token) => {
      const { to, chain, statesLater } = (message ?? {}) as Partial<FlowParams>;
      if (typeof to === 'string') {
        return answerFor(message, ['textDocument'], ({ textDocument }) =>
          withState(session, textDocument.uri, token, noFlow, (state) =>
            isMapRequest(to) ? serviceMapOf(state, statesLater === true) : flowFor(state, to),
          ),
        );
      }
      return answerFor(message, ['textDocument', 'position'], ({ textDocument, position }) =>
        withState(session, textDocument.uri, token, noFlow, (state) =>
          chain === true ? chainGraphAt(state, position) : flowAt(state, position),
        ),
      );
    }),
  );
}
