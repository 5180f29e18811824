import { type InlayHint, InlayHintKind, type Range } from 'vscode-languageserver-types';
import { percentText } from '../base/percent.ts';
import { labelText } from '../base/safe-text.ts';
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { chainTitle, endpointTitle, serviceTitle } from '../kube/identity/titles.ts';
import { areSharesKnown, type EndpointShare, endpointShares } from '../kube/proxy/endpoint-shares.ts';
import type { InlayHintSettings } from '../protocol/requests.ts';
import { type Chain, type Table, tableAt } from '../ruleset/ruleset.ts';
import { statementOf } from '../syntax/document.ts';
import type { ChainStatement, RuleOption, RuleStatement, Span } from '../syntax/statement.ts';
import { addressIn } from './support/address-in.ts';
import type { DumpState } from './support/state.ts';

const longestLabel = 60;
/** To tell the shares of a chain all of its rules are read; no Service has so many endpoints. */
const mostRulesOfShares = 3_000;

/** The hints on the lines of a range; only these lines are read again, and the chains whose shares they are part of. */
export function* inlayHints(state: DumpState, range: Range, choice: InlayHintSettings): Steps<InlayHint[]> {
  const hints: InlayHint[] = [];
  if (!Object.values(choice).includes(true)) return hints;
  const { lines } = state.ruleset;
  const shares = new Map<Chain, ReadonlyMap<number, EndpointShare>>();
  const end = Math.min(range.end.line, lines.length - 1);
  for (let number = Math.max(range.start.line, 0); number <= end; number += 1) {
    if (number % statementsBetweenPauses === 0) yield;
    const line = lines.at(number);
    const table = line?.kind === 'rule' || line?.kind === 'chain' ? tableAt(state.ruleset, number) : undefined;
    if (line === undefined || table === undefined) continue;
    const add = (word: Span, label: string): void => {
      const shown = labelOf(label);
      if (shown === '') return;
      const position = { line: number, character: word.end };
      hints.push({ position, label: shown, kind: InlayHintKind.Type, paddingLeft: true });
    };
    const statement = statementOf(line);
    if (statement.kind === 'chain') {
      const chain = choice.declarations ? table.chains.get(statement.name.text) : undefined;
      if (chain !== undefined) add(endOf(statement), chainTitle(state.resolution(), chain));
    } else if (statement.kind === 'rule') {
      addRuleHint(state, table, statement, number, choice, add);
      for (const option of statement.options) addHints(state, table, statement, number, option, choice, shares, add);
    }
  }
  return hints;
}

/** Behind all of a declaration the names of many stand below each other. */
function endOf({ name, policy, counters }: ChainStatement): Span {
  return counters ?? policy ?? name;
}

/** What stands behind the chain of a rule: whose chain it is, at the first of its rules, and where its jump leads if that is wanted here. */
function addRuleHint(
  state: DumpState,
  table: Table,
  { chain: word, target }: RuleStatement,
  number: number,
  choice: InlayHintSettings,
  add: (word: Span, label: string) => void,
): void {
  if (word.end === 0) return;
  const own = choice.rules ? table.chains.get(word.text) : undefined;
  const isFirst = own !== undefined && own.rules[0] === number;
  const whose = isFirst ? chainTitle(state.resolution(), own) : '';
  const leadsTo = choice.chains && choice.jumpPlace === 'rule' ? table.chains.get(target?.text ?? '') : undefined;
  const where = leadsTo === undefined ? '' : chainHint(state, leadsTo);
  add(word, `${whose}${where === '' ? '' : `${whose === '' ? '' : ' '}→ ${where}`}`);
}

function labelOf(text: string): string {
  const line = labelText(text).replace(/\s+/g, ' ').trim();
  return line.length > longestLabel ? `${line.slice(0, longestLabel - 1)}…` : line;
}

function addHints(
  state: DumpState,
  table: Table,
  rule: RuleStatement,
  number: number,
  option: RuleOption,
  choice: InlayHintSettings,
  shares: Map<Chain, ReadonlyMap<number, EndpointShare>>,
  add: (word: Span, label: string) => void,
): void {
  const word = option.values[0];
  if (word === undefined) return;
  switch (option.name) {
    case '--jump':
    case '--goto': {
      const chain = choice.chains && choice.jumpPlace === 'jump' ? table.chains.get(word.text) : undefined;
      if (chain !== undefined) add(word, chainHint(state, chain));
      break;
    }
    case '--probability': {
      const chain = choice.shares ? table.chains.get(rule.chain.text) : undefined;
      const share = chain === undefined ? undefined : sharesOf(state, chain, shares).get(number);
      if (share !== undefined) add(word, `${percentText(share.share)} of new connections`);
      break;
    }
    case '--source':
    case '--destination':
    case '--to-destination':
      if (choice.addresses) add(word, addressHint(state.resolution().cluster, word.text));
      break;
    default:
  }
}

/** The Service of a Service's chain; the Pod, or else the address, of an endpoint's, as the Service is named around it. */
function chainHint(state: DumpState, chain: Chain): string {
  const { service, endpoint } = state.resolution().chain(chain);
  if (endpoint !== null) return endpointTitle(endpoint);
  return service === null ? '' : serviceTitle(service);
}

function sharesOf(
  state: DumpState,
  chain: Chain,
  known: Map<Chain, ReadonlyMap<number, EndpointShare>>,
): ReadonlyMap<number, EndpointShare> {
  let shares = known.get(chain);
  if (shares === undefined) {
    // Of a chain that is not shown whole nobody knows what is left over.
    const told =
      chain.rules.length <= mostRulesOfShares && areSharesKnown(state.ruleset, chain) ? endpointShares(state.ruleset, chain) : [];
    shares = new Map(told.map((share) => [share.line, share]));
    known.set(chain, shares);
  }
  return shares;
}

function addressHint(cluster: Cluster, text: string): string {
  const ip = addressIn(text)?.ip;
  if (ip === undefined) return '';
  const service = cluster.servicesAt(ip)[0]?.service;
  if (service !== undefined) return `${service.namespace}/${service.name}`;
  const node = cluster.nodeAt(ip);
  if (node !== undefined) return `node ${node.name}`;
  const pod = cluster.podsAt(ip)[0];
  if (pod !== undefined) return `${pod.namespace}/${pod.name}`;
  const found = cluster.endpointsAt(ip)[0];
  const reference = found?.endpoint.targetRef ?? null;
  return found === undefined || reference === null ? '' : `${reference.namespace || found.slice.namespace}/${reference.name}`;
}
