/** What kube-proxy's rules in a dump say of the one that wrote them: its mode, range of versions, and how it was started. */

import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { type ShownSettings, shownSettings } from './detect-settings.ts';
import { versionLimits } from './detect-version.ts';
import { isLargeClusterMode } from './large-cluster.ts';
import { type LayoutReason, layoutSource } from './layout-source.ts';
import { serviceProxyOf } from './mode.ts';
import { type ProxyVersion, proxyVersionText } from './version.ts';

export type ProxyMode = 'iptables' | 'ipvs' | 'userspace';

export interface ProxyLayout extends ShownSettings {
  /** null where nothing in the dump is kube-proxy's, or too little to tell. */
  readonly mode: ProxyMode | null;
  /** The range of minor versions, ends included; null where the layout sets no limit. */
  readonly oldest: ProxyVersion | null;
  readonly newest: ProxyVersion | null;
  readonly largeCluster: boolean;
  readonly reasons: readonly LayoutReason[];
}

interface ShownMode {
  readonly mode: ProxyMode | null;
  readonly reasons: readonly LayoutReason[];
}

function shownMode(ruleset: Ruleset, dump: Dump): ShownMode {
  const { kind, reason, line } = serviceProxyOf(ruleset, dump);
  const mode = kind === 'flushed' ? 'iptables' : kind;
  if (mode !== 'iptables' && mode !== 'ipvs' && mode !== 'userspace') return { mode: null, reasons: [] };
  return { mode, reasons: [{ about: 'mode', text: `${mode} mode: ${reason}`, line }] };
}

const known = createMemory<Dump, { readonly ruleset: Ruleset; readonly layout: ProxyLayout }>();

/** What kube-proxy's rules in one dump of one family say about it. Kept: a hover, the drawing and drift all ask. */
export function proxyLayout(ruleset: Ruleset, dump: Dump): ProxyLayout {
  return runToEnd(proxyLayoutSteps(ruleset, dump));
}

/** The same; pauses between the parts of it, of which each looks at thousands of chains or rules. */
export function* proxyLayoutSteps(ruleset: Ruleset, dump: Dump): Steps<ProxyLayout> {
  const before = known.get(dump);
  if (before?.ruleset === ruleset) return before.layout;
  const layout = yield* readLayout(ruleset, dump);
  known.set(dump, { ruleset, layout });
  return layout;
}

function* readLayout(ruleset: Ruleset, dump: Dump): Steps<ProxyLayout> {
  const { mode, reasons } = shownMode(ruleset, dump);
  yield;
  const source = yield* layoutSource(ruleset, dump);
  yield;
  const settings = yield* shownSettings(source);
  yield;
  const versions = yield* versionLimits(source, mode === 'iptables');
  const largeCluster = source.nat !== undefined && isLargeClusterMode(ruleset, source.nat);
  const large: LayoutReason = {
    about: 'large-cluster',
    text: 'Large-cluster mode, with more than 1,000 endpoints: rules to endpoints have no comments.',
    line: null,
  };
  return {
    ...settings.value,
    mode,
    oldest: versions.oldest,
    newest: versions.newest,
    largeCluster,
    reasons: [...reasons, ...settings.reasons, ...(largeCluster ? [large] : []), ...versions.reasons],
  };
}

function versionRange(oldest: ProxyVersion | null, newest: ProxyVersion | null): string {
  if (oldest === null) return newest === null ? '' : ` ${proxyVersionText(newest)} or earlier`;
  if (newest === null) return ` ${proxyVersionText(oldest)} or later`;
  if (oldest > newest) return ' of more than one version';
  return oldest === newest ? ` ${proxyVersionText(oldest)}` : ` ${proxyVersionText(oldest)} to ${proxyVersionText(newest)}`;
}

/** "kube-proxy 1.31 or later in iptables mode, large cluster"; empty where nothing is kube-proxy's. */
export function layoutText({ mode, oldest, newest, largeCluster, masqueradeAll, localhostNodePorts }: ProxyLayout): string {
  if (mode === null) return '';
  const version = versionRange(oldest, newest);
  const more = [
    ...(largeCluster ? ['large cluster'] : []),
    ...(masqueradeAll ? ['masquerading all'] : []),
    ...(localhostNodePorts === false ? ['no NodePorts on 127.0.0.1'] : []),
  ];
  return [`kube-proxy${version} in ${mode} mode`, ...more].join(', ');
}
