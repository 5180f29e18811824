import type { CodeLens } from 'vscode-languageserver-types';
import { counted } from '../base/counted.ts';
import { labelText } from '../base/safe-text.ts';
import type { Steps } from '../base/steps.ts';
import type { ChainService } from '../kube/identity/chain-identity.ts';
import { portName } from '../kube/identity/chain-names.ts';
import { serviceTitle } from '../kube/identity/titles.ts';
import { endpointShares, isAllShown } from '../kube/proxy/endpoint-shares.ts';
import { tableAt } from '../ruleset/ruleset.ts';
import type { DumpState } from './support/state.ts';

/** The client's command that opens a flow, with a document's URI and what `iptables/flow` takes as `to`. */
export const showFlowCommand = 'iptables.showFlow';

/** The server's command for clients without a drawing: says the state of a Service, with the same arguments. */
export const tellServiceCommand = 'iptables.tellService';

/** The client's command that follows a packet, with a document's URI and what a question takes as `to`. */
export const tracePacketCommand = 'iptables.tracePacket';

/** The client's command that shows who reaches a Service, with the same arguments. */
export const showReachCommand = 'iptables.showReach';

/** What can be asked about a Service besides its drawing. */
export type LensQuestion = 'trace' | 'reach';

const questions: Readonly<Record<LensQuestion, { readonly title: string; readonly command: string }>> = {
  trace: { title: 'trace a packet', command: tracePacketCommand },
  reach: { title: 'who reaches it', command: showReachCommand },
};

/** What a lens keeps until it is shown. */
export interface LensData {
  readonly uri: string;
  /** The line of the chain's first rule, 0-based. */
  readonly line: number;
  /** What it asks; a lens without draws. */
  readonly asks?: LensQuestion;
}

const chainsBetweenPauses = 1_024;

/**
 * A lens above the first rule of each Service chain, without its text: that is made for the ones on the screen only.
 * @param asked what the client has a command for: a lens each beside it
 */
export function* codeLenses(state: DumpState, asked: readonly LensQuestion[] = []): Steps<CodeLens[]> {
  const lenses: CodeLens[] = [];
  let count = 0;
  for (const table of state.ruleset.tables) {
    for (const chain of table.chains.values()) {
      count += 1;
      if (count % chainsBetweenPauses === 0) yield;
      const line = chain.rules[0];
      if (line === undefined || !/^KUBE-SV[CL]-/.test(chain.name)) continue;
      const place = { line, character: 0 };
      const data: LensData = { uri: state.uri, line };
      const range = { start: place, end: place };
      lenses.push({ range, data });
      for (const asks of asked) lenses.push({ range, data: { ...data, asks } satisfies LensData });
    }
  }
  return lenses;
}

function isLensData(value: unknown): value is LensData {
  return (
    typeof value === 'object' &&
    value !== null &&
    'uri' in value &&
    typeof value.uri === 'string' &&
    'line' in value &&
    typeof value.line === 'number'
  );
}

/** The document that a lens belongs to; undefined for a lens that is not one of ours. */
export function lensUri(lens: CodeLens): string | undefined {
  return isLensData(lens.data) ? lens.data.uri : undefined;
}

/** One that asks about a Service; without a name there is nothing to ask for. */
function askingLens({ uri }: DumpState, lens: CodeLens, service: ChainService | null, asks: LensQuestion): CodeLens {
  if (service === null) return { ...lens, command: { title: '', command: '' } };
  const to = portName(service.namespace, service.name, service.port);
  return { ...lens, command: { ...questions[asks], arguments: [uri, to] } };
}

/** A lens with its text and command. `hasShowFlow`: the client can open a flow. */
export function resolveCodeLens(state: DumpState, lens: CodeLens, hasShowFlow: boolean): CodeLens {
  if (!isLensData(lens.data)) return lens;
  const { line } = lens.data;
  const name = state.ruleset.lines.at(line)?.name ?? '';
  const chain = tableAt(state.ruleset, line)?.chains.get(name);
  if (chain === undefined) return { ...lens, command: { title: '', command: '' } };
  const { service } = state.resolution().chain(chain);
  const { asks } = lens.data;
  if (asks === 'trace' || asks === 'reach') return askingLens(state, lens, service, asks);
  const count = endpointShares(state.ruleset, chain).length;
  const local = chain.name.startsWith('KUBE-SVL-') ? 'local ' : '';
  const shown = isAllShown(state.ruleset, chain) ? '' : ' shown';
  const endpoints = `${counted(count, `${local}endpoint`)}${shown}`;
  const title =
    service === null ? endpoints : labelText(`${serviceTitle(service)}: ${endpoints}${hasShowFlow ? ', show NAT flow' : ''}`);
  if (service === null) return { ...lens, command: { title, command: '' } };
  const to = portName(service.namespace, service.name, service.port);
  return { ...lens, command: { title, command: hasShowFlow ? showFlowCommand : tellServiceCommand, arguments: [state.uri, to] } };
}
