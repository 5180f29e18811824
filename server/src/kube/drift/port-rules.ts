/** What the dump has for one Service port, beside what it should have. */

import type { Steps } from '../../base/steps.ts';
import type { EndpointRecord } from '../../cluster/objects.ts';
import { hasGap, isNamedInUnreadLine } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { notUnderstood } from '../../syntax/statement.ts';
import type { ProxyEndpoint } from '../expected/endpoints.ts';
import type { ExpectedPort } from '../expected/expected.ts';
import type { ExpectedRule } from '../expected/rule.ts';
import type { EndpointRef } from '../identity/hash-index.ts';
import { type DumpRule, type DumpSide, dumpRule, refusalsFor, rulesIn } from './dump-side.ts';
import { expectedKey, isWrittenAs, meaningKey } from './rule-key.ts';

/** An endpoint chain that a port's rules lead to. */
export interface DumpEndpoint {
  /** "KUBE-SEP-..." */
  readonly name: string;
  /** undefined where nothing declares or fills it. */
  readonly chain: Chain | undefined;
  /** The first rule that leads to it, 0-based. */
  readonly jump: number;
  /** Whether the port's chain for policy Local leads to it. */
  readonly inLocal: boolean;
}

export interface PortRules {
  readonly expected: ExpectedPort;
  /** All of the dump's rules for the port. */
  readonly actual: readonly DumpRule[];
  readonly endpoints: ReadonlyMap<string, DumpEndpoint>;
  /** Rules that the dump lacks; none where it is an excerpt. */
  readonly missing: readonly ExpectedRule[];
  /** Rules that should not be there. */
  readonly extra: readonly DumpRule[];
  /** The first rule of a chain whose rules are right but in another order. */
  readonly misplaced: DumpRule | undefined;
}

/** In these the order of the rules decides. */
const ordered = /^KUBE-(?:SVC|SVL|EXT|SEP)-/;

function endpointsIn(side: DumpSide, chains: readonly Chain[]): ReadonlyMap<string, DumpEndpoint> {
  const { ruleset, nat } = side;
  const found = new Map<string, DumpEndpoint>();
  for (const chain of chains) {
    const isLocal = chain.name.startsWith('KUBE-SVL-');
    if (!isLocal && !chain.name.startsWith('KUBE-SVC-')) continue;
    for (const line of rulesIn(ruleset, chain)) {
      const name = ruleset.lines.at(line)?.target ?? '';
      if (!name.startsWith('KUBE-SEP-')) continue;
      const known = found.get(name);
      if (known === undefined) found.set(name, { name, chain: nat?.table.chains.get(name), jump: line, inLocal: isLocal });
      else if (isLocal && !known.inLocal) found.set(name, { ...known, inLocal: true });
    }
  }
  return found;
}

/** Where the rules that are expected and not there would be seen: a table that is whole, and no line that nobody could read names the chain. */
function isSeen(side: DumpSide, rule: ExpectedRule): boolean {
  const shown = side[rule.table];
  if (shown?.whole !== true) return false;
  const chain = shown.table.chains.get(rule.chain);
  return chain === undefined || !isNamedInUnreadLine(side.ruleset, chain);
}

/** The port's chains that lead somewhere. One that nothing leads to, and that should not be there, was left behind and makes no difference. */
function chainsOf(side: DumpSide, hash: string, rules: readonly ExpectedRule[]): readonly Chain[] {
  const chains = side.portChains.get(hash) ?? [];
  return chains.every(({ references }) => references.length > 0)
    ? chains
    : chains.filter(({ name, references }) => references.length > 0 || rules.some(({ chain }) => chain === name));
}

const sharedChains: ReadonlySet<string> = new Set([
  'KUBE-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-PROXY-FIREWALL',
]);

/**
 * Whether a port's rules stand in the dump just as kube-proxy writes them, as they mostly do. False only means that they have to be
 * compared one by one.
 */
function isAsWritten(side: DumpSide, expected: ExpectedPort, rules: readonly ExpectedRule[]): boolean {
  const { lines } = side.ruleset;
  const entries = side.entries.get(expected.port.hash) ?? [];
  const refusals = refusalsFor(side, expected.port);
  let unread = entries.length + refusals.length;
  for (const chain of chainsOf(side, expected.port.hash, rules)) unread += chain.rules.length;
  for (const { chain } of expected.choice.reachable) unread += side.nat?.table.chains.get(chain)?.rules.length ?? 0;
  if (unread !== rules.length) return false;
  const taken = new Set<number>();
  let name = '';
  let own: readonly number[] = [];
  let next = 0;
  for (const rule of rules) {
    if (sharedChains.has(rule.chain)) {
      const found = (rule.table === 'nat' ? entries : refusals).find((line) => !taken.has(line) && isRule(line, rule));
      if (found === undefined) return false;
      taken.add(found);
      continue;
    }
    if (rule.chain !== name) {
      // A chain's rules follow each other in what is expected.
      if (next !== own.length) return false;
      name = rule.chain;
      own = side.nat?.table.chains.get(name)?.rules ?? [];
      next = 0;
    }
    const line = own[next];
    if (line === undefined || !isRule(line, rule)) return false;
    next += 1;
  }
  return next === own.length;

  function isRule(line: number, rule: ExpectedRule): boolean {
    const source = lines.at(line);
    return source?.kind === 'rule' && source.command === 'append' && isWrittenAs(source.text, rule);
  }
}

/** How much of a port's traffic an endpoint may get: none, what no ready one takes, or a share. */
function usability({ ready, serving, terminating }: EndpointRecord): number {
  return ready ? 2 : serving && terminating ? 1 : 0;
}

/** What slices say of an address, those that go best with its being used, or not, first. */
function claimsOf({ ref, others }: ProxyEndpoint, isUsed: boolean): readonly EndpointRef[] {
  const sign = isUsed ? -1 : 1;
  return [ref, ...others].toSorted((a, b) => sign * (usability(a.endpoint) - usability(b.endpoint)));
}

const mostTried = 64;

/** The endpoints that a port has where each contested address is taken by one claim or another; the likeliest by the dump first, some dozen at the most. */
function* takings(
  endpoints: readonly ProxyEndpoint[],
  isUsed: (endpoint: ProxyEndpoint) => boolean,
): Generator<readonly ProxyEndpoint[]> {
  const claims = endpoints.map((endpoint) =>
    endpoint.others.length === 0 ? [endpoint.ref] : claimsOf(endpoint, isUsed(endpoint)),
  );
  const picked = claims.map(() => 0);
  for (let tried = 0; tried < mostTried; tried += 1) {
    yield endpoints.map((endpoint, at) => ({ ...endpoint, ref: claims[at]?.[picked[at] ?? 0] ?? endpoint.ref }));
    // Counts on, as the wheels of a meter do.
    let wheel = 0;
    while (wheel < claims.length && (picked[wheel] ?? 0) + 1 >= (claims[wheel]?.length ?? 0)) {
      picked[wheel] = 0;
      wheel += 1;
    }
    if (wheel === claims.length) return;
    picked[wheel] = (picked[wheel] ?? 0) + 1;
  }
}

/**
 * Compares a port's rules, first by their text, then, for those that differ, by their meaning. undefined where all is right, also by what
 * kube-proxy may have taken where slices contradict each other. Pauses every thousand rules.
 */
export function* portRulesSteps(
  side: DumpSide,
  expected: ExpectedPort,
  rules: readonly ExpectedRule[],
): Steps<PortRules | undefined> {
  if (isAsWritten(side, expected, rules)) return undefined;
  const found = yield* compareRules(side, expected, rules);
  if (expected.endpoints.every(({ others }) => others.length === 0)) return found;
  let likeliest: ExpectedPort | undefined;
  for (const endpoints of takings(expected.endpoints, ({ chain }) => found.endpoints.has(chain))) {
    const taken = expected.withEndpoints(endpoints);
    if (isAsWritten(side, taken, yield* taken.ruleSteps())) return undefined;
    likeliest ??= taken;
  }
  return likeliest === undefined ? found : yield* compareRules(side, likeliest, yield* likeliest.ruleSteps());
}

/** All rules that a dump has for a port: those that lead to it, those of its chains and its endpoints', and those that refuse its traffic. */
function rulesFor(
  side: DumpSide,
  expected: ExpectedPort,
  chains: readonly Chain[],
  endpoints: PortRules['endpoints'],
): readonly DumpRule[] {
  const { ruleset } = side;
  const found: DumpRule[] = [];
  const take = (table: DumpRule['table'], lines: readonly number[], chain?: string): void => {
    for (const line of lines) found.push(dumpRule(ruleset, table, chain ?? ruleset.lines.at(line)?.name ?? '', line));
  };
  take('nat', side.entries.get(expected.port.hash) ?? []);
  for (const chain of chains) take('nat', rulesIn(ruleset, chain), chain.name);
  for (const { chain } of endpoints.values()) if (chain !== undefined) take('nat', rulesIn(ruleset, chain), chain.name);
  take('filter', refusalsFor(side, expected.port));
  return found;
}

const rulesBetweenPauses = 1_024;

/** Where each key stands among the rules expected; a key may stand there more than once. */
function* placesByKey(rules: readonly ExpectedRule[]): Steps<Map<string, number[]>> {
  const places = new Map<string, number[]>();
  for (const [index, rule] of rules.entries()) {
    if (index % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const key = `${rule.table} ${expectedKey(rule)}`;
    const known = places.get(key);
    if (known === undefined) places.set(key, [index]);
    else known.push(index);
  }
  return places;
}

/** Whether a rule's line was not understood, as where a paste damaged it or took a value out: what it is for is not known. */
function isDamaged(ruleset: Ruleset, { line }: DumpRule): boolean {
  const { faults = [], isUnsure = false } = ruleset.lines.at(line) ?? {};
  if (faults.some(({ severity }) => severity === 'error')) return true;
  return isUnsure && ruleAt(ruleset, line)?.options.some(({ instance }) => instance === notUnderstood) === true;
}

function* compareRules(side: DumpSide, expected: ExpectedPort, rules: readonly ExpectedRule[]): Steps<PortRules> {
  const { ruleset } = side;
  const chains = chainsOf(side, expected.port.hash, rules);
  const endpoints = endpointsIn(side, chains);
  const actual = rulesFor(side, expected, chains, endpoints);
  const wanted = yield* placesByKey(rules);
  const places: (number | undefined)[] = actual.map((rule) => wanted.get(`${rule.table} ${rule.key}`)?.shift());
  const extra: DumpRule[] = [];
  const damaged = new Set<string>();
  for (const [index, rule] of actual.entries()) {
    if (index % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    if (places[index] !== undefined) continue;
    const key = meaningKey(ruleset, rule.line) ?? rule.key;
    if (key !== rule.key) places[index] = wanted.get(`${rule.table} ${key}`)?.shift();
    if (places[index] !== undefined) continue;
    if (isDamaged(ruleset, rule)) damaged.add(`${rule.table} ${rule.chain}`);
    else extra.push({ ...rule, key });
  }
  const missing: ExpectedRule[] = [];
  let isAnyMissing = false;
  let keys = 0;
  for (const indexes of wanted.values()) {
    for (const index of indexes) {
      const rule = rules[index];
      if (rule !== undefined && isSeen(side, rule) && !damaged.has(`${rule.table} ${rule.chain}`)) missing.push(rule);
      isAnyMissing ||= rule !== undefined;
    }
    keys += 1;
    if (keys % rulesBetweenPauses === 0) yield;
  }
  return {
    expected,
    actual,
    endpoints,
    missing,
    extra,
    misplaced: extra.length === 0 && !isAnyMissing && !hasOtherOrder(side) ? firstMisplaced(actual, places) : undefined,
  };
}

/** Whether lines may stand in the text in another order than in the kernel. */
function hasOtherOrder({ ruleset, nat }: DumpSide): boolean {
  return nat !== undefined && hasGap(ruleset, nat.table);
}

function firstMisplaced(actual: readonly DumpRule[], places: readonly (number | undefined)[]): DumpRule | undefined {
  let chain = '';
  let last = -1;
  for (const [index, rule] of actual.entries()) {
    const place = places[index] ?? -1;
    if (rule.chain !== chain) {
      chain = rule.chain;
      last = -1;
    }
    if (place < last && ordered.test(chain)) return rule;
    last = place;
  }
  return undefined;
}
