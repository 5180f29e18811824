import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { serviceEntries, serviceNames, serviceStates } from '../../server/src/features/services.ts';
import type { DumpState } from '../../server/src/features/support/state.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';

const sample = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const sampleCluster = clusterFrom(fixturePath('sample/cluster.json'));

/** A node with one Service of two endpoints, as iptables-save prints it. */
const node = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FORWARD - [0:0]
:KUBE-SERVICES - [0:0]
-A INPUT -m conntrack --ctstate NEW -j KUBE-SERVICES
-A FORWARD -j KUBE-FORWARD
-A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES
-A OUTPUT -m conntrack --ctstate NEW -j KUBE-SERVICES
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-SEP-OEAH3VS4LWWB7BCT - [0:0]
:KUBE-SEP-OEAH3VS4LWWB7BCU - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-TG4Y7II5EGIOXNPD - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-NODEPORTS -p tcp -m comment --comment "shop/web:http" -m tcp --dport 30080 -j KUBE-SVC-TG4Y7II5EGIOXNPD
-A KUBE-SEP-OEAH3VS4LWWB7BCT -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.1.5:8080
-A KUBE-SEP-OEAH3VS4LWWB7BCU -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.2.5:8080
-A KUBE-SERVICES -d 10.96.20.10/32 -p tcp -m comment --comment "shop/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-TG4Y7II5EGIOXNPD
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-SVC-TG4Y7II5EGIOXNPD ! -s 10.244.0.0/16 -d 10.96.20.10/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment --comment "shop/web:http -> 10.244.1.5:8080" -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-OEAH3VS4LWWB7BCT
-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment --comment "shop/web:http -> 10.244.2.5:8080" -j KUBE-SEP-OEAH3VS4LWWB7BCU
COMMIT
`;

/** The node with a text of it replaced; fails where that is not in it. */
function changed(from: string | RegExp, to: string, text = node): string {
  const after = text.replace(from, to);
  if (after === text) throw new Error(`${from} is not in the dump`);
  return after;
}

/** Adds a rule at the end of the filter table. */
function filtered(rule: string): string {
  return changed('COMMIT\n*nat', `${rule}\nCOMMIT\n*nat`);
}

function stateOf(state: DumpState | string, to: string) {
  const { states } = runToEnd(serviceStates(typeof state === 'string' ? dumpState(state) : state, [to]));
  return states[0];
}

/** "kind: words" of shop/web. */
function told(text: string): string {
  const state = stateOf(text, 'shop/web');
  return `${state?.kind}: ${state?.words}`;
}

describe('the state of a Service, by what its packets meet', () => {
  it('serves where every packet comes to an endpoint', () => {
    expect(told(node)).toBe('serves: 2 endpoints');
  });

  it.each([
    ['the policy of FORWARD drops', changed(':FORWARD ACCEPT', ':FORWARD DROP'), 'limited: only from this node'],
    ['a rule behind kube-proxy’s rejects', filtered('-A FORWARD -d 10.244.0.0/16 -j REJECT'), 'limited: only from this node'],
    [
      'both FORWARD and OUTPUT reject',
      filtered('-A FORWARD -d 10.244.0.0/16 -j REJECT\n-A OUTPUT -d 10.244.0.0/16 -j REJECT'),
      'refuses: rejected in FORWARD',
    ],
    [
      'the policies drop',
      changed(/:(FORWARD|OUTPUT) ACCEPT (?=[\s\S]*\*nat)/g, ':$1 DROP '),
      'refuses: dropped by the policy of FORWARD',
    ],
    [
      'a raw rule drops',
      `*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -p tcp --dport 80 -j DROP\nCOMMIT\n${node}`,
      'limited: only from this node at 10.96.20.10:80/tcp',
    ],
    ['nothing leads to KUBE-SERVICES', changed(/-A (?:PREROUTING|OUTPUT) -j KUBE-SERVICES\n/g, ''), 'unreached: not redirected'],
    [
      'a chain of an endpoint redirects nothing',
      changed(/-A KUBE-SEP-OEAH3VS4LWWB7BCU .*\n/, ''),
      'limited: 50 % of connections, others not redirected',
    ],
    [
      'nothing leads to its chain',
      changed(/-A KUBE-(?:SERVICES|NODEPORTS).*KUBE-SVC-TG4Y7II5EGIOXNPD\n/g, ''),
      'unreached: no rule leads to it',
    ],
    [
      'its chain is missing',
      changed(/[:A-].*KUBE-SVC-TG4Y7II5EGIOXNPD(?: - .*| .* -j KUBE-(?:SEP|MARK).*)\n/g, ''),
      'unknown: KUBE-SVC-TG4Y7II5EGIOXNPD is not in the dump',
    ],
    [
      'another rule redirects first',
      changed(
        '-A PREROUTING -j KUBE-SERVICES',
        '-A PREROUTING -d 10.96.20.10/32 -p tcp -j DNAT --to-destination 192.0.2.1\n-A PREROUTING -j KUBE-SERVICES',
      ),
      'limited: only from this node at 10.96.20.10:80/tcp',
    ],
  ])('where %s', (_, text, expected) => {
    expect(told(text)).toBe(expected);
  });

  it('has no endpoints where the rule for that refuses, with its line', () => {
    const text = filtered(
      '-A KUBE-SERVICES -d 10.96.9.9/32 -p tcp -m comment --comment "shop/idle:http has no endpoints" -m tcp --dport 80 -j REJECT',
    );
    const state = stateOf(text, 'shop/idle');
    expect(state).toMatchObject({ kind: 'no-endpoints', words: 'no endpoints' });
    expect(text.split('\n')[state?.line ?? -1]).toContain('has no endpoints');
    expect(told(text)).toBe('serves: 2 endpoints');
  });

  it('is sure of nothing where the dump does not show what decides', () => {
    const natAlone = node.slice(node.indexOf('*nat'));
    expect(told(natAlone)).toBe('leads: 2 endpoints, as far as shown');
    expect(stateOf(natAlone, 'shop/web')?.remarks.join(' ')).toContain('filter');
    expect(told(changed(/COMMIT\n$/, ''))).toMatch(/^leads: /);
    expect(told(changed('-A FORWARD -j KUBE-FORWARD', '-A FORWARD -j SITE'))).toMatch(/^leads: /);
    const excerpt = node
      .split('\n')
      .filter((line) => line.includes('KUBE-S'))
      .join('\n');
    expect(told(excerpt)).not.toMatch(/^serves/);
  });

  it('is not sure where a rule drops what uses an interface, as no dump tells that', () => {
    const text = filtered('-A FORWARD -i eth0 -d 10.244.0.0/16 -j DROP');
    expect(told(text)).toBe('leads: 2 endpoints, as far as shown');
    expect(stateOf(text, 'shop/web')?.remarks).toEqual(['Packets that use some interface are dropped in FORWARD (line 11).']);
    expect(told(filtered('-A FORWARD -i eth0 -p tcp --dport 22 -j DROP'))).toBe('serves: 2 endpoints');
  });

  it('is not sure where a policy drops what uses another interface', () => {
    const dropping = changed(':FORWARD ACCEPT', ':FORWARD DROP');
    const text = changed('-A FORWARD -j KUBE-FORWARD', '-A FORWARD ! -i eth0 -j ACCEPT', dropping);
    expect(stateOf(text, 'shop/web')).toMatchObject({
      kind: 'leads',
      words: '2 endpoints, as far as shown',
      line: null,
      remarks: ['Packets that use some interface are dropped by the policy of FORWARD (line 3).'],
    });
    const refusing = changed('-A FORWARD -j KUBE-FORWARD', '-A FORWARD -i eth0 -j ACCEPT', dropping);
    expect(stateOf(refusing, 'shop/web')).toMatchObject({
      kind: 'limited',
      words: 'only from this node',
      line: 2,
      remarks: ['Other packets: dropped by the policy of FORWARD.'],
    });
  });

  it('names the rule that decides, whatever it does', () => {
    const dropped = filtered('-A FORWARD -d 10.244.0.0/16 -j DROP\n-A OUTPUT -d 10.244.0.0/16 -j DROP');
    expect(stateOf(dropped, 'shop/web')).toMatchObject({ kind: 'refuses', words: 'dropped in FORWARD', line: 10 });
    const local = filtered(
      '-A KUBE-SERVICES -d 10.96.9.9/32 -p tcp -m comment --comment "shop/idle:http has no local endpoints" -m tcp --dport 80 -j DROP',
    );
    expect(stateOf(local, 'shop/idle')).toMatchObject({ kind: 'no-endpoints', words: 'no endpoints on this node', line: 10 });
    const first = changed(
      '-A KUBE-SVC-TG4Y7II5EGIOXNPD !',
      '-A KUBE-SVC-TG4Y7II5EGIOXNPD -p tcp -j DNAT --to-destination 192.0.2.1:80\n-A KUBE-SVC-TG4Y7II5EGIOXNPD !',
    );
    expect(stateOf(first, 'shop/web')).toMatchObject({
      kind: 'unreached',
      words: 'redirected by KUBE-SVC-TG4Y7II5EGIOXNPD',
      line: first.split('\n').findIndex((line) => line.includes('192.0.2.1')),
    });
    const site = changed(
      '-A PREROUTING -j KUBE-SERVICES',
      '-A PREROUTING -d 10.96.20.10/32 -p tcp -j SITE\n-A SITE -p tcp -j DNAT --to-destination 192.0.2.1\n-A PREROUTING -j KUBE-SERVICES',
      changed(':KUBE-NODEPORTS', ':SITE - [0:0]\n:KUBE-NODEPORTS'),
    );
    expect(stateOf(site, 'shop/web')?.remarks).toEqual(['Other packets: redirected by SITE.']);
  });

  it('has its endpoints with the rules that redirect to them, and those of a chain that nothing leads to as well', () => {
    const led = runToEnd(serviceEntries(dumpState(node), 'shop/web'));
    const lines = node.split('\n');
    expect(led.map(({ endpoints }) => endpoints.map(({ address, share, line }) => [address, share, lines[line ?? -1]]))).toEqual(
      Array.from({ length: 2 }, () => [
        ['10.244.1.5:8080', 0.5, expect.stringContaining('--to-destination 10.244.1.5:8080')],
        ['10.244.2.5:8080', 0.5, expect.stringContaining('--to-destination 10.244.2.5:8080')],
      ]),
    );
    const orphan = changed(/-A KUBE-(?:SERVICES|NODEPORTS).*KUBE-SVC-TG4Y7II5EGIOXNPD\n/g, '');
    const [entry] = runToEnd(serviceEntries(dumpState(orphan), 'shop/web'));
    expect(entry).toMatchObject({ label: 'KUBE-SVC-TG4Y7II5EGIOXNPD', use: 'chain', state: { kind: 'unreached', remarks: [] } });
    expect(entry?.endpoints.map(({ address }) => address)).toEqual(['10.244.1.5:8080', '10.244.2.5:8080']);
    // Where the text was cut a rule may lead there.
    expect(stateOf(orphan.replace(/COMMIT\n$/, ''), 'shop/web')).toMatchObject({
      kind: 'leads',
      words: '2 endpoints, as far as shown',
      remarks: [
        'No rule that the dump shows leads to KUBE-SVC-TG4Y7II5EGIOXNPD: the flow is drawn from this chain on.',
        'The text does not show the tables raw and mangle, which the packet would meet.',
        'More rules than are shown may stand at the end of POSTROUTING (nat).',
      ],
    });
  });

  it('serves with affinity, whose clients come back to the endpoint that they had', () => {
    const sep = 'KUBE-SEP-OEAH3VS4LWWB7BCT';
    const text = changed(
      `-A ${sep} -p tcp -m comment --comment "shop/web:http"`,
      `-A ${sep} -p tcp -m comment --comment "shop/web:http" -m recent --name ${sep} --set --rsource`,
      changed(
        '-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment',
        `-A KUBE-SVC-TG4Y7II5EGIOXNPD -m recent --name ${sep} --rcheck --seconds 10800 --reap --rsource -j ${sep}\n-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment`,
      ),
    );
    expect(told(text)).toBe('serves: 2 endpoints');
    const [entry] = runToEnd(serviceEntries(dumpState(text), 'shop/web'));
    expect(entry?.endpoints.map(({ share }) => share)).toEqual([0.5, 0.5]);
  });

  it('says five of the many doubts that there may be', () => {
    const sets = Array.from({ length: 7 }, (_, at) => `-A FORWARD -m set --match-set s${at} dst -j DROP`);
    expect(stateOf(filtered(sets.join('\n')), 'shop/web')?.remarks).toEqual(
      Array.from({ length: 5 }, (_, at) => `The set s${at} does not have 10.244.1.5.`),
    );
  });

  it('is not sure where a set decides', () => {
    expect(told(filtered('-A FORWARD -m set --match-set blocked dst -j DROP'))).toMatch(/^leads: /);
  });

  it('needs neither names nor comments', () => {
    const bare = node.replace(/ -m comment --comment "[^"]*"/g, '');
    const { namespaces } = runToEnd(serviceNames(dumpState(bare)));
    const [{ name, services = [] } = {}] = namespaces;
    expect([namespaces.length, name]).toEqual([1, '']);
    expect(services).toMatchObject([
      { name: 'KUBE-SVC-TG4Y7II5EGIOXNPD', to: '10.96.20.10:80/tcp', addresses: ['10.96.20.10:80/tcp', 'NodePort 30080/tcp'] },
    ]);
    expect(stateOf(bare, '10.96.20.10:80/tcp')).toMatchObject({ kind: 'serves', words: '2 endpoints' });
  });
});

describe('the sample’s Services', () => {
  const told = (state: DumpState): readonly string[] => {
    const targets = runToEnd(serviceNames(state)).namespaces.flatMap(({ services }) => services.map(({ to }) => to));
    const { states } = runToEnd(serviceStates(state, targets));
    return targets.map((to, at) => `${to} ${states[at]?.kind}: ${states[at]?.words}`);
  };

  it('are told by the rules alone', () => {
    expect(told(dumpState(sample, emptyCluster))).toEqual([
      'booking/frontend serves: 3 endpoints',
      'booking/gateway limited: only from 203.0.113.0/24 at 198.51.100.20:443/tcp',
      'booking/invoices unknown: KUBE-SVC-S5UHGVGWUT2PPRZN is not in the dump',
      'booking/mailer no-endpoints: no endpoints',
      'booking/seatmap serves: 1 endpoint',
      'booking/tickets serves: 2 endpoints',
      'default/kubernetes serves: 1 endpoint',
      'kube-system/kube-dns serves: 2 endpoints',
    ]);
  });

  it('are told better with a cluster', () => {
    const state = dumpState(sample, sampleCluster, 'iptables-node:/kind-dev/worker-1/worker-1.nft.iptables');
    const all = told(state);
    expect(all[0]).toMatch(/^booking\/frontend differs: differs from .*cluster\.json, 3 endpoints$/);
    expect(all[2]).toMatch(/^booking\/invoices unknown: .*, differs from .*cluster\.json$/);
    expect(all.slice(3)).toEqual(told(dumpState(sample)).slice(3));
    expect(stateOf(state, 'booking/frontend')?.remarks.join()).toContain('10.244.1.8:8080');
  });

  it('that the dump lacks are those of the cluster', () => {
    const without = sample
      .split('\n')
      .filter((line) => !line.includes('booking/seatmap'))
      .join('\n');
    const state = stateOf(dumpState(without, sampleCluster), 'booking/seatmap');
    expect(state?.kind).toBe('differs');
    expect(state?.words).toMatch(/^not in the dump, but in .*cluster\.json$/);
    expect(stateOf(dumpState(without), 'booking/seatmap')).toBeNull();
  });

  it('have entries with shares, and lead to their rules', () => {
    const entries = runToEnd(serviceEntries(dumpState(sample, sampleCluster), 'booking/gateway'));
    expect(entries.map(({ label, use, state }) => [label, use, state.kind, state.words])).toEqual([
      ['10.96.40.30:443/tcp', 'clusterIP', 'serves', '2 endpoints'],
      ['198.51.100.20:443/tcp', 'load-balancer IP', 'limited', 'only from 203.0.113.0/24'],
      ['NodePort 30443/tcp', 'NodePort', 'serves', '2 endpoints'],
      ['health check port 30900/tcp', 'health check port', 'serves', 'let through'],
    ]);
    const lines = sample.split('\n');
    for (const { label, line, endpoints } of entries) {
      expect(lines[line ?? -1]).toContain(/\d+(?=\/tcp)/.exec(label)?.[0]);
      for (const { address, line: rule } of endpoints) expect(lines[rule ?? -1]).toContain(address);
    }
    const [clusterIP] = entries;
    expect(clusterIP?.endpoints.map(({ share }) => share)).toEqual([0.5, 0.5]);
    expect(clusterIP?.endpoints[0]?.pod).toMatch(/^booking\/gateway-/);
    expect(runToEnd(serviceEntries(dumpState(sample), 'no/such'))).toEqual([]);
  });

  it('have ports with states of their own', () => {
    const state = dumpState(sample, sampleCluster, 'iptables-node:/kind-dev/worker-1/worker-1.nft.iptables');
    expect(stateOf(state, 'kube-system/kube-dns:dns')).toMatchObject({ kind: 'serves', words: '2 endpoints' });
    expect(stateOf(state, 'booking/frontend:http')?.kind).toBe('differs');
    expect(stateOf(state, 'booking/no-such:http')).toBeNull();
  });
});

describe('a text without Services', () => {
  it('says why there are none', () => {
    expect(runToEnd(serviceNames(dumpState('*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n')))).toEqual({
      namespaces: [],
      cluster: '',
      reason: "The dump has no nat table, which is where kube-proxy's Services are.",
    });
  });
});
