/** Which versions of kube-proxy may have written a dump, told by the layout of its rules. */
import type { Steps } from '../../base/steps.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { Chain } from '../../ruleset/ruleset.ts';
import { chainsLike, firstRules, type LayoutReason, type LayoutSource, type LineRule, rulesTo } from './layout-source.ts';
import { firstLineOf } from './mode.ts';
import { commentOf, hasOption, probabilityOf, singleAddress } from './rule-values.ts';
import { type ProxyVersion, proxyVersionText } from './version.ts';

export interface VersionLimits {
  /** Ends included; null where the layout sets no limit. */
  readonly oldest: ProxyVersion | null;
  readonly newest: ProxyVersion | null;
  /** What set them. */
  readonly reasons: readonly LayoutReason[];
}

/** Something that only versions from, or up to, one on write. */
interface Limit {
  readonly at: 'oldest' | 'newest';
  readonly version: ProxyVersion;
  readonly what: string;
  /** 0-based; null where it shows by what is not there. */
  readonly line: number | null;
}

function since(version: ProxyVersion, what: string, line: number | null): Limit {
  return { at: 'oldest', version, what, line };
}

function until(version: ProxyVersion, what: string, line: number | null): Limit {
  return { at: 'newest', version, what, line };
}

const inServiceChain = "what comes from outside the Pod network is masqueraded in the Service's chain, not in KUBE-SERVICES";
const inServices = 'what comes from outside the Pod network is masqueraded in KUBE-SERVICES';
const marked = 'packets are marked in nat to be dropped';

/** Whether a probability was written with five digits of its fraction, and not with ten. */
function isShort(probability: number): boolean {
  const one = Math.round(1 / probability);
  return Math.abs(probability - Number((1 / one).toFixed(5))) < 1e-9 && Math.abs(probability - 1 / one) > 1e-7;
}

/** Whether a comment is the name of an unnamed port with the colon of old: "a/b:". */
function isOldUnnamedPort(comment: string): boolean {
  return comment.endsWith(':') && comment.includes('/') && comment.indexOf(':') === comment.length - 1 && !comment.includes(' ');
}

/** What a rule that leads to an endpoint tells. */
function* limitsOfBalancing({ line, rule }: LineRule): Generator<Limit> {
  const comment = commentOf(rule);
  if (comment.includes(' -> ')) yield since(24, 'comments name the endpoint behind an arrow', line);
  else if (comment !== '') yield until(23, "comments on rules to endpoints name the Service's port alone", line);
  if (isOldUnnamedPort(comment)) yield until(19, 'the name of an unnamed port ends in a colon', line);
  const probability = probabilityOf(rule);
  if (probability !== undefined && isShort(probability)) yield until(16, 'probabilities are written with five digits', line);
}

function* limitsOfServiceChains(source: LayoutSource): Generator<Limit> {
  for (const chain of [...chainsLike(source, 'KUBE-SVC-'), ...chainsLike(source, 'KUBE-SVL-')]) {
    for (const entry of firstRules(source.ruleset, chain)) {
      const target = entry.rule.target?.text ?? '';
      if (target === 'KUBE-MARK-MASQ' && singleAddress(entry.rule, '--destination') !== undefined)
        yield since(21, inServiceChain, entry.line);
      else if (target.startsWith('KUBE-SEP-')) yield* limitsOfBalancing(entry);
    }
  }
}

function* limitsOfFirewallChain({ ruleset, nat }: LayoutSource, chain: Chain): Generator<Limit> {
  const last = chain.rules.at(-1);
  const rule = last === undefined ? undefined : ruleAt(ruleset, last);
  if (last === undefined || rule === undefined) return;
  if (rule.target?.text === 'KUBE-MARK-DROP') yield until(24, marked, last);
  else if (rule.target === undefined) yield since(27, 'a KUBE-FW- chain ends in a rule that only explains', last);
  else if (nat?.commitLine !== undefined) yield until(26, 'a KUBE-FW- chain ends without an explanation', last);
}

/** What the chains of external traffic tell, those that are there and those that are not. */
function* limitsOfExternalChains(source: LayoutSource): Generator<Limit> {
  const { ruleset, services } = source;
  for (const chain of chainsLike(source, 'KUBE-XLB-').slice(0, 1))
    yield until(23, 'KUBE-XLB- chains stand for externalTrafficPolicy Local', firstLineOf(chain));
  for (const prefix of ['KUBE-EXT-', 'KUBE-SVL-']) {
    for (const chain of chainsLike(source, prefix).slice(0, 1)) yield since(24, `${prefix} chains`, firstLineOf(chain));
  }
  for (const { line } of rulesTo(ruleset, services, 'KUBE-MARK-MASQ')) {
    yield until(20, inServices, line);
    break;
  }
  for (const chain of chainsLike(source, 'KUBE-SVL-')) {
    for (const { line } of rulesTo(ruleset, chain, 'KUBE-MARK-DROP')) yield until(24, marked, line);
  }
  for (const chain of chainsLike(source, 'KUBE-FW-')) yield* limitsOfFirewallChain(source, chain);
}

function* limitsOfFilter({ ruleset, nat, filter }: LayoutSource, isIptablesMode: boolean): Generator<Limit> {
  const dropping = filter?.chains.get('KUBE-PROXY-FIREWALL');
  if (dropping !== undefined) yield since(25, 'KUBE-PROXY-FIREWALL drops what source ranges refuse', firstLineOf(dropping));
  else if (filter?.commitLine !== undefined && isIptablesMode && filter.chains.has('KUBE-FORWARD'))
    yield until(24, 'there is no KUBE-PROXY-FIREWALL', null);
  for (const { line } of rulesTo(ruleset, filter?.chains.get('INPUT'), 'KUBE-SERVICES'))
    yield until(19, 'filter sends INPUT through KUBE-SERVICES', line);
  const counted = [
    ...firstRules(ruleset, nat?.chains.get('KUBE-NODEPORTS')),
    ...firstRules(ruleset, filter?.chains.get('KUBE-FORWARD')),
  ].find(({ rule }) => hasOption(rule, '--nfacct-name'));
  if (counted !== undefined) yield since(31, 'packets are counted with -m nfacct', counted.line);
}

function* limitsOfNodePorts({ ruleset, dump, services }: LayoutSource): Generator<Limit> {
  for (const { line, rule } of rulesTo(ruleset, services, 'KUBE-NODEPORTS')) {
    if (singleAddress(rule, '--destination') !== undefined) continue;
    const isSpared = optionOf(rule, '--destination')?.negation !== undefined;
    if (dump.family === 'ipv4') {
      if (isSpared) yield since(26, 'the rule that leads to NodePorts spares 127.0.0.0/8', line);
    } else if (isSpared) yield since(26, 'the rule that leads to NodePorts spares ::1', line);
    else yield until(25, 'the rule that leads to NodePorts does not spare ::1', line);
  }
}

/** The versions that a dump's layout fits. Of all that limits them the narrowest counts. Pauses between kinds of chains. */
export function* versionLimits(source: LayoutSource, isIptablesMode: boolean): Steps<VersionLimits> {
  let lowest: Limit | undefined;
  let highest: Limit | undefined;
  const kinds = [
    limitsOfServiceChains(source),
    limitsOfExternalChains(source),
    limitsOfFilter(source, isIptablesMode),
    limitsOfNodePorts(source),
  ];
  for (const limits of kinds) {
    for (const limit of limits) {
      if (limit.at === 'oldest' && (lowest === undefined || limit.version > lowest.version)) lowest = limit;
      if (limit.at === 'newest' && (highest === undefined || limit.version < highest.version)) highest = limit;
    }
    yield;
  }
  const reason = (word: string, { version, what, line }: Limit): LayoutReason => ({
    about: 'version',
    text: `${word} ${proxyVersionText(version)}: ${what}.`,
    line,
  });
  return {
    oldest: lowest?.version ?? null,
    newest: highest?.version ?? null,
    reasons: [
      ...(lowest === undefined ? [] : [reason('Since', lowest)]),
      ...(highest === undefined ? [] : [reason('Until', highest)]),
    ],
  };
}
