/**
 * Packets through random rulesets in a real kernel: the rules that counted a packet are those of the way that enumerating gives. A router in a
 * network namespace of its own forwards what a client in another sends, and sends packets itself.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import type { Fact } from '../../server/src/netfilter/answer.ts';
import { enumerateSteps } from '../../server/src/netfilter/enumerate.ts';
import { describeWith } from '../support/requirements.ts';
import { countedRules } from './counted-rules.ts';
import { packet, ruleset } from './support.ts';

interface Case {
  readonly rules: string;
  /** Whether the router itself sends the packet, or the client behind it. */
  readonly isFromHere: boolean;
  readonly to: string;
}

const router = '10.1.0.1';
const client = '10.1.0.2';

/** Matches that may stand in any chain. */
const anywhere = [
  '',
  '-p udp',
  '! -p tcp',
  '-s 10.1.0.0/24',
  '! -s 10.1.0.2/32',
  '-d 10.2.0.0/16',
  '! -d 10.2.0.9/32',
  '-d 10.3.0.9/32',
  '-p udp -m udp --dport 53',
  '-p udp -m udp ! --dport 53:60',
  '-p udp -m multiport --dports 53,99',
  '-p udp -m multiport ! --dports 50:60',
  '-p tcp -m tcp --dport 53',
  '-m conntrack --ctstate NEW',
  '-m conntrack --ctstate RELATED,ESTABLISHED',
  '-m conntrack ! --ctstate INVALID',
  '-m conntrack --ctstate DNAT',
  '-m conntrack --ctstate UNTRACKED',
  '-m conntrack --ctorigdst 10.2.0.9',
  '-m conntrack --ctorigdstport 53',
  '-m conntrack --ctdir ORIGINAL',
  '-m state --state NEW',
  '-m mark --mark 0x1/0x1',
  '-m mark ! --mark 0x4/0x4',
  '-m mark --mark 0x5',
  '-m connmark --mark 0x1/0x1',
  '-m addrtype --dst-type UNICAST',
  '-m addrtype --dst-type LOCAL',
  '-m addrtype ! --dst-type LOCAL',
  '-m iprange --src-range 10.1.0.1-10.1.0.1',
  '-m iprange ! --dst-range 10.2.0.1-10.2.0.20',
  '-m comment --comment "x -d 1.2.3.4/32 y"',
  '-m recent --set --name L',
  '-m statistic --mode nth --every 1 --packet 0',
  '-m limit --limit 1000/sec',
] as const;

type Chains = Readonly<Record<string, { readonly matches: readonly string[]; readonly targets: readonly string[] }>>;

const marks = ['MARK --set-xmark 0x1/0x1', 'MARK --set-xmark 0x5/0xff', 'MARK --or-mark 0x4', 'MARK --and-mark 0xfffffffe'];
const connectionMarks = ['CONNMARK --save-mark', 'CONNMARK --restore-mark', 'CONNMARK --set-xmark 0x1/0xff'];
const out = ['-o w0', '! -o w0', '-o lo'];
const into = ['-i v0', '! -i v+', '-i lo'];

/** What may stand where, for a packet that the client sends (forwarded, or to the router) or that the router sends. */
function tablesFor(isFromHere: boolean): Readonly<Record<string, Chains>> {
  const first = isFromHere ? 'OUTPUT' : 'PREROUTING';
  const firstMatches = isFromHere ? out : into;
  // From the router itself it would leave by lo and not by w0.
  const redirect = isFromHere ? [] : ['REDIRECT --to-ports 5300'];
  const flow = ['ACCEPT', 'RETURN', 'A', 'B', '-g B', ''];
  const later: Chains = isFromHere
    ? {}
    : {
        FORWARD: { matches: [...into, ...out], targets: [...flow, 'DROP', 'REJECT'] },
        INPUT: { matches: into, targets: [...flow, 'DROP'] },
      };
  return {
    raw: { [first]: { matches: firstMatches, targets: ['ACCEPT', 'CT --notrack', ''] } },
    mangle: { [first]: { matches: firstMatches, targets: [...flow, ...marks, ...connectionMarks] } },
    nat: {
      [first]: {
        matches: firstMatches,
        targets: [
          ...flow,
          'DNAT --to-destination 10.3.0.9:5353',
          'DNAT --to-destination 10.2.0.77',
          'NETMAP --to 10.3.0.0/24',
          ...redirect,
        ],
      },
      POSTROUTING: { matches: out, targets: [...flow, 'MASQUERADE', 'SNAT --to-source 10.9.0.1'] },
    },
    filter: isFromHere ? { OUTPUT: { matches: out, targets: [...flow, 'DROP'] } } : later,
  };
}

function rule(chain: string, matches: readonly string[], targets: readonly string[]): fc.Arbitrary<string> {
  return (
    fc
      .tuple(fc.constantFrom(...matches), fc.constantFrom(...targets))
      // A NAT target with a port needs a protocol that has ports.
      .filter(([match, target]) => !/:5353|to-ports/.test(target) || match.startsWith('-p udp'))
      .map(([match, target]) =>
        ['-A', chain, match, target === '' || target.startsWith('-g') ? target : `-j ${target}`]
          .filter((part) => part !== '')
          .join(' '),
      )
  );
}

function tableText(name: string, chains: Chains): fc.Arbitrary<string> {
  const built = Object.entries(chains).map(([chain, { matches, targets }]) =>
    fc.array(rule(chain, [...anywhere, ...matches], targets), { maxLength: 5 }),
  );
  const own =
    name === 'mangle'
      ? ['RETURN', '', ...marks]
      : name === 'filter'
        ? ['ACCEPT', 'RETURN', 'DROP', '']
        : ['ACCEPT', 'RETURN', ''];
  const user = (chain: string, more: readonly string[]) => fc.array(rule(chain, anywhere, [...own, ...more]), { maxLength: 3 });
  return fc
    .tuple(
      fc.tuple(...built),
      user('A', name === 'raw' ? [] : ['B', '-g B']),
      user('B', []),
      fc.constantFrom('ACCEPT', 'ACCEPT', 'DROP'),
    )
    .map(([lists, a, b, policy]) => {
      const declared = Object.keys(chains).map((chain) => `:${chain} ${name === 'filter' ? policy : 'ACCEPT'} [0:0]`);
      const rules = [...lists.flat(), ...a, ...b];
      return [`*${name}`, ...declared, ':A - [0:0]', ':B - [0:0]', ...rules, 'COMMIT', ''].join('\n');
    });
}

const cases: fc.Arbitrary<Case> = fc
  .boolean()
  .chain((isFromHere) =>
    fc
      .tuple(
        fc.tuple(...Object.entries(tablesFor(isFromHere)).map(([name, chains]) => tableText(name, chains))),
        fc.constantFrom(...(isFromHere ? ['10.2.0.9'] : ['10.2.0.9', '10.2.0.9', router])),
      )
      .map(([tables, to]) => ({ rules: tables.join(''), isFromHere, to })),
  );

const script = String.raw`
set -e
cd "$1"
ip link set lo up
unshare -n sleep 300 & client=$!
trap 'kill $client' EXIT
while [ "$(readlink /proc/$client/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.01; done
ip link add v0 type veth peer name v1 netns $client
ip link add w0 type veth peer name w1
ip link set v0 up; ip link set w0 up; ip link set w1 up
ip addr add 10.1.0.1/24 dev v0
ip addr add 10.9.0.1/24 dev w0
ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:09 dev w0 nud permanent
ip route add default via 10.9.0.2
echo 1 > /proc/sys/net/ipv4/ip_forward
nsenter -t $client -n ip link set v1 up
nsenter -t $client -n ip addr add 10.1.0.2/24 dev v1
nsenter -t $client -n ip route add default via 10.1.0.1
port=20000
for rules in *.rules; do
  iptables-nft-restore "$rules"
  read -r where to < "\${rules%.rules}.packet"
  # A port of its own for each packet: conntrack remembers those before.
  port=$((port + 1))
  send="echo $port $port > /proc/sys/net/ipv4/ip_local_port_range; (echo x > /dev/udp/$to/53) 2>/dev/null || true"
  if [ "$where" = here ]; then bash -c "$send"; else nsenter -t $client -n bash -c "$send"; fi
  iptables-nft-save -c > "\${rules%.rules}.saved"
done
`.replaceAll('\\$', '$');

/** The same of the one way that enumerating gives. */
function enumerated({ rules, isFromHere, to }: Case): readonly string[] {
  const built = ruleset(rules);
  const sent = packet({
    from: isFromHere ? (to === router ? router : '10.9.0.1') : client,
    to,
    protocol: 'udp',
    dport: 53,
    sport: null,
    isFromHere,
    in: isFromHere ? '' : 'v0',
    out: isFromHere ? 'w0' : null,
  });
  const decide = (fact: Fact): boolean => (fact.about === 'interface' ? fact.key === 'out w0' : fact.likely);
  const { outcomes } = runToEnd(
    enumerateSteps(built, sent, { isLocal: (ip) => [router, '10.9.0.1', '127.0.0.1'].includes(ip), decide }),
  );
  expect(outcomes).toHaveLength(1);
  const seen: string[] = [];
  for (let step = outcomes[0]?.last ?? null; step !== null; step = step.previous) {
    if (step.kind === 'policy' || step.line === null) continue;
    seen.push(`${step.chain.table.name} ${step.chain.name} ${step.chain.rules.indexOf(step.line) + 1}`);
  }
  return seen.toSorted();
}

describeWith(['root', 'iptables'], 'random rulesets in a real kernel', () => {
  it('count a packet where enumerating says it goes', { timeout: 120_000 }, () => {
    const all = fc.sample(cases, { seed: 20261124, numRuns: 100 });
    const folder = mkdtempSync(join(tmpdir(), 'netfilter-'));
    try {
      const name = (index: number): string => join(folder, String(index).padStart(4, '0'));
      for (const [index, { rules, isFromHere, to }] of all.entries()) {
        writeFileSync(`${name(index)}.rules`, rules);
        writeFileSync(`${name(index)}.packet`, `${isFromHere ? 'here' : 'client'} ${to}\n`);
      }
      const run = spawnSync('unshare', ['-n', 'bash', '-c', script, 'bash', folder], { encoding: 'utf8' });
      expect(run.status, run.stderr).toBe(0);
      for (const [index, each] of all.entries()) {
        const saved = readFileSync(`${name(index)}.saved`, 'utf8');
        expect(enumerated(each), `${each.isFromHere ? 'sent here' : 'sent by the client'} to ${each.to}\n${saved}`).toEqual(
          countedRules(saved),
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
