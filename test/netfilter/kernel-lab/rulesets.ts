/** The rulesets of real programs through which packets are sent, each with a node that it is made for. */
import type { Family } from '../../../server/src/catalog/types.ts';
import { fixtureText } from '../../support/fixtures.ts';
import { type RecordedRuleset, sets } from '../recorded-traces.ts';
import type { Link } from './lab.ts';

export interface LabRuleset {
  readonly name: string;
  readonly family: Family;
  readonly rules: string;
  /** What `ipset restore` is to have before. */
  readonly sets: string;
  readonly links: readonly Link[];
  /** What a shell is to do on the node before: routes by which its rules send packets, which only a bundle tells. */
  readonly routing: string;
}

/** A node with two Pods, for whose interfaces most of the rules are. */
export const podLinks: readonly Link[] = [
  { name: 'eth0', addresses: ['192.168.50.1/24', 'fd00:50::1/64'], routes: ['default'] },
  { name: 'cali12ab34', addresses: ['10.244.0.1/32', 'fd00:244::1/128'], routes: ['10.244.0.2/32', 'fd00:244::2/128'] },
  { name: 'vethff00', addresses: [], routes: ['10.244.0.3/32', 'fd00:244::3/128'] },
];

/** A node of the cluster that random-11 is. */
const clusterLinks: readonly Link[] = [
  { name: 'eth0', addresses: ['172.18.0.2/16', 'fc00:f853:ccd:e793::2/64'], routes: ['default'] },
  { name: 'cni0', addresses: ['10.42.0.1/24', 'fd42::1/64'], routes: ['10.42.0.57/32', 'fd42::4f/128'] },
];

const dockerLinks: readonly Link[] = [
  { name: 'eth0', addresses: ['192.168.50.1/24', 'fd00:50::1/64'], routes: ['default'] },
  { name: 'docker0', addresses: ['172.17.0.1/16'], routes: ['172.17.0.2/32', 'fd00:d0c::2/128'] },
  { name: 'br-5f0c2d4e6a18', addresses: ['172.18.0.1/16', 'fd00:d0c:1::1/64'], routes: ['172.18.0.2/32', 'fd00:d0c:1::2/128'] },
];

function fromFile(path: string, links: readonly Link[], routing = ''): LabRuleset {
  const family: Family = path.endsWith('.ip6tables') ? 'ipv6' : 'ipv4';
  return { name: path, family, rules: fixtureText(path), sets: '', links, routing };
}

/** kube-proxy's, Calico's, Docker's, Istio's, flannel's, ufw's, firewalld's and others. */
export function rulesetsOfPrograms(): readonly LabRuleset[] {
  const recorded = JSON.parse(fixtureText('corpus/round-2/trace-rulesets.json')) as Readonly<Record<string, RecordedRuleset>>;
  const ofPrograms = Object.entries(recorded).filter(([name]) => name.startsWith('tpl-') && !name.includes('stale'));
  return [
    ...ofPrograms.map(
      ([name, { family, text }]): LabRuleset => ({
        name: name.replace('tpl-', ''),
        family,
        rules: text,
        sets,
        links: podLinks,
        routing: '',
      }),
    ),
    ...['1.25.ip6tables', '1.30.iptables', '1.36.iptables', '1.36.ip6tables'].map((name) =>
      fromFile(`lab/round-2/random-11/node-0.${name}`, clusterLinks),
    ),
    fromFile('packets/docker.iptables', dockerLinks),
    fromFile('packets/docker.ip6tables', dockerLinks),
    ...['istio-redirect.iptables', 'istio-redirect.ip6tables', 'ufw.ip6tables'].map((name) =>
      fromFile(`packets/${name}`, podLinks),
    ),
  ];
}

/** A way by a Pod for one mark, none for another, and the node itself for a third, as programs with TPROXY have it; and a network that no route leads to. */
const markRouting = `
ip route add unreachable 198.51.100.0/24
ip rule add fwmark 0x10/0xf0 lookup 100; ip route add default dev cali12ab34 table 100
ip rule add fwmark 0x20/0xf0 lookup 101; ip route add blackhole default table 101
ip rule add fwmark 0x30/0xf0 lookup 102; ip route add local default dev lo table 102`;

/** One kind of rule each, which the programs above use seldom. */
export function rulesetsOfKinds(): readonly LabRuleset[] {
  return [
    ...['nat-ranges', 'broadcast', 'zones'].map((name) => fromFile(`packets/${name}.iptables`, podLinks)),
    fromFile('packets/mark-routes.iptables', podLinks, markRouting),
  ];
}
