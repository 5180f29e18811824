import { type DocumentSymbol, SymbolKind, type WorkspaceSymbol } from 'vscode-languageserver-types';
import { withoutHostMask } from '../base/ip.ts';
import { labelText } from '../base/safe-text.ts';
import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { serviceComment } from '../kube/identity/comments.ts';
import { chainTitle } from '../kube/identity/titles.ts';
import { declarationOf } from '../ruleset/places.ts';
import { type Chain, type Table, tableAt } from '../ruleset/ruleset.ts';
import { commentIn } from './objects.ts';
import { type DumpState, rangeOf } from './support/state.ts';

// An outline of 50,000 endpoint chains helps nobody and costs every editor seconds: beyond this they are left to workspace symbols.
const mostChainsInOutline = 10_000;
/** Of all tables together; a file may hold thousands, and what stands behind so many symbols is found by its name. */
const mostSymbols = 20_000;
const mostWorkspaceSymbols = 500;
/** Whose a chain is may be told by rules that are read for it. */
const chainsBetweenPauses = statementsBetweenPauses;
const linesBetweenPauses = 512;

function tableTitle(state: DumpState, table: Table): string {
  return state.ruleset.dumps.length > 1 ? `${table.dump.family === 'ipv6' ? 'IPv6' : 'IPv4'} (dump ${table.dump.index + 1})` : '';
}

/** Tables, and in each its chains with the Service or Pod behind them; at most 20,000, the first. */
export function* documentSymbols(state: DumpState): Steps<DocumentSymbol[]> {
  const symbols: DocumentSymbol[] = [];
  let count = 0;
  let made = 0;
  for (const table of state.ruleset.tables) {
    const children: DocumentSymbol[] = [];
    const withEndpoints = table.chains.size <= mostChainsInOutline;
    count += 1;
    if (count % chainsBetweenPauses === 0) yield;
    if (made >= mostSymbols) break;
    made += 1;
    for (const chain of table.chains.values()) {
      if (!withEndpoints && chain.name.startsWith('KUBE-SEP-')) continue;
      count += 1;
      if (count % chainsBetweenPauses === 0) yield;
      const symbol = made < mostSymbols ? chainSymbol(state, chain) : undefined;
      if (symbol === undefined) continue;
      children.push(symbol);
      made += 1;
    }
    const header = { line: table.firstLine, start: 0, end: state.ruleset.lines.at(table.firstLine)?.text.length ?? 0 };
    const last = table.endLine - 1;
    symbols.push({
      name: labelText(table.name),
      detail: tableTitle(state, table),
      kind: SymbolKind.Namespace,
      range: {
        start: { line: table.firstLine, character: 0 },
        end: { line: last, character: state.ruleset.lines.at(last)?.text.length ?? 0 },
      },
      selectionRange: rangeOf(header),
      children,
    });
  }
  return symbols;
}

function chainSymbol(state: DumpState, chain: Chain): DocumentSymbol | undefined {
  const place = declarationOf(state.ruleset, chain);
  if (place === undefined) return undefined;
  const title = chainTitle(state.resolution(), chain);
  return {
    // Editors look for what is typed in the name alone.
    name: labelText(title === '' ? chain.name : `${title} (${chain.name})`),
    kind: chain.builtin ? SymbolKind.Event : SymbolKind.Function,
    range: rangeOf({ line: place.line, start: 0, end: state.ruleset.lines.at(place.line)?.text.length ?? place.end }),
    selectionRange: rangeOf(place),
  };
}

/**
 * Chains of all open dumps whose name, or whose Service or Pod, holds every word of the query, in any case; at most 500. An endpoint chain is found by
 * its own name, and by its Pod's where the query holds a "/". An address or a port finds the chains of Services and Pods whose rules have it. A
 * Service without endpoints has no chain: it is found at the rule that refuses it.
 */
export function* workspaceSymbols(states: readonly DumpState[], query: string): Steps<WorkspaceSymbol[]> {
  const symbols: WorkspaceSymbol[] = [];
  for (const state of states) {
    const found = mayBeAddress(query) ? byAddress(state, query.trim()) : byName(state, query);
    yield* addSymbols(symbols, state, found);
    if (symbols.length >= mostWorkspaceSymbols) break;
  }
  return symbols;
}

/** A place that a query finds. */
interface Found {
  readonly name: string;
  readonly table: string;
  readonly place: Parameters<typeof rangeOf>[0];
}

function* addSymbols(symbols: WorkspaceSymbol[], state: DumpState, found: Generator<Found | undefined>): Steps<void> {
  for (const item of found) {
    if (item === undefined) {
      yield;
      continue;
    }
    const { name, table, place } = item;
    const location = { uri: state.uri, range: rangeOf(place) };
    symbols.push({ name: labelText(name), kind: SymbolKind.Function, containerName: table, location });
    if (symbols.length >= mostWorkspaceSymbols) return;
  }
}

/** A chain, where it is declared or first named, with what it is found by besides its own name. */
function foundChain({ ruleset }: DumpState, chain: Chain, title: string): Found | undefined {
  const place = declarationOf(ruleset, chain);
  const name = title === '' ? chain.name : `${chain.name} (${title})`;
  return place === undefined ? undefined : { name, table: chain.table.name, place };
}

/** Undefined is a pause. */
function* byName(state: DumpState, query: string): Generator<Found | undefined> {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (text: string): boolean => {
    const lower = text.toLowerCase();
    return words.every((word) => lower.includes(word));
  };
  let count = 0;
  for (const table of state.ruleset.tables) {
    for (const chain of table.chains.values()) {
      count += 1;
      if (count % chainsBetweenPauses === 0) yield undefined;
      const searchTitle = !chain.name.startsWith('KUBE-SEP-') || query.includes('/') || table.chains.size <= mostChainsInOutline;
      const title = searchTitle ? chainTitle(state.resolution(), chain) : '';
      const found = fits(`${chain.name} ${title}`) ? foundChain(state, chain, title) : undefined;
      if (found !== undefined) yield found;
    }
    for (const refused of refusedServices(state, table)) if (refused === undefined || fits(refused.name)) yield refused;
  }
}

/** Where kube-proxy refuses Services that have no endpoints. */
const refusingChains = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS'];

/** The Services that a table's rules refuse for want of endpoints, each once. Undefined is a pause. */
function* refusedServices({ ruleset }: DumpState, table: Table): Generator<Found | undefined> {
  const seen = new Set<string>();
  for (const chain of refusingChains) {
    for (const [at, line] of (table.chains.get(chain)?.rules ?? []).entries()) {
      if (at % linesBetweenPauses === linesBetweenPauses - 1) yield undefined;
      const text = ruleset.lines.at(line)?.text ?? '';
      const name = refusalOn(text);
      if (name === undefined || seen.has(name)) continue;
      seen.add(name);
      yield { name, table: table.name, place: { line, start: 0, end: text.length } };
    }
  }
}

/** What the comment of a rule says of a Service that is refused for want of endpoints; undefined for any other rule. */
function refusalOn(text: string): string | undefined {
  const comment = text.includes(' endpoints') ? commentIn(text)?.comment : undefined;
  return comment !== undefined && serviceComment(comment)?.use === 'no-endpoints' ? comment : undefined;
}

/** "10.96.20", "10.96.20.10:80", "fd00:10:96::a", "30080". */
function mayBeAddress(query: string): boolean {
  return /^\s*(?:\d{1,3}\.[\d.]*(?::\d*)?|\d{2,5}|\[?[\da-f]*:[\da-f:]+(?:\]:\d*)?)\s*$/i.test(query);
}

/**
 * The chains of Services and Pods that rules with an address or a port lead to or belong to: of `-d 10.96.20.10/32 ... -j KUBE-SVC-X` that chain, of an
 * endpoint's DNAT its own. What was found stands behind the name, as editors look for the query there. Undefined is a pause.
 */
function* byAddress(state: DumpState, query: string): Generator<Found | undefined> {
  const { lines } = state.ruleset;
  const [address = '', port] = query.includes('.') ? query.split(':') : [query];
  const isPort = /^\d+$/.test(query);
  const seen = new Set<Chain | string>();
  for (const [number, line] of lines.entries()) {
    if (number % linesBetweenPauses === 0) yield undefined;
    if (line.kind !== 'rule' || !line.text.includes(isPort ? query : address)) continue;
    const asked = isPort ? portOn(line.text, query) : addressOn(line.text, address, port);
    if (asked === undefined) continue;
    const subject = subjectOf(state, number) ?? refusalOn(line.text);
    if (subject === undefined || seen.has(subject)) continue;
    seen.add(subject);
    const found =
      typeof subject === 'string'
        ? {
            name: `${subject}, ${asked}`,
            table: tableAt(state.ruleset, number)?.name ?? '',
            place: { line: number, start: 0, end: line.text.length },
          }
        : foundChain(state, subject, `${chainTitle(state.resolution(), subject)}, ${asked}`);
    if (found !== undefined) yield found;
  }
}

/** The port of a rule that is just this one: a NodePort, or that of a Service. */
function portOn(text: string, port: string): string | undefined {
  return ` ${text} `.includes(` --dport ${port} `) ? `port ${port}` : undefined;
}

/** What a rule asks for or sends packets to that begins with an address, with its port. */
function addressOn(text: string, address: string, port: string | undefined): string | undefined {
  for (const option of [' -d ', ' --to-destination ', ' --to-destination [']) {
    const at = text.indexOf(option + address);
    if (at < 0) continue;
    const start = at + option.length;
    const space = text.indexOf(' ', start);
    const value = text.slice(start, space < 0 ? undefined : space);
    const dport = / --dport (\d+)/.exec(text)?.[1];
    const whole = option === ' -d ' ? `${withoutHostMask(value)}${dport === undefined ? '' : `:${dport}`}` : value;
    if (port === undefined || port === '' || whole.includes(`:${port}`)) return option.endsWith('[') ? `[${whole}` : whole;
  }
  return undefined;
}

/** The chain that a rule is about: the one it jumps to where that is a Service's or a Pod's, else its own where that is one. */
function subjectOf({ ruleset, resolution }: DumpState, number: number): Chain | undefined {
  const line = ruleset.lines.at(number);
  const table = tableAt(ruleset, number);
  for (const name of [line?.target ?? '', line?.name ?? '']) {
    const chain = table?.chains.get(name);
    if (chain === undefined || chain.builtin) continue;
    const { service, endpoint } = resolution().chain(chain);
    if (service !== null || endpoint !== null) return chain;
  }
  return undefined;
}
