/** What kube-proxy's authors expect of Services, rules and packets: the cases of its unit tests, of about version 1.33. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { checkRequest } from '../../server/src/kube/expected/request.ts';
import { expectedText } from '../../server/src/kube/expected/text.ts';
import { canonicalRule } from '../../server/src/ruleset/canonical.ts';
import { rulesOf } from '../../server/src/ruleset/rules.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { rulesetOf } from '../support/dumps.ts';
import { fixtureText } from '../support/fixtures.ts';
import { type TracedPacket, traceLikeKubeProxy } from '../support/kube-proxy-tracer.ts';
import { clusterWith, node } from './objects.ts';

interface Flow extends TracedPacket {
  readonly name: string;
  readonly output: string;
  readonly masq: boolean;
}

interface Case {
  readonly test: string;
  readonly subtest: string | null;
  readonly ipFamily: 'IPv4' | 'IPv6';
  readonly node: string;
  readonly localIPs: readonly string[];
  readonly config: {
    readonly clusterCIDR: string;
    readonly masqueradeAll: boolean;
    readonly localDetector: boolean;
    readonly localhostNodePorts: boolean;
    readonly nodePortAddresses: readonly string[] | null;
    readonly featureGates?: { readonly LoadBalancerIPMode: boolean };
  };
  readonly services: readonly object[];
  readonly endpointSlices: readonly object[];
  /** A file of rules that kube-proxy writes. */
  readonly expectedRules: string | null;
  readonly flows: readonly Flow[];
  readonly note?: string;
}

const { cases } = JSON.parse(fixtureText('corpus/kube-proxy-tests/cases.json')) as { readonly cases: readonly Case[] };

/** What is expected of kube-proxy for a case, as text. */
function written({ ipFamily, node: name, localIPs, config, services, endpointSlices }: Case): string {
  const cluster = clusterWith(node(name, { ips: localIPs }), ...services, ...endpointSlices);
  const checked = checkRequest(cluster, {
    node: name,
    family: ipFamily === 'IPv6' ? 'ipv6' : 'ipv4',
    // Load-balancer addresses in ipMode Proxy are heeded since 1.30.
    version: config.featureGates?.LoadBalancerIPMode === false ? '1.29' : '1.33',
    clusterCIDR: config.localDetector ? config.clusterCIDR : undefined,
    masqueradeAll: config.masqueradeAll,
    localhostNodePorts: config.localhostNodePorts,
    nodePortAddresses: config.nodePortAddresses?.join(','),
  });
  if (!checked.ok) throw new Error(checked.message);
  // The iptables of those tests has no --random-fully.
  return checked.options.map((options) => runToEnd(expectedText(cluster, { ...options, randomFully: false }))).join('');
}

/** The rules of kube-proxy's own chains, as iptables would save them, by table and chain; in order where the order decides. */
function rulesByChain(ruleset: Ruleset): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, readonly string[]> = {};
  for (const table of ruleset.tables) {
    for (const chain of table.chains.values()) {
      if (!chain.name.startsWith('KUBE-') || chain.rules.length === 0) continue;
      const rules = [...rulesOf(ruleset, chain)].flatMap(({ line, rule }) => {
        const source = ruleset.lines.at(line);
        return source === undefined ? [] : [canonicalRule(rule, source.context)];
      });
      const isOrdered = /^KUBE-(?:SVC|SVL|SEP|EXT|FW|FORWARD|POSTROUTING)/.test(chain.name);
      found[`${table.name} ${chain.name}`] = isOrdered ? rules : rules.toSorted();
    }
  }
  return found;
}

function title({ test, subtest }: Case): string {
  return subtest === null ? test : `${test}: ${subtest}`;
}

/** "10.0.0.2 -> 172.30.0.41:80/tcp: 10.180.0.1:80, masqueraded" */
function told({ source, dest, port, protocol }: TracedPacket, { output, masq }: Pick<Flow, 'output' | 'masq'>): string {
  return `${source} -> ${dest}:${port}/${protocol}: ${output || 'nothing'}${masq ? ', masqueraded' : ''}`;
}

it('are 53 cases with 246 packets', () => {
  expect([cases.length, cases.reduce((sum, { flows }) => sum + flows.length, 0)]).toEqual([53, 246]);
});

describe('the rules are those of', () => {
  // The case without Services is a dump of its own.
  it.each(
    cases
      .filter(({ expectedRules, services }) => expectedRules !== null && services.length > 0)
      .map((own) => [title(own), own] as const),
  )('%s', (_, own) => {
    const theirs = rulesetOf(fixtureText(`corpus/kube-proxy-tests/${own.expectedRules}`), 'rules.v4');
    // -X names chains that were there before; they have no rules.
    expect(rulesByChain(rulesetOf(written(own), 'rules.v4'))).toEqual(rulesByChain(theirs));
  });
});

describe('packets go where they should in', () => {
  it.each(cases.filter(({ flows }) => flows.length > 0).map((own) => [title(own), own] as const))('%s', (_, own) => {
    // Its comments are not quoted, which iptables does not take.
    const text =
      own.services.length === 0 && own.expectedRules !== null
        ? fixtureText(`corpus/kube-proxy-tests/${own.expectedRules}`).replaceAll(
            '--comment kubernetes service portals',
            '--comment "kubernetes service portals"',
          )
        : written(own);
    const ruleset = rulesetOf(text, own.ipFamily === 'IPv6' ? 'rules.v6' : 'rules.v4');
    expect(own.flows.map((flow) => `${flow.name}: ${told(flow, traceLikeKubeProxy(ruleset, flow, own.localIPs))}`)).toEqual(
      own.flows.map((flow) => `${flow.name}: ${told(flow, flow)}`),
    );
  });
});

describe('the notes hold of', () => {
  it.each(
    cases.flatMap((own) => (own.note === undefined || own.services.length === 0 ? [] : [[title(own), own.note, own] as const])),
  )('%s: %s', (_, note, own) => {
    const rules = rulesByChain(rulesetOf(written(own), own.ipFamily === 'IPv6' ? 'rules.v6' : 'rules.v4'));
    const address = /nat KUBE-SERVICES has( not)? a rule with -d (\S+)/.exec(note);
    if (address !== null) {
      const isThere = (rules['nat KUBE-SERVICES'] ?? []).some((rule) => rule.includes(` -d ${address[2]}/32 `));
      expect(isThere).toBe(address[1] === undefined);
    } else if (note === 'filter KUBE-FIREWALL is empty') {
      expect(rules['filter KUBE-FIREWALL']).toBeUndefined();
    } else {
      expect(note).toBe('filter KUBE-FIREWALL has exactly the anti-martian rule');
      expect(rules['filter KUBE-FIREWALL']).toEqual([expect.stringContaining('! -s 127.0.0.0/8 -d 127.0.0.0/8')]);
    }
  });
});
