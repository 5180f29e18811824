/** From a dump to the cluster's objects and back: what a place stands for, and the chains of a Service. */
import type { DocumentLink, Location, Position } from 'vscode-languageserver-types';
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import type { ObjectName } from '../cluster/objects.ts';
import { hashedPrefix } from '../kube/identity/chain-names.ts';
import { serviceComment } from '../kube/identity/comments.ts';
import { declarationOf } from '../ruleset/places.ts';
import { addressIn } from './support/address-in.ts';
import { type DumpState, rangeOf } from './support/state.ts';
import { chainOfLine, symbolAt } from './support/symbol-at.ts';

const linesBetweenPauses = 2_048;
/** More links than these no editor underlines at once; those of the first lines are given. */
const mostLinks = 10_000;

function service(namespace: string, name: string): ObjectName {
  return { kind: 'Service', namespace, name };
}

/** Whose an address is, as far as the cluster says. */
function ownerOf(state: DumpState, text: string): ObjectName | undefined {
  const { cluster } = state.resolution();
  const ip = addressIn(text)?.ip;
  if (ip === undefined) return undefined;
  const known = cluster.servicesAt(ip)[0]?.service;
  if (known !== undefined) return service(known.namespace, known.name);
  const pod = cluster.podsAt(ip)[0];
  const node = cluster.nodeAt(ip);
  // Pods on the host network have the node's address.
  if (node !== undefined && (pod === undefined || pod.hostNetwork)) return { kind: 'Node', namespace: '', name: node.name };
  return pod === undefined ? undefined : { kind: 'Pod', namespace: pod.namespace, name: pod.name };
}

/** The object that a chain, an address or a comment under the position stands for; undefined for none. */
export function objectAt(state: DumpState, position: Position): ObjectName | undefined {
  const symbol = symbolAt(state, position);
  if (symbol?.kind === 'value') {
    const comment = symbol.option.name === '--comment' ? serviceComment(symbol.word.text) : undefined;
    if (comment !== undefined) return service(comment.namespace, comment.service);
    return ownerOf(state, symbol.word.text);
  }
  const chain = symbol?.kind === 'chain' ? symbol.chain : symbol === undefined ? chainOfLine(state, position.line) : undefined;
  if (chain === undefined) return undefined;
  const { service: own, endpoint } = state.resolution().chain(chain);
  if (endpoint?.pod != null) return { kind: 'Pod', namespace: endpoint.pod.namespace, name: endpoint.pod.name };
  return own === null ? undefined : service(own.namespace, own.name);
}

/** The Service of a chain, an endpoint, an address or a comment under the position; undefined for none. */
export function serviceAt(state: DumpState, position: Position): ObjectName | undefined {
  const symbol = symbolAt(state, position);
  const chain = symbol?.kind === 'chain' ? symbol.chain : symbol === undefined ? chainOfLine(state, position.line) : undefined;
  const own = chain === undefined ? null : state.resolution().chain(chain).service;
  if (own !== null) return service(own.namespace, own.name);
  const found = objectAt(state, position);
  return found?.kind === 'Service' ? found : undefined;
}

/** Where the chains of a Service are declared in some dumps; those of its endpoints are found from them. Pauses every few hundred chains. */
export function* chainsOfService(states: readonly DumpState[], wanted: ObjectName): Steps<Location[]> {
  const locations: Location[] = [];
  let seen = 0;
  for (const state of states) {
    for (const table of state.ruleset.tables) {
      for (const chain of table.chains.values()) {
        seen += 1;
        if (seen % statementsBetweenPauses === 0) yield;
        const prefix = hashedPrefix(chain.name);
        if (prefix === undefined || prefix === 'KUBE-SEP-') continue;
        const own = state.resolution().chain(chain).service;
        if (own?.namespace !== wanted.namespace || own.name !== wanted.name) continue;
        const place = declarationOf(state.ruleset, chain);
        if (place !== undefined) locations.push({ uri: state.uri, range: rangeOf(place) });
      }
    }
  }
  return locations;
}

/** What a link keeps of its Service until somebody follows it. */
export interface LinkData {
  readonly uri: string;
  readonly namespace: string;
  readonly name: string;
}

/** A rule's comment and where it stands, in its saved form or in a listing's; null where there is none. One look from each end of it. */
export function commentIn(text: string): { readonly comment: string; readonly at: number } | null {
  const isListed = text.includes('/* ');
  const begin = isListed ? '/* ' : text.includes('--comment "') ? '--comment "' : '--comment ';
  const at = text.indexOf(begin);
  if (at < 0) return null;
  const start = at + begin.length;
  const end = text.indexOf(isListed ? ' */' : begin.endsWith('"') ? '"' : ' ', start);
  return { comment: text.slice(start, end < 0 ? undefined : end), at };
}

/** The names of Services where rules look for their clusterIP or refuse it, as links to be resolved: those that the cluster has. Pauses every few thousand lines. */
export function* documentLinks(state: DumpState): Steps<DocumentLink[]> {
  const { cluster, ruleset } = state.resolution();
  const links: DocumentLink[] = [];
  for (const [number, { text }] of ruleset.lines.entries()) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    if (!text.includes('/')) continue;
    const written = commentIn(text);
    if (written !== null) {
      const found = serviceComment(written.comment);
      // Editors underline links: in every comment of a Service they would be most of the text.
      if (found?.use !== 'cluster-ip' && found?.use !== 'no-endpoints') continue;
      if (cluster.service(found.namespace, found.service) === undefined) continue;
      const name = `${found.namespace}/${found.service}`;
      const start = text.indexOf(name, written.at);
      const data: LinkData = { uri: state.uri, namespace: found.namespace, name: found.service };
      links.push({
        range: rangeOf({ line: number, start, end: start + name.length }),
        tooltip: 'Its object in the snapshot',
        data,
      });
    }
    if (links.length >= mostLinks) break;
  }
  return links;
}

/** What a link kept; undefined for a link that is not one of ours. */
export function linkData({ data }: DocumentLink): LinkData | undefined {
  const kept = data as Partial<LinkData> | null | undefined;
  if (typeof kept?.uri !== 'string' || typeof kept.namespace !== 'string' || typeof kept.name !== 'string') return undefined;
  return { uri: kept.uri, namespace: kept.namespace, name: kept.name };
}
