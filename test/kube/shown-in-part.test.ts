/** What an excerpt does not show of a Service's chains: no command takes it for known, and all say the same of it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { serviceEntries, serviceStates } from '../../server/src/features/services.ts';
import { diffDumps } from '../../server/src/kube/drift/dump-diff.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { reachSteps } from '../../server/src/kube/question/reach.ts';
import { traceQuestion } from '../../server/src/kube/question/trace.ts';
import { traceText } from '../../server/src/netfilter/trace-text.ts';
import { dumpState } from '../support/dump-state.ts';
import { rulesetOf } from '../support/dumps.ts';
import { labPath } from '../support/fixtures.ts';
import { edgesOf, flow } from './flow-support.ts';

function stateOf(text: string, to = 'shop/web'): string {
  const [state] = runToEnd(serviceStates(dumpState(text), [to])).states;
  return `${state?.kind}: ${state?.words}`;
}

/** What `reach` says of each client of a Service. */
function outcomes(text: string): readonly string[] {
  const target = { kind: 'service', namespace: 'shop', name: 'web', port: null } as const;
  const answer = runToEnd(reachSteps(resolveChains(rulesetOf(text), emptyCluster), target));
  if (!answer.ok) return [answer.message];
  const clients = answer.report.services.flatMap(({ entries }) => entries.flatMap((entry) => entry.clients));
  return [...new Set(clients.map(({ answer: { outcome, passed, notKnown } }) => `${outcome} ${passed} ${notKnown}`))];
}

/** What a Pod's packet to an address takes to be so, for its likeliest outcome. */
function assumed(text: string, to: string): readonly string[] {
  const resolution = resolveChains(rulesetOf(text), emptyCluster);
  const answer = runToEnd(traceQuestion(resolution, { from: '10.244.9.9', to }));
  if (!answer.ok) throw new Error(answer.message);
  return answer.report.outcomes[0]?.assuming ?? [];
}

/** What a trace of a Pod's packet says at the head of each outcome. */
function headlines(text: string, to: string): readonly string[] {
  const answer = runToEnd(traceQuestion(resolveChains(rulesetOf(text), emptyCluster), { from: '10.244.9.9', to }));
  if (!answer.ok) throw new Error(answer.message);
  const asIs = (words: string): string => words;
  const lines = traceText(answer.report, { plain: asIs, heading: asIs, verdict: asIs, note: asIs }).split('\n');
  return lines.filter((line) => /^\d.* %/.test(line)).map((line) => line.replace(/, if .*/, ''));
}

const dispatch = `-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-2WEB2WEB2WEB2WEB
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web" -m tcp --dport 30080 -j KUBE-EXT-2WEB2WEB2WEB2WEB
`;
const service = '-A KUBE-SVC-2WEB2WEB2WEB2WEB -m comment --comment "shop/web -> 10.244.1.5:8080" -j KUBE-SEP-2WEBAAAAAAAAAAAA\n';
const endpoint =
  '-A KUBE-SEP-2WEBAAAAAAAAAAAA -p tcp -m comment --comment "shop/web" -m tcp -j DNAT --to-destination 10.244.1.5:8080\n';
/** What `grep shop/web` leaves of policy Local: the rule that jumps to KUBE-SVL- has no comment. */
const external =
  '-A KUBE-EXT-2WEB2WEB2WEB2WEB -s 10.244.0.0/16 -m comment --comment "pod traffic for shop/web external destinations" -j KUBE-SVC-2WEB2WEB2WEB2WEB\n';

describe('a Service of which grep left a part', () => {
  it('serves as far as shown, where the rules for others are not shown', () => {
    expect(stateOf(dispatch + external + service + endpoint)).toBe('leads: 1 endpoint, as far as shown');
  });

  it('serves as far as shown, where the chains of one of its ports are not shown', () => {
    const metrics =
      '-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:metrics cluster IP" -m tcp --dport 9153 -j KUBE-SVC-2WEBMETRICSMETRI\n';
    expect(stateOf(metrics + dispatch + service + endpoint)).toBe(
      'leads: KUBE-SVC-2WEBMETRICSMETRI is not in the dump at 10.96.20.10:9153/tcp and 1 more',
    );
  });

  it('has a health check in filter, which is no NodePort', () => {
    const check =
      '-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web health check node port" -m tcp --dport 31701 -j ACCEPT\n';
    const entries = runToEnd(serviceEntries(dumpState(check + dispatch + external + service + endpoint), 'shop/web'));
    expect(entries.map(({ label }) => label)).toEqual(expect.arrayContaining(['10.96.20.10:80/tcp', 'NodePort 30080/tcp']));
    expect(entries.map(({ label }) => label)).not.toContain('NodePort 31701/tcp');
  });
});

describe('a DNAT that cannot be read', () => {
  const cut = '-A KUBE-SEP-2WEBAAAAAAAAAAAA -p tcp -m comment --comment "shop/web" -m tcp -j DNAT --to-destination 10.244.1.\n';

  it('leads to no address that nobody wrote', () => {
    expect(edgesOf(flow(dispatch + service + cut, '10.96.20.10:80')).at(-1)).toBe('KUBE-SEP-2WEBAAAAAAAAAAAA -> not known 1');
    expect(stateOf(dispatch + service + cut)).toMatch(/^unknown: line 4 does not say to which address/);
  });

  it('leads to no address where it changes the port alone and nothing tells to what address packets are sent', () => {
    const port = cut.replace('10.244.1.', ':8080');
    expect(stateOf(service + port)).toBe('unknown: line 2 changes the port alone');
    // Where that is told, it is the address that packets keep.
    expect(edgesOf(flow(dispatch + service + port, '10.96.20.10:80')).at(-1)).toBe(
      'KUBE-SEP-2WEBAAAAAAAAAAAA -> 10.96.20.10:8080 1',
    );
  });
});

describe('who reaches a Service', () => {
  const clusterIP = dispatch.split('\n')[0] ?? '';

  it('is not known where its chain is not shown, as a flow has it', () => {
    expect(edgesOf(flow(clusterIP, '10.96.20.10:80')).at(-1)).toBe('KUBE-SVC-2WEB2WEB2WEB2WEB -> not known 1');
    expect(outcomes(clusterIP)).toEqual(['not-known 0 1']);
  });

  it('is not known of the share whose endpoint is not shown', () => {
    const half = service.replace('-j KUBE', '-m statistic --mode random --probability 0.5 -j KUBE');
    const other = service.replace('AAAAAAAAAAAA', 'BBBBBBBBBBBB');
    expect(outcomes(`${clusterIP}\n${half}${other}${endpoint}`)).toEqual(['mixed 0.5 0.5']);
  });

  it('and whether anything leads to it is not, where no rule of the excerpt does', () => {
    expect(outcomes(service)).toEqual([expect.stringMatching(/^No address or port is shown to lead there/)]);
    const entry = flow(service, 'shop/web').nodes.find(({ kind }) => kind === 'entry');
    expect(entry?.detail).toBe('no shown rule leads to it');
  });
});

describe('a packet whose way goes through chains that are not shown', () => {
  it('names what it takes to be so', () => {
    expect(assumed(dispatch, '10.96.20.10:80')).toContain(
      'KUBE-SVC-2WEB2WEB2WEB2WEB, which the text does not show, lets the packet pass.',
    );
  });

  it('names the chain of which more may be shown elsewhere', () => {
    const masquerade =
      '-A KUBE-SVC-2WEB2WEB2WEB2WEB ! -s 10.244.0.0/16 -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web cluster IP" -m tcp --dport 80 -j KUBE-MARK-MASQ\n';
    expect(assumed(dispatch + masquerade, '10.96.20.10:80')).toContain(
      'What the text does not show of KUBE-SVC-2WEB2WEB2WEB2WEB lets the packet pass.',
    );
  });

  it('says nothing of it where an endpoint takes the packet', () => {
    expect(assumed(dispatch + service + endpoint, '10.96.20.10:80').join(' ')).not.toContain('lets the packet pass');
  });
});

describe('a packet that some rule drops where its redirection may not be shown', () => {
  const filter = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`;

  it('is not known to be dropped', () => {
    expect(stateOf(`${filter}*nat\n${dispatch}${external}`)).toMatch(/^unknown: /);
  });

  it('is, where kube-proxy says that there is no endpoint', () => {
    const refusal =
      '-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web has no endpoints" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable\n';
    expect(stateOf(refusal)).toBe('no-endpoints: no endpoints');
  });
});

describe('a part of a dump beside the whole', () => {
  const whole = `*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:A - [0:0]
:B - [0:0]
-A PREROUTING -j A
-A A -p tcp -j DNAT --to-destination 10.0.0.1
-A B -p udp -j DNAT --to-destination 10.0.0.2
COMMIT
`;
  const differences = (part: string): number => {
    const { services, chains, rules } = runToEnd(diffDumps(rulesetOf(part), rulesetOf(whole)));
    return services.length + chains.length + rules.length;
  };

  it('does not differ where rows stand below a heading that is not theirs', () => {
    const rows = `Chain A (1 references)
    0     0 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            to:10.0.0.1
    0     0 DNAT       17   --  *      *       0.0.0.0/0            0.0.0.0/0            to:10.0.0.2
`;
    expect(differences(rows)).toBe(0);
  });

  it('does not differ where what was left out held the beginning of the table', () => {
    expect(differences(`*mangle\n:PREROUTING ACCEPT [0:0]\n...\n${whole.slice(whole.indexOf(':A'))}`)).toBe(0);
  });

  it('has no Service that the whole lacks where the beginning of nat was left out', () => {
    const nat = `*nat\n${whole.slice(whole.indexOf(':PRE'), whole.indexOf('-A'))}${dispatch}${service}${endpoint}COMMIT\n`;
    const filter = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n';
    const part = `${filter}...\n${service}${endpoint}COMMIT\n`;
    const { services } = runToEnd(diffDumps(rulesetOf(part), rulesetOf(`${filter}COMMIT\n${nat}`)));
    expect(services).toEqual([]);
  });

  it('differs where both show it', () => {
    expect(differences(whole.replace('10.0.0.2', '10.0.0.3'))).toBe(2);
  });
});

describe('what becomes of a packet by rules of which the text shows a part', () => {
  const filter =
    '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n-A FORWARD -i cni0 -j ACCEPT\nCOMMIT\n';

  it('is said to be so as far as the text shows', () => {
    expect(headlines('-A KUBE-FORWARD -j ACCEPT\n', '10.244.2.7:80')[0]).toBe('100 % accept as far as the text shows');
    expect(new Set(headlines(filter.replace('COMMIT\n', ''), '10.244.2.7:80'))).toEqual(
      new Set(['100 % drop as far as the text shows', '100 % accept as far as the text shows']),
    );
  });

  it('is a fact where all rules are shown', () => {
    const whole = readFileSync(labPath('shop-1.30/node-a.iptables'), 'utf8');
    expect(new Set(headlines(whole, '10.96.0.1:443'))).toEqual(new Set(['100 % accept']));
  });
});
