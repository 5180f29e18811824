import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { codesOf, diagnosed, withChanges } from '../support/bundles.ts';
import { addresses, type NodeLab } from '../support/node-lab.ts';
import { labsOfTests } from '../support/node-labs.ts';
import { describeWith } from '../support/requirements.ts';
import {
  circumstances,
  cluster,
  everything,
  faults,
  type Question,
  query,
  rules,
  toCart,
  toWeb,
  withRefusal,
} from './node-fault-cases.ts';

// Faults that are really there: packets are sent through a real kernel, the bundle is what the script collects, and both must say the same.

describeWith(['root', 'iptables'], 'a node with a fault', () => {
  const withLab = labsOfTests();

  /** The bundle with the cluster, which no node has. */
  const bundle = (lab: NodeLab, objects = cluster): readonly BundleFile[] =>
    withChanges(
      lab.collect().filter(({ path }) => path !== 'kube-proxy.log'),
      { 'cluster.json': objects },
    );

  const asked = ({ at, order }: Question): { readonly from: string; readonly to: string; readonly protocol: string } => ({
    from: order.from ?? addresses[at],
    to: `${order.to}:${order.dport}`,
    protocol: order.protocol ?? 'tcp',
  });

  it.concurrent.each(faults)(
    '$what',
    ({ make, undo, ask, code, rules: others, cluster: objects }) =>
      withLab(async (lab) => {
        lab.load(others ?? rules);
        lab.run('node', make);
        try {
          const heard = await lab.askAll(ask.map(([{ at, order }]) => [at, order]));
          const files = bundle(lab, objects);
          expect(heard).toEqual(ask.map(([, outcome]) => outcome));
          const said = ask.map(([question]) => diagnosed(files, asked(question)));
          expect(said.map(({ outcome }) => outcome)).toEqual(heard);
          for (const [at, diagnosis] of said.entries()) {
            if (heard[at] !== 'arrives') expect(codesOf(diagnosis)[0]).toBe(code);
            if (code === undefined) expect(codesOf(diagnosis)).toEqual([]);
          }
        } finally {
          lab.run('node', undo);
        }
      }),
    120_000,
  );

  it.runIf(existsSync('/proc/sys/net/bridge'))(
    'bridged packets that do not meet iptables',
    { concurrent: true, timeout: 120_000 },
    () =>
      withLab(async (lab) => {
        lab.load(rules);
        lab.run('node', 'sysctl -qw net.bridge.bridge-nf-call-iptables=0');
        try {
          expect(await lab.ask('client0', toWeb.order)).toBe('lost');
          expect(await lab.ask('client0', toCart.order)).toBe('arrives');
          const files = bundle(lab);
          const [web, cart] = [diagnosed(files, asked(toWeb)), diagnosed(files, asked(toCart))];
          expect([web.outcome, codesOf(web)[0], cart.outcome]).toEqual(['lost', 'bridge-nf-off', 'arrives']);
        } finally {
          lab.run('node', 'sysctl -qw net.bridge.bridge-nf-call-iptables=1');
        }
      }),
  );

  it.concurrent.each(circumstances)(
    '%s: every question is answered as the kernel does',
    (_what, make, undo) =>
      withLab(async (lab) => {
        lab.load(withRefusal);
        lab.run('node', make);
        try {
          const heard = await lab.askAll(everything.map(({ at, order }) => [at, order]));
          const files = bundle(lab);
          const said = everything.map((question) => diagnosed(files, asked(question)).outcome);
          const named = (outcomes: readonly (string | null)[]): readonly string[] =>
            everything.map((question, at) => `${asked(question).from} ${asked(question).to} ${outcomes[at]}`);
          expect(named(said)).toEqual(named(heard));
        } finally {
          lab.run('node', undo);
        }
      }),
    120_000,
  );

  it.concurrent(
    'an entry of conntrack to a Pod that is gone',
    () =>
      withLab(async (lab) => {
        lab.load(rules);
        expect(await lab.ask('client0', query.order)).toBe('arrives');
        // The Pod is replaced: rules and cluster know it, and the client goes on from the same port.
        lab.run('dns', 'ip link set eth0 down');
        try {
          lab.run('node', 'iptables-nft-restore', rules.replaceAll('10.42.0.10', '10.42.0.12'));
          expect(await lab.ask('client0', query.order)).toBe('lost');
          expect(await lab.ask('client0', { ...query.order, sport: 41001 })).toBe('arrives');
          const moved = cluster.replaceAll('10.42.0.10', '10.42.0.12');
          const stale = diagnosed(bundle(lab, moved), asked(query));
          expect([stale.outcome, codesOf(stale)[0]]).toEqual(['lost', 'conntrack-stale']);
          lab.run('node', stale.causes[0]?.mend[0] ?? '');
          expect(await lab.ask('client0', query.order)).toBe('arrives');
          const mended = diagnosed(bundle(lab, moved), asked(query));
          expect(mended.outcome).toBe('arrives');
          expect(codesOf(mended)).not.toContain('conntrack-stale');
        } finally {
          lab.run('dns', 'ip link set eth0 up; ip route add default via 10.42.0.1');
        }
      }),
    120_000,
  );

  it.concurrent(
    'a strict reverse path filter on an asymmetric way',
    () =>
      withLab(async (lab) => {
        lab.load(rules);
        lab.run(
          'node',
          `ip link add eth1 type veth peer name eth1 netns ${lab.pid('client')}; ip addr add 10.77.0.2/24 dev eth1; ip link set eth1 up`,
        );
        lab.run('client', 'ip link set eth1 up; ip addr add 10.77.0.1/24 dev eth1; ip addr add 192.0.2.7/32 dev lo');
        const question = { from: '192.0.2.7', to: '10.77.0.2', dport: 30080 };
        const ask = { from: '192.0.2.7', to: '10.77.0.2:30080' };
        try {
          expect(await lab.ask('client', question)).toBe('arrives');
          const loose = diagnosed(bundle(lab), ask);
          expect([loose.outcome, codesOf(loose)]).toEqual(['arrives', []]);
          lab.run('node', 'sysctl -qw net.ipv4.conf.eth1.rp_filter=1');
          expect(await lab.ask('client', question)).toBe('lost');
          const strict = diagnosed(bundle(lab), ask);
          expect([strict.outcome, codesOf(strict)[0]]).toEqual(['lost', 'rp-filter-strict']);
          // Who sends to an address of another interface comes in there all the same: the counter alone tells.
          lab.run('client', 'ip route add 172.18.0.2/32 via 10.77.0.2');
          expect(await lab.ask('client', { ...question, to: '172.18.0.2' })).toBe('lost');
          const other = diagnosed(bundle(lab), { ...ask, to: '172.18.0.2:30080' });
          expect([other.outcome, codesOf(other)[0]]).toEqual(['lost', 'rp-filter-strict']);
          const [mend = ''] = other.causes[0]?.mend ?? [];
          lab.run('node', mend);
          expect(await lab.ask('client', question)).toBe('arrives');
        } finally {
          lab.run('node', 'ip link del eth1; sysctl -qw net.ipv4.conf.all.rp_filter=0');
        }
      }),
    120_000,
  );
});
