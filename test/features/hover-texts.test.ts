/** Hovers as a reader sees them, whole. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MarkupContent } from 'vscode-languageserver-types';
import { runToEnd } from '../../server/src/base/steps.ts';
import { hover } from '../../server/src/features/hover/hover.ts';
import { clusterWith, service, slice } from '../kube/objects.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom, clusterOf } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';

const text = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const lines = text.split('\n');
const cluster = clusterFrom(fixturePath('sample/cluster.json'));

/** The hover on a word of the first line that begins so. */
function hoverOn(start: string, word: string, known = cluster): readonly string[] {
  const state = dumpState(text, known, 'file:///worker-1.iptables');
  const line = lines.findIndex((row) => row.startsWith(start));
  const found = runToEnd(hover(state, { line, character: (lines[line] ?? '').indexOf(word) + 1 }, 0, false));
  if (found === null || !MarkupContent.is(found.contents)) return [];
  // Where it comes from and what the chain is for have tests of their own.
  return found.contents.value
    .split('\n')
    .filter((row) => row !== '' && !row.includes('https://') && !row.includes('whose newest'));
}

describe("a Service's chain", () => {
  it('has the Service, its policies and its endpoints', () => {
    expect(hoverOn(':KUBE-SVC-FDY5F3HTLTAZLVY3', 'KUBE')).toEqual([
      'Service booking/gateway:https behind KUBE-SVC-FDY5F3HTLTAZLVY3',
      '- Service gateway in namespace booking',
      '- Type LoadBalancer',
      '- clusterIP 10.96.40.30:443/tcp',
      '- Port name https, target port 8443',
      '- NodePort 30443',
      '- Traffic policy internal Cluster, external Local',
      '- Load-balancer IPs 198.51.100.20',
      '- Source ranges 203.0.113.0/24',
      '- Health check node port 30900',
      '2 endpoints, each with the same share',
      'Pod                               Node              Address           Ready  Share',
      'booking/gateway-7f6d5c4b88-c5rhp  worker-1 (eu-1a)  10.244.0.30:8443  yes    50 % (1/2)',
      'booking/gateway-7f6d5c4b88-zz6nd  worker-2 (eu-1b)  10.244.1.31:8443  yes    50 % (1/2)',
      '3 rules; 3 rules jump to it.',
    ]);
  });

  it('of policy Local has the endpoints of its node', () => {
    expect(hoverOn(':KUBE-SVL-FDY5F3HTLTAZLVY3', 'KUBE').slice(10)).toEqual([
      '1 endpoint',
      'Pod                               Node              Address           Ready  Share',
      'booking/gateway-7f6d5c4b88-c5rhp  worker-1 (eu-1a)  10.244.0.30:8443  yes    100 %',
      '1 rule; 1 rule jumps to it.',
    ]);
  });

  it('says what drift finds of it', () => {
    const { items } = JSON.parse(readFileSync(fixturePath('sample/cluster.json'), 'utf8')) as {
      items: { kind: string; metadata: { name: string }; spec?: { externalTrafficPolicy?: string } }[];
    };
    const gateway = items.find(({ kind, metadata }) => kind === 'Service' && metadata.name === 'gateway');
    if (gateway?.spec !== undefined) gateway.spec.externalTrafficPolicy = 'Cluster';
    const changed = clusterOf(JSON.stringify({ kind: 'List', items }), 'cluster.json');
    const shown = hoverOn(':KUBE-EXT-FDY5F3HTLTAZLVY3', 'KUBE', changed);
    expect(shown).toContain('Not as in the cluster:');
    expect(shown.filter((row) => row.includes('externalTrafficPolicy'))).toEqual([
      '- booking/gateway:https has externalTrafficPolicy Cluster; its rules for traffic from outside are not those',
    ]);
  });
});

describe("an endpoint's chain", () => {
  it('has the Pod, where it runs and whose it is', () => {
    expect(hoverOn(':KUBE-SEP-GETVNYZQZKG7MW56', 'KUBE')).toEqual([
      'Pod booking/gateway-7f6d5c4b88-c5rhp behind KUBE-SEP-GETVNYZQZKG7MW56',
      '- Pod gateway-7f6d5c4b88-c5rhp in namespace booking',
      '- Node worker-1 (eu-1a)',
      '- Address 10.244.0.30:8443',
      '- Ready: yes',
      '- Owner: ReplicaSet gateway-7f6d5c4b88',
      '- Endpoint of Service booking/gateway:https',
      '2 rules; 2 rules jump to it.',
    ]);
  });

  it('says that it is stale', () => {
    expect(hoverOn(':KUBE-SEP-YMMDN24UIRGMOLTR', 'KUBE')).toEqual([
      'endpoint 10.244.1.8:8080 behind KUBE-SEP-YMMDN24UIRGMOLTR',
      '- Address 10.244.1.8:8080',
      '- Endpoint of Service booking/frontend:http',
      'Not among the endpoints of booking/frontend: the chain is stale.',
      '2 rules; no rule jumps to it.',
    ]);
  });
});

it('a table says who wrote it, and from what that shows', () => {
  expect(hoverOn('*nat', 'nat')).toEqual([
    'nat table, IPv4, 36 chains',
    'Changes addresses and ports. Only the first packet of a connection comes here; the rest of it is changed alike.',
    'Written by kube-proxy 1.31 or later in iptables mode:',
    '- iptables mode: Services have chains of their own. (line 52)',
    "- Traffic is taken to be a Pod's where it comes from 10.244.0.0/16. (line 140)",
    '- NodePorts can be reached by 127.0.0.1 too. (line 139)',
    '- Since 1.31: packets are counted with -m nfacct. (line 95)',
  ]);
});

it.each([
  ['-A KUBE-SERVICES -d 10.96.40.10', '10.96', ['10.96.40.10', '- clusterIP of Service booking/frontend: http 80/tcp']],
  [
    '-A KUBE-SEP-GETVNYZQZKG7MW56 -p',
    '10.244',
    [
      '10.244.0.30',
      '- Pod booking/gateway-7f6d5c4b88-c5rhp on worker-1, ready, ReplicaSet gateway-7f6d5c4b88',
      '- Endpoint of Service booking/gateway, port https',
    ],
  ],
])('an address says whose it is: %s', (start, word, expected) => {
  expect(hoverOn(start, word)).toEqual(expected);
});

describe('shares', () => {
  const state = dumpState(`*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SVC-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
:KUBE-SEP-BBBBBBBBBBBBBBBB - [0:0]
:KUBE-SEP-CCCCCCCCCCCCCCCC - [0:0]
-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode random --probability 0.2 -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode random --probability 0.5 -j KUBE-SEP-BBBBBBBBBBBBBBBB
-A KUBE-SVC-AAAAAAAAAAAAAAAA -m statistic --mode nth --every 4 --packet 0 -j KUBE-SEP-AAAAAAAAAAAAAAAA
-A KUBE-SVC-AAAAAAAAAAAAAAAA -j KUBE-SEP-CCCCCCCCCCCCCCCC
COMMIT
`);
  const shown = (line: number, character: number): string => {
    const found = runToEnd(hover(state, { line, character }, 0, false));
    return found !== null && MarkupContent.is(found.contents) ? found.contents.value : '';
  };

  it('are what is left over by the rules above, each of its own rule', () => {
    expect(shown(6, 72)).toBe(
      '20 % of new connections: 1 of 4 endpoints\n\nTakes 20 % of the packets that the rules above left over.',
    );
    expect(shown(7, 72)).toBe(
      '40 % of new connections: 1 of 4 endpoints\n\nTakes 50 % of the packets that the rules above left over.',
    );
    const table = shown(2, 5)
      .split('\n')
      .filter((row) => row.includes('%'));
    expect(
      table.map((row) =>
        row
          .trim()
          .split(/\s{2,}/)
          .at(-1),
      ),
    ).toEqual(['20 %', '40 %', '10 %', '30 %']);
    expect(shown(2, 5)).toContain('4 endpoints\n');
  });
});

it('an endpoint that is shutting down is said to be', () => {
  const leaving = clusterWith(
    service('shop/web', { ip: '10.96.0.9' }),
    slice('shop/web', { '10.244.0.1': { pod: 'web-1', terminating: true } }),
  );
  const dump = `*nat
:KUBE-SEP-AAAAAAAAAAAAAAAA - [0:0]
-A KUBE-SEP-AAAAAAAAAAAAAAAA -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.0.1:8080
COMMIT
`;
  const found = runToEnd(hover(dumpState(dump, leaving), { line: 1, character: 5 }, 0, false));
  expect(JSON.stringify(found?.contents)).toContain('- Ready: no, terminating');
});

describe('matches, targets and options', () => {
  const rows = [
    '*nat',
    '-A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1',
    '-A PREROUTING -m comment --comment "x" -j RETURN',
    'COMMIT',
  ];
  it.each([
    [1, 'DNAT', ['DNAT target', 'Changes the destination of the connection.', '- Tables: nat', '- Chains: PREROUTING, OUTPUT']],
    [1, 'tcp --dport', ['tcp match', 'TCP ports, flags and options.', '- Needs -p tcp']],
    [
      1,
      '--dport',
      [
        '--destination-port, --dport (tcp match)',
        'The destination port or a range.',
        '- Value: port[:last port], for example --dport 8080',
        '- May be negated with ! before it',
      ],
    ],
    [2, 'comment --', ['comment match', 'A note for people; it always matches.']],
    [2, 'RETURN', ['RETURN target', 'Goes back to the calling chain; in a built-in chain the policy decides.']],
    [
      0,
      'nat',
      [
        'nat table, IPv4, 1 chain',
        'Changes addresses and ports. Only the first packet of a connection comes here; the rest of it is changed alike.',
      ],
    ],
  ] as const)('line %i, %s', (line, word, expected) => {
    const state = dumpState(`${rows.join('\n')}\n`);
    const found = runToEnd(hover(state, { line, character: (rows[line] ?? '').indexOf(word) + 1 }, 0, false));
    const value = found !== null && MarkupContent.is(found.contents) ? found.contents.value : '';
    expect(value.split('\n').filter((row) => row !== '' && !row.includes('https://'))).toEqual(expected);
  });
});
