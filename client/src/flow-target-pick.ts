import { CancellationTokenSource, l10n, type Uri } from 'vscode';
import {
  type FlowTarget,
  type ServiceStateInfo,
  type ServiceStatesParams,
  type ServiceStatesResult,
  serviceStatesRequest,
} from '../../server/src/protocol/requests.ts';
import type { ServerAccess } from './server-access.ts';
import { stateIcon, stateWords } from './services-rows.ts';
import { type OpenPick, openPick, type PickItem, showInformation } from './show.ts';

interface TargetItem extends PickItem {
  readonly to: string;
}

/** States that are asked for at first; each time twice as many, as new rows cost the list more than the answer. */
const firstStates = 100;

function itemOf({ to, label, description }: FlowTarget, state: ServiceStateInfo | undefined): TargetItem {
  if (state === undefined) return { to, label, description };
  return { to, label, icon: stateIcon(state).id, description: `${stateWords(state)}, ${description}` };
}

/** Adds the states to the rows, part after part, until the pick is closed. */
async function addStates(
  server: ServerAccess,
  uri: Uri,
  targets: readonly FlowTarget[],
  list: OpenPick<TargetItem>,
  { token }: CancellationTokenSource,
): Promise<void> {
  const states = new Map<string, ServiceStateInfo>();
  for (let from = 0, count = firstStates; from < targets.length && !token.isCancellationRequested; from += count, count *= 2) {
    const part = targets.slice(from, from + count);
    const params: ServiceStatesParams = { textDocument: { uri: uri.toString() }, targets: part.map(({ to }) => to) };
    const answer = await server.ask<ServiceStatesResult>(serviceStatesRequest, params, token);
    for (const [at, { to }] of part.entries()) {
      const state = answer.states[at];
      if (state !== undefined && state !== null) states.set(to, state);
    }
    if (!token.isCancellationRequested) list.show(targets.map((target) => itemOf(target, states.get(target.to))));
  }
}

/**
 * Lets the user pick a Service's address of this dump. What `iptables/flow` takes as `to`; undefined when nothing was picked.
 * @param title what the pick is for
 */
export async function pickFlowTarget(
  server: ServerAccess,
  uri: Uri,
  title: string = l10n.t('Show NAT Flow'),
): Promise<string | undefined> {
  const cancellation = new CancellationTokenSource();
  // Shown at once and filled when the answer is there; with nothing to choose from, the reason takes its place.
  const list = openPick<TargetItem>(
    {
      title,
      placeHolder: l10n.t('A Service, by name, namespace, address, port or NodePort'),
      matchOnDescription: true,
    },
    ({ to }) => to,
  );
  // What is asked for a list that was left is not wanted any longer.
  const picked = list.picked.finally(() => cancellation.cancel());
  try {
    const { targets, reason } = await server.flowTargets({ textDocument: { uri: uri.toString() } }, cancellation.token);
    if (targets.length === 0) {
      list.close();
      void showInformation(reason);
      return undefined;
    }
    list.show(targets.map((target) => itemOf(target, undefined)));
    // The list does without its states where they cannot be had.
    addStates(server, uri, targets, list, cancellation).catch(() => undefined);
    return (await picked)?.to;
  } catch (error) {
    list.close();
    if (cancellation.token.isCancellationRequested) return undefined;
    throw error;
  } finally {
    cancellation.dispose();
  }
}
