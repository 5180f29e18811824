/** What kube-proxy would write, as text that iptables-restore takes. */

import type { Steps } from '../../base/steps.ts';
import { isBuiltinChain } from '../../catalog/tables.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { defaultMasqueradeMark, type ProxyOptions } from '../proxy/options.ts';
import { proxyVersionText } from '../proxy/version.ts';
import { type ExpectedTables, expectedTables } from './expected.ts';
import { familyNames } from './request.ts';
import { type ExpectedRule, ruleText } from './rule.ts';

const builtinChains: Readonly<Record<ExpectedRule['table'], readonly string[]>> = {
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
};

function* tableLines(name: ExpectedRule['table'], tables: ExpectedTables): Generator<string> {
  const chains = tables[name];
  yield `*${name}`;
  for (const chain of builtinChains[name]) yield `:${chain} ACCEPT [0:0]`;
  for (const chain of chains.keys()) if (!isBuiltinChain(name, chain)) yield `:${chain} - [0:0]`;
  for (const chain of builtinChains[name]) for (const rule of chains.get(chain) ?? []) yield ruleText(rule);
  for (const [chain, rules] of chains) {
    if (isBuiltinChain(name, chain)) continue;
    for (const rule of rules) yield ruleText(rule);
  }
  yield 'COMMIT';
}

/** How kube-proxy is taken to be started, in the words of its flags. */
function settingsText({
  podTraffic,
  masqueradeAll,
  masqueradeMark,
  nodePortAddresses,
  localhostNodePorts,
  family,
}: ProxyOptions): string {
  const traffic =
    podTraffic === null || podTraffic.by === 'unshown'
      ? 'no Pod network'
      : podTraffic.by === 'source'
        ? `Pods in ${podTraffic.cidr}`
        : `Pods behind ${podTraffic.name}`;
  return [
    traffic,
    ...(masqueradeAll ? ['masquerading all'] : []),
    ...(masqueradeMark === defaultMasqueradeMark ? [] : [`mark 0x${masqueradeMark.toString(16)}`]),
    ...(nodePortAddresses === null ? [] : [`NodePorts on ${nodePortAddresses.join(', ') || 'no address'}`]),
    ...(family === 'ipv4' && !localhostNodePorts ? ['no NodePorts on 127.0.0.1'] : []),
  ].join(', ');
}

/** Quoted, with nothing but printable ASCII. */
function plainQuoted(text: string): string {
  return JSON.stringify(text).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

const linesBetweenPauses = 4096;

/** The nat and filter tables of one family in iptables-save's form, with a comment before them that says what for. */
export function* expectedText(cluster: Cluster, options: ProxyOptions): Steps<string> {
  const tables = yield* expectedTables(cluster, options);
  const lines = [
    `# What kube-proxy ${proxyVersionText(options.version)} would write on ${plainQuoted(options.node)}: ${familyNames[options.family]}, ${settingsText(options)}`,
  ];
  for (const name of ['filter', 'nat'] as const) {
    for (const line of tableLines(name, tables)) {
      lines.push(line);
      if (lines.length % linesBetweenPauses === 0) yield;
    }
  }
  return `${lines.join('\n')}\n`;
}
