import { CompletionItemKind } from 'vscode-languageserver-types';
import type { Steps } from '../../base/steps.ts';
import { portHashes } from '../../kube/identity/hash-index.ts';
import { chainTitle } from '../../kube/identity/titles.ts';
import type { Chain, Table } from '../../ruleset/ruleset.ts';
import type { DumpState } from '../support/state.ts';
import type { Offer } from './offer.ts';

/** As many chains as one reads through; what is typed chooses among them. */
const mostChains = 100;
/** Of so many at the most it is asked whether they may stand there. */
const mostAsked = 400;
const chainsBetweenPauses = 2048;
/** Titles of so many chains are read for what is typed; in a larger table the cluster's Services are asked. */
const mostTitles = 1500;
const mostServices = 50;

/** What a list of chains leaves out. */
export interface ChainOffers {
  readonly offers: readonly Offer[];
  /** Whether there are more that fit what is typed, or may be when more is typed. */
  readonly isCut: boolean;
}

/**
 * The chains of a table that fit what is typed, by their own names or by those of their Services and Pods, each with its Service: those that begin
 * so first.
 */
export function* chainOffers(
  state: DumpState,
  table: Table,
  typed: string,
  mayStand: (chain: Chain) => boolean,
): Steps<ChainOffers> {
  const wanted = typed.toLowerCase();
  const upper = typed.toUpperCase();
  const found = new Map<Chain, number>();
  let asked = 0;
  const add = (chain: Chain, rank: number): void => {
    if (found.size >= mostChains || asked >= mostAsked || found.has(chain)) return;
    asked += 1;
    if (mayStand(chain)) found.set(chain, rank);
  };
  let seen = 0;
  for (const chain of table.chains.values()) {
    seen += 1;
    if (seen % chainsBetweenPauses === 0) yield;
    if (found.size >= mostChains || asked >= mostAsked) break;
    if (chain.name.startsWith(typed) || chain.name.startsWith(upper)) add(chain, chain.builtin ? 0 : 1);
  }
  if (wanted !== '') for (const chain of byOtherNames(state, table, wanted)) add(chain, 2);
  const resolution = state.resolution();
  const offers = Array.from(found, ([chain, rank]): Offer => {
    const title = chainTitle(resolution, chain);
    return {
      text: chain.name,
      kind: chain.builtin ? CompletionItemKind.Event : CompletionItemKind.Function,
      detail: title === '' ? (chain.builtin ? 'built-in chain' : 'chain') : title,
      rank,
      ...(rank === 2 ? { findBy: `${typed} ${chain.name}` } : {}),
    };
  });
  return { offers, isCut: table.chains.size > mostChains || wanted !== '' };
}

/** Chains whose names hold what is typed further on, and those of Services whose names hold it. */
function* byOtherNames(state: DumpState, table: Table, wanted: string): Generator<Chain> {
  const { cluster } = state.resolution();
  let services = 0;
  for (const service of cluster.services) {
    if (!`${service.namespace}/${service.name}`.toLowerCase().includes(wanted)) continue;
    services += 1;
    if (services > mostServices) break;
    for (const { hash } of portHashes(service)) {
      for (const prefix of ['KUBE-SVC-', 'KUBE-EXT-', 'KUBE-SVL-', 'KUBE-FW-']) {
        const chain = table.chains.get(prefix + hash);
        if (chain !== undefined) yield chain;
      }
    }
  }
  if (table.chains.size > mostTitles) return;
  for (const chain of table.chains.values()) {
    if (`${chain.name} ${chainTitle(state.resolution(), chain)}`.toLowerCase().includes(wanted)) yield chain;
  }
}
