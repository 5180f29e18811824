import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { chainGraphAt, flowAt, flowFor, flowTargetsOf } from '../../server/src/features/flow.ts';
import type { DumpState } from '../../server/src/features/support/state.ts';
import type { FlowResult } from '../../server/src/protocol/requests.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath } from '../support/fixtures.ts';

const text = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
const cluster = clusterFrom(fixturePath('sample/cluster.json'));
const state = dumpState(text, cluster);

/** What was drawn, or why nothing was. */
function shown(result: FlowResult): string {
  return result.kind === 'nothing' ? result.reason : `${result.graph.title} (${result.to})`;
}

/** What is drawn for the place of a text in the dump: at the start of its `nth` occurrence, 1-based. */
function at(wanted: string, nth = 1, of = state): string {
  let seen = 0;
  for (const [line, { text: row }] of of.document.lines.entries()) {
    const character = row.indexOf(wanted);
    if (character < 0) continue;
    seen += 1;
    if (seen === nth) return shown(runToEnd(flowAt(of, { line, character: character + 1 })));
  }
  throw new Error(`no ${wanted}`);
}

describe('the flow at a place', () => {
  it.each([
    [':KUBE-SVC-3MGBTRC5ATFFL7T7', 'booking/frontend:http (booking/frontend:http)'],
    ['-j KUBE-SVC-3MGBTRC5ATFFL7T7', 'booking/frontend:http (booking/frontend:http)'],
    [':KUBE-SEP-LHZID5ROYHOMKZPZ', 'booking/frontend:http (booking/frontend:http)'],
    [':KUBE-FW-FDY5F3HTLTAZLVY3', 'booking/gateway:https (booking/gateway:https)'],
    [
      '198.51.100.20/32 -p tcp -m comment --comment "booking/gateway:https loadbalancer IP"',
      'booking/gateway:https (198.51.100.20:443/tcp)',
    ],
    [
      '-A KUBE-NODEPORTS -p tcp -m comment --comment "booking/frontend:http" -m tcp --dport 30180',
      'booking/frontend:http (booking/frontend:http)',
    ],
    ['has no endpoints', 'booking/mailer:smtp (booking/mailer:smtp)'],
    ['health check node port', 'booking/gateway:https (booking/gateway:https)'],
    ['--to-destination 10.244.2.22:9000', 'booking/tickets:grpc (booking/tickets:grpc)'],
  ])('%s', (wanted, drawn) => {
    expect(at(wanted)).toBe(drawn);
  });

  it('is none where a chain belongs to no single Service', () => {
    expect(at(':KUBE-MARK-MASQ')).toContain('KUBE-MARK-MASQ belongs to no single Service');
    expect(at('# Generated')).toContain('Put the cursor on');
  });

  it('says why there is nothing to draw in other dumps', () => {
    expect(at('*filter', 1, dumpState('*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n'))).toBe(
      "The dump has no nat table, which is where kube-proxy's Services are.",
    );
    expect(at('*nat', 1, dumpState('*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n'))).toContain(
      'nat is whole and has no chain of kube-proxy’s',
    );
  });

  it('says so where Services are not in the rules at all', () => {
    const ipvs = dumpState(
      '*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\n:KUBE-LOAD-BALANCER - [0:0]\n-A PREROUTING -j KUBE-SERVICES\n-A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT\nCOMMIT\n',
    );
    expect(runToEnd(flowTargetsOf(ipvs)).reason).toContain('ipvs mode');
  });

  it('is the jump graph where that is asked for', () => {
    const line = state.document.lines.slice().findIndex((row) => row.text.startsWith('-A FORWARD'));
    expect(shown(runToEnd(chainGraphAt(state, { line, character: 4 })))).toContain('FORWARD (filter)');
  });
});

describe('the flow to a target', () => {
  it('carries the version it was made of, and what to ask again with', () => {
    const result = runToEnd(flowFor(state, '10.96.40.10:80'));
    expect(result).toMatchObject({ kind: 'flow', to: '10.96.40.10:80', documentVersion: 1 });
  });

  it('that is none gives the reason', () => {
    expect(shown(runToEnd(flowFor(state, 'booking/frontent')))).toContain('Did you mean booking/frontend?');
    expect(shown(runToEnd(flowFor(state, '10.96.40')))).toContain('is no IP address');
  });
});

describe('what a flow can be asked for', () => {
  it('is every Service port of the dump with its addresses', () => {
    const { targets, reason } = runToEnd(flowTargetsOf(state));
    expect(reason).toBe('');
    expect(targets.map(({ to, description }) => `${to}: ${description}`)).toEqual([
      'default/kubernetes:https: 10.96.0.1:443/tcp clusterIP',
      'kube-system/kube-dns:dns: 10.96.0.10:53/udp clusterIP',
      'kube-system/kube-dns:dns-tcp: 10.96.0.10:53/tcp clusterIP',
      'booking/frontend:http: 10.96.40.10:80/tcp clusterIP, NodePort 30180/tcp',
      'booking/tickets:grpc: 10.96.40.20:9000/tcp clusterIP',
      'booking/gateway:https: 10.96.40.30:443/tcp clusterIP, 198.51.100.20:443/tcp load-balancer IP, NodePort 30443/tcp, health check port 30900/tcp',
      'booking/seatmap: 10.96.40.40:8080/tcp clusterIP',
      'booking/invoices:http: 10.96.40.60:80/tcp clusterIP',
      'booking/mailer:smtp: 10.96.40.50:25/tcp clusterIP',
    ]);
  });

  it('can each be drawn', () => {
    for (const { to } of runToEnd(flowTargetsOf(state)).targets) {
      expect(runToEnd(flowFor(state, to)), to).toMatchObject({ kind: 'flow' });
    }
  });

  it('has Services of the cluster that the dump does not have, and hostPorts by address', () => {
    const hostPort = dumpState(
      '*nat\n:PREROUTING ACCEPT [0:0]\n:CNI-HOSTPORT-DNAT - [0:0]\n:CNI-DN-2f1b3c4d5e6f708192a3b - [0:0]\n-A PREROUTING -j CNI-HOSTPORT-DNAT\n-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 8081 -j CNI-DN-2f1b3c4d5e6f708192a3b\n-A CNI-DN-2f1b3c4d5e6f708192a3b -p tcp -m tcp --dport 8081 -j DNAT --to-destination 10.244.0.11:8080\nCOMMIT\n',
      emptyCluster,
    );
    expect(runToEnd(flowTargetsOf(hostPort)).targets).toEqual([
      { to: '127.0.0.1:8081/tcp', label: '127.0.0.1:8081/tcp', description: 'hostPort 8081/tcp' },
    ]);
    const oneService = (end: string): DumpState =>
      dumpState(
        `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
-A KUBE-SERVICES -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https cluster IP" -m tcp --dport 443 -j KUBE-SVC-NPX46M4PTMTKRN6Y
${end}
`,
        cluster,
      );
    const whole = oneService('COMMIT');
    const targetsOf = (dump: DumpState) => runToEnd(flowTargetsOf(dump)).targets.map((target) => target.to);
    expect(targetsOf(whole)).toContain('booking/frontend:http');
    expect(runToEnd(flowFor(whole, 'booking/frontend:http'))).toMatchObject({ kind: 'flow' });
    // What is not in an excerpt may be on the node all the same.
    const excerpt = oneService('');
    expect(targetsOf(excerpt)).toEqual(['default/kubernetes:https']);
    expect(runToEnd(flowFor(excerpt, 'booking/frontend:http'))).toEqual({
      kind: 'nothing',
      reason:
        'The dump is an excerpt and shows no rule for booking/frontend (10.96.40.10:80/tcp, NodePort 30180/tcp): whether the node has some is not known.',
    });
    const chainAlone = dumpState(
      '-A KUBE-SVC-3MGBTRC5ATFFL7T7 -m comment --comment "booking/frontend:http" -j KUBE-SEP-QWFXKANDF3TMYGQH\n',
    );
    expect(runToEnd(flowTargetsOf(chainAlone)).targets).toEqual([
      { to: 'booking/frontend:http', label: 'booking/frontend:http', description: 'KUBE-SVC-3MGBTRC5ATFFL7T7 chain' },
    ]);
    // Nor is anything missing one by one where all of it was flushed.
    const flushed = dumpState('*nat\n:PREROUTING ACCEPT [0:0]\n:KUBE-SERVICES - [0:0]\nCOMMIT\n', cluster);
    expect(targetsOf(flushed)).toEqual([]);
    expect(runToEnd(flowTargetsOf(flushed)).reason).toContain('nat was flushed');
  });

  it('is nothing in an empty document, with the reason', () => {
    expect(runToEnd(flowTargetsOf(dumpState('')))).toEqual({ targets: [], reason: 'This document holds no iptables rules.' });
  });
});
