/**
 * What does the work of Services on a node: kube-proxy in one of its modes, kube-proxy whose chains were flushed, or another program.
 * Told by the dump, else by the cluster: what neither shows is not claimed.
 */

import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import { type Cluster, emptyCluster } from '../../cluster/cluster.ts';
import type { ProxyConfig } from '../../cluster/objects.ts';
import { isNamedInUnreadLine, isTableWhole } from '../../ruleset/completeness.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { unusualLines } from '../../syntax/unusual-lines.ts';
import { otherProxyIn, otherProxySteps } from './other-proxies.ts';

export type ServiceProxyKind =
  /** kube-proxy's Services are in the dump, or would be if there were any. */
  | 'iptables'
  | 'ipvs'
  | 'nftables'
  /** Removed in 1.26. */
  | 'userspace'
  /** kube-proxy in iptables mode, whose Services somebody else took out of nat. */
  | 'flushed'
  /** Another program than kube-proxy. */
  | 'other'
  /** nat is whole and has nothing of kube-proxy's: which of the above it is cannot be told. */
  | 'absent'
  /** The dump does not show enough of nat. */
  | 'unknown';

/** Who does Services on the node that a dump of one family is from. */
export interface ServiceProxy {
  readonly kind: ServiceProxyKind;
  /** "kube-proxy in ipvs mode", "Cilium"; for `absent` and `unknown` what can be said instead. */
  readonly name: string;
  /** What tells it; one or two sentences. */
  readonly reason: string;
  /** The line that shows it, 0-based; null where it shows by what is not there, or by the cluster. */
  readonly line: number | null;
  /** What to collect to see where Services lead, in sentences with commands; empty where the dump shows it. */
  readonly advice: string;
}

const mostRulesLookedAt = 40;

const advice: Readonly<Record<'ipvs' | 'nftables' | 'flushed' | 'absent' | 'unknown', string>> = {
  ipvs: 'Collect "ipvsadm -Ln" and "ipset save" on the node: they hold the Services.',
  nftables: 'Collect "nft list table ip kube-proxy" (and "ip6") on the node: it holds the Services.',
  flushed:
    'Collect kube-proxy’s log on the node, and the dump again after kube-proxy was restarted there, which writes every chain anew.',
  absent:
    'Collect "curl -s http://localhost:10249/proxyMode", "nft list tables" and "ipvsadm -Ln" on the node, and "iptables-legacy-save" as well as "iptables-nft-save".',
  unknown: 'Collect the whole output of "iptables-save" (or "ip6tables-save") on the node.',
};

/** The first line at which a chain shows. */
export function firstLineOf(chain: Chain | undefined): number | null {
  return chain?.declarations[0] ?? chain?.rules[0] ?? chain?.references[0] ?? null;
}

function tableOf(dump: Dump, name: string): Table | undefined {
  return dump.tables.find((table) => table.name === name);
}

function firstChain(table: Table | undefined, names: readonly string[]): Chain | undefined {
  for (const name of names) {
    const chain = table?.chains.get(name);
    if (chain !== undefined) return chain;
  }
  return undefined;
}

function chainLike(table: Table | undefined, ...prefixes: readonly string[]): Chain | undefined {
  const chains = table?.chains;
  if (chains === undefined) return undefined;
  // By names alone: a chain of anybody's is made when it is asked for.
  for (let place = 0; place < chains.size; place += 1) {
    const name = chains.nameAt(place);
    if (name.startsWith('KUBE-') && prefixes.some((prefix) => name.startsWith(prefix))) return chains.at(place);
  }
  return undefined;
}

/** The first rule of KUBE-SERVICES that looks an address up in a set, as only ipvs mode has them. */
function setLookup(ruleset: Ruleset, services: Chain | undefined): number | undefined {
  return services?.rules.slice(0, mostRulesLookedAt).find((line) => {
    // To read a rule takes far longer than to look for the name of the match.
    if (!ruleset.lines.textAt(line).includes('set')) return false;
    const rule = ruleAt(ruleset, line);
    return rule !== undefined && optionOf(rule, '--match-set') !== undefined;
  });
}

/** Whether Services are somewhere else than in the iptables rules of the node, or are gone from there; false too where a dump does not show enough. */
export function isElsewhere({ kind }: Pick<ServiceProxy, 'kind'>): boolean {
  return kind !== 'iptables' && kind !== 'unknown';
}

/** What there is to say of a node whose Services the dump does not show, with what to collect instead; one to three sentences. */
export function serviceProxyText({ kind, name, reason, advice }: ServiceProxy): string {
  if (kind === 'unknown') return `${reason} ${advice}`;
  const what =
    kind === 'flushed'
      ? 'No Service works on this node'
      : kind === 'absent'
        ? 'No Service of this node is in its iptables'
        : `${name} ${kind === 'other' ? 'seems to do' : 'does'} the Services of this node`;
  return `${what}: ${reason} ${advice}`.trimEnd();
}

/** What one dump's own rules show; undefined where nothing in it is kube-proxy's. */
interface Shown {
  readonly kind: ServiceProxyKind;
  readonly reason: string;
  readonly line: number | null;
}

/** Chains that kube-proxy makes in one mode alone (pkg/proxy/ipvs/proxier.go, pkg/proxy/iptables/proxier.go). */
const ipvsChains = [
  'KUBE-LOAD-BALANCER',
  'KUBE-NODE-PORT',
  'KUBE-IPVS-FILTER',
  'KUBE-IPVS-OUT-FILTER',
  'KUBE-SOURCE-RANGES-FIREWALL',
];
/** Chains of one Service. */
const serviceChains = ['KUBE-SVC-', 'KUBE-SEP-', 'KUBE-SVL-', 'KUBE-EXT-', 'KUBE-FW-', 'KUBE-XLB-'];
const iptablesFilterChains = ['KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-SERVICES'];

function shownByIpvs(ruleset: Ruleset, nat: Table | undefined, filter: Table | undefined): Shown | undefined {
  const line = setLookup(ruleset, nat?.chains.get('KUBE-SERVICES'));
  if (line !== undefined) {
    const left = chainLike(nat, 'KUBE-SVC-') === undefined ? '' : ' KUBE-SVC- chains beside it were left by iptables mode.';
    return { kind: 'ipvs', reason: `KUBE-SERVICES looks addresses up in an ipset.${left}`, line };
  }
  const chain = firstChain(nat, ipvsChains) ?? firstChain(filter, ipvsChains);
  if (chain === undefined || chainLike(nat, 'KUBE-SVC-') !== undefined) return undefined;
  return { kind: 'ipvs', reason: `${chain.name} is one of its chains.`, line: firstLineOf(chain) };
}

/** Whether nat was emptied under kube-proxy in iptables mode: it is whole, and has no rule that is for a Service. */
function shownByFlush(ruleset: Ruleset, dump: Dump, nat: Table, filter: Table | undefined): Shown | undefined {
  const mayHaveRules = (chain: Chain | undefined): boolean =>
    chain !== undefined && (chain.rules.length > 0 || isNamedInUnreadLine(ruleset, chain));
  if (!isTableWhole(ruleset, nat) || mayHaveRules(nat.chains.get('KUBE-SERVICES'))) return undefined;
  let empty: Chain | undefined;
  for (let place = 0; place < nat.chains.size; place += 1) {
    const name = nat.chains.nameAt(place);
    if (!name.startsWith('KUBE-') || !serviceChains.some((prefix) => name.startsWith(prefix))) continue;
    const chain = nat.chains.at(place);
    if (mayHaveRules(chain)) return undefined;
    empty ??= chain;
  }
  // Without a Service that has endpoints KUBE-SERVICES may have no rules, but kube-proxy always fills KUBE-POSTROUTING.
  const services = nat.chains.get('KUBE-SERVICES');
  if (services !== undefined && empty === undefined) {
    if (mayHaveRules(nat.chains.get('KUBE-POSTROUTING'))) return undefined;
    empty = services;
  }
  if (empty !== undefined)
    return { kind: 'flushed', reason: `${empty.name} has no rules: nat was flushed.`, line: firstLineOf(empty) };
  const other = [...iptablesFilterChains, 'KUBE-FORWARD']
    .map((name) => filter?.chains.get(name))
    .find((chain) => chain !== undefined && chain.rules.length > 0);
  if (other !== undefined) {
    const reason = `filter has kube-proxy’s ${other.name}, but nat has no KUBE-SERVICES: nat was flushed.`;
    return { kind: 'flushed', reason, line: firstLineOf(other) };
  }
  // kube-proxy makes its canaries in all tables, and takes all of them away when it changes its mode.
  const canary = tableOf(dump, 'mangle')?.chains.get('KUBE-PROXY-CANARY');
  if (canary === undefined || nat.chains.has('KUBE-PROXY-CANARY')) return undefined;
  const reason =
    'mangle has KUBE-PROXY-CANARY, which kube-proxy makes in nat too, but nat has nothing of kube-proxy’s: nat was flushed.';
  return { kind: 'flushed', reason, line: firstLineOf(canary) };
}

function shownByIptables(ruleset: Ruleset, nat: Table | undefined, filter: Table | undefined): Shown | undefined {
  const chain = chainLike(nat, ...serviceChains);
  if (chain !== undefined) return { kind: 'iptables', reason: 'Services have chains of their own.', line: firstLineOf(chain) };
  const services = nat?.chains.get('KUBE-SERVICES');
  if (services !== undefined && services.rules.length > 0)
    return { kind: 'iptables', reason: 'KUBE-SERVICES looks addresses up in no ipset.', line: firstLineOf(services) };
  const portals = chainLike(nat, 'KUBE-PORTALS-');
  if (portals !== undefined)
    return {
      kind: 'userspace',
      reason: 'Services lead to ports of kube-proxy itself, as until 1.25.',
      line: firstLineOf(portals),
    };
  const own =
    firstChain(filter, iptablesFilterChains) ??
    nat?.chains.get('KUBE-NODEPORTS') ??
    (nat !== undefined && isTableWhole(ruleset, nat) ? services : undefined);
  return own === undefined
    ? undefined
    : { kind: 'iptables', reason: `${own.name} is one of its chains.`, line: firstLineOf(own) };
}

const shownBefore = createMemory<Dump, { readonly ruleset: Ruleset; readonly shown: Shown | undefined }>();

function shownBy(ruleset: Ruleset, dump: Dump): Shown | undefined {
  const known = shownBefore.get(dump);
  if (known?.ruleset === ruleset) return known.shown;
  const nat = tableOf(dump, 'nat');
  const filter = tableOf(dump, 'filter');
  const shown =
    shownByIpvs(ruleset, nat, filter) ??
    (nat === undefined ? undefined : shownByFlush(ruleset, dump, nat, filter)) ??
    shownByIptables(ruleset, nat, filter);
  shownBefore.set(dump, { ruleset, shown });
  return shown;
}

/** Whether a dump has anything of kube-proxy's itself. */
export function hasProxyRules(ruleset: Ruleset, dump: Dump): boolean {
  return shownBy(ruleset, dump) !== undefined;
}

interface ShownDump {
  readonly family: Dump['family'];
  readonly shown: Shown;
}

const shownInBefore = createMemory<Ruleset, readonly ShownDump[]>();

const dumpsBetweenPauses = 64;

/** Looks for what all dumps of a file show, of which it may hold thousands, so that `serviceProxyOf` knows it. Pauses every few dozen. */
export function* serviceProxySteps(ruleset: Ruleset): Steps<void> {
  if (shownInBefore.get(ruleset) !== undefined) return;
  for (const dump of ruleset.dumps) {
    if (shownBy(ruleset, dump) === undefined) yield* otherProxySteps(dump);
    if (dump.index % dumpsBetweenPauses === dumpsBetweenPauses - 1) yield;
  }
  yield* nftLineSteps(ruleset);
  shownIn(ruleset);
}

/** What the dumps of a file show: the first of each family and kind, in their order. A file may hold thousands of dumps. */
function shownIn(ruleset: Ruleset): readonly ShownDump[] {
  let all = shownInBefore.get(ruleset);
  if (all === undefined) {
    const first = new Map<string, ShownDump>();
    for (const dump of ruleset.dumps) {
      const shown = shownBy(ruleset, dump);
      const key = `${dump.family} ${shown?.kind}`;
      if (shown !== undefined && !first.has(key)) first.set(key, { family: dump.family, shown });
    }
    all = [...first.values()];
    shownInBefore.set(ruleset, all);
  }
  return all;
}

const nftTable = /^\s*(?:add )?table (?:ip6?|inet) kube-proxy\b/;
// iptables-nft-save of 1.8.2 to 1.8.4 says this of tables that are none of its own.
const foreignTable = /^# Table `kube-proxy' is incompatible/;
const nftLineBefore = createMemory<Ruleset, number>();

/** The line of nft's table kube-proxy in what was pasted beside a dump, 0-based; -1 without. */
function nftLine(ruleset: Ruleset): number {
  return nftLineBefore.get(ruleset) ?? runToEnd(nftLineSteps(ruleset));
}

const linesBetweenPauses = 4_096;

function* nftLineSteps(ruleset: Ruleset): Steps<number> {
  const { lines } = ruleset;
  let found = -1;
  for (const [at, number] of unusualLines(lines).entries()) {
    if (at % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const kind = lines.kindAt(number);
    const names = kind === 'comment' ? foreignTable : kind === 'foreign' || kind === 'other' ? nftTable : undefined;
    if (names?.test(lines.at(number)?.text ?? '') !== true) continue;
    found = number;
    break;
  }
  nftLineBefore.set(ruleset, found);
  return found;
}

const names: Readonly<Record<Exclude<ServiceProxyKind, 'other'>, string>> = {
  iptables: 'kube-proxy in iptables mode',
  ipvs: 'kube-proxy in ipvs mode',
  nftables: 'kube-proxy in nftables mode',
  userspace: 'kube-proxy in userspace mode',
  flushed: 'kube-proxy in iptables mode, its chains flushed from nat',
  absent: 'nothing of kube-proxy in iptables mode',
  unknown: 'not shown by the dump',
};

function named({ kind, reason, line }: Shown): ServiceProxy {
  const more = kind === 'ipvs' || kind === 'nftables' || kind === 'flushed' || kind === 'absent' || kind === 'unknown';
  return { kind, name: kind === 'other' ? '' : names[kind], reason, line, advice: more ? advice[kind] : '' };
}

/** The configuration that holds on the node: its own Pod's, else the cluster's. */
function configOf(cluster: Cluster, node: string): ProxyConfig | undefined {
  const configs = cluster.proxyConfigs;
  return (
    configs.find((config) => config.node !== '' && config.node === node && config.mode !== '') ??
    configs.find((config) => config.node === '') ??
    (configs.every(({ mode }) => mode === configs[0]?.mode) ? configs[0] : undefined)
  );
}

/** What the cluster's own configuration says of a node whose dump has nothing of kube-proxy's. */
function configured(cluster: Cluster, node: string, isWhole: boolean): ServiceProxy | undefined {
  const config = configOf(cluster, node);
  if (config === undefined) return undefined;
  const mode = config.mode === '' ? 'iptables' : config.mode;
  const said = `${config.from} says mode ${config.mode === '' ? '"", which is iptables' : config.mode}`;
  if (mode === 'nftables' || mode === 'ipvs')
    return named({ kind: mode, reason: `${said}; the dump has nothing of kube-proxy’s in iptables mode.`, line: null });
  if (mode !== 'iptables' || !isWhole) return undefined;
  return named({
    kind: 'flushed',
    reason: `${said}, but nat has nothing of kube-proxy’s: it was flushed, or kube-proxy has not run here.`,
    line: null,
  });
}

/**
 * Why rules of iptables mode may be left over: the cluster's configuration says another mode. A sentence; undefined where it does not.
 * @param node the dump's node; empty where it is not known
 */
export function otherModeConfigured({ kind }: ServiceProxy, cluster: Cluster, node: string): string | undefined {
  const config = configOf(cluster, node);
  if (kind !== 'iptables' || config === undefined || config.mode === '' || config.mode === 'iptables') return undefined;
  return `${config.from} says mode ${config.mode}, but the dump has rules of iptables mode: they may be left over, and then nothing keeps them current.`;
}

/**
 * Who does Services on the node that a dump of one family is from. The dump's own rules come first, then those of the file's other dumps and
 * what else was pasted, then the cluster's configuration.
 * @param node the dump's node; empty where it is not known
 */
export function serviceProxyOf(ruleset: Ruleset, dump: Dump, cluster: Cluster = emptyCluster, node = ''): ServiceProxy {
  const own = shownBy(ruleset, dump);
  if (own !== undefined) return named(own);
  const line = nftLine(ruleset);
  if (line >= 0) return named({ kind: 'nftables', reason: 'nft has a table kube-proxy.', line });
  // Both families of a node have one kube-proxy. One that serves a single family has nothing in the other, nor in the other back end.
  const beside = shownIn(ruleset).find(({ family, shown }) => family === dump.family || shown.kind !== 'iptables');
  if (beside !== undefined) return named(beside.shown);
  const nat = tableOf(dump, 'nat');
  const isWhole = nat !== undefined && isTableWhole(ruleset, nat);
  const byConfig = configured(cluster, node, isWhole);
  if (byConfig !== undefined) return byConfig;
  const other = otherProxyIn(dump, cluster, node);
  if (other !== undefined && isWhole)
    return { kind: 'other', ...other, advice: `${other.advice} If it is not ${other.name}: ${advice.absent}` };
  if (!isWhole) {
    const reason =
      nat === undefined ? 'The dump has no nat table, where kube-proxy’s Services are.' : 'The dump shows a part of nat only.';
    return named({ kind: 'unknown', reason, line: null });
  }
  const reason =
    'nat is whole and has no chain of kube-proxy’s: kube-proxy runs in nftables mode, its chains were flushed, another program does Services here, or they are in the other back end of iptables.';
  return named({ kind: 'absent', reason, line: null });
}
