import { bundleFiles } from '../support/bundles.ts';

/** Who asks for what in a question. */
export type Ask = readonly [from: string, to: string];

/** The bundle of a node without a fault, and what may be asked on it. */
export const healthy = bundleFiles('healthy');
export const toWeb: Ask = ['shop/client-0', 'shop/web'];
export const toCart: Ask = ['shop/client-0', 'shop/cart'];
export const toDNS: Ask = ['shop/client-0', 'kube-system/kube-dns:dns'];
export const nodePort: Ask = ['outside', 'node:worker-1:30080'];
export const nodePortOfCart: Ask = ['outside', 'node:worker-1:30090'];

/** Changes the text of a file of a bundle. */
type Change = (text: string) => string;

/** A setting of the kernel in what sysctl printed. */
export function sysctl(name: string, value: string): Change {
  return (text) => text.replace(new RegExp(`^(${name.replaceAll('.', '\\.')}) = .*$`, 'm'), `$1 = ${value}`);
}

/** Table nat with nothing in it, as after somebody's `iptables -t nat -F; -X`. */
export function flushedNat(text: string): string {
  return text.replace(
    /\*nat\n[\s\S]*?COMMIT\n/,
    '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n',
  );
}

export function all(...changes: readonly Change[]): Change {
  return (text) => changes.reduce((done, change) => change(done), text);
}

/** Adds lines to a table of a save: chains at its head, rules at its end. */
export function add(table: string, ...lines: readonly string[]): Change {
  return (text) => {
    const start = text.indexOf(`*${table}\n`);
    const end = text.indexOf('COMMIT\n', start);
    const chains = lines.filter((line) => line.startsWith(':')).map((line) => `${line}\n`);
    const others = lines.filter((line) => !line.startsWith(':')).map((line) => `${line}\n`);
    const head = text.indexOf('\n', start) + 1;
    return `${text.slice(0, head)}${chains.join('')}${text.slice(head, end)}${others.join('')}${text.slice(end)}`;
  };
}

/** A tunnel of flannel as `ip -d -j link` prints it. */
export function tunnel(mtu: number): string {
  return JSON.stringify([
    {
      ifindex: 90,
      ifname: 'flannel.1',
      flags: ['UP', 'LOWER_UP'],
      mtu,
      linkinfo: { info_kind: 'vxlan', info_data: { id: 1, link: 'eth0' } },
    },
  ]);
}

/** A rule in front of the first one of a chain of table filter. */
export function first(chain: string, rule: string): Change {
  return (text) => {
    const filter = text.indexOf('*filter\n');
    const own = new RegExp(`^(?:\\[\\d+:\\d+\\] )?-A ${chain} `, 'm');
    return text.slice(0, filter) + text.slice(filter).replace(own, (found) => `${rule}\n${found}`);
  };
}

/** The policy of FORWARD is DROP, and nothing of flannel's lets Pods through. */
export function dropsForward(text: string): string {
  const filter = text.indexOf('*filter\n');
  const rules = text.slice(filter).replace(':FORWARD ACCEPT', ':FORWARD DROP');
  return text.slice(0, filter) + rules.replace(/^.*-A FLANNEL-FWD .*\n/gm, '');
}

/** The recorded cluster, with more in a Service. */
export function withService(name: string, change: (service: { spec: Record<string, unknown> }) => void): Change {
  return (text) => {
    const cluster = JSON.parse(text) as { items: { kind: string; metadata: { name: string }; spec: Record<string, unknown> }[] };
    for (const item of cluster.items) if (item.kind === 'Service' && item.metadata.name === name) change(item);
    return JSON.stringify(cluster);
  };
}

/** The recorded cluster, with hints at the endpoints of shop/web. */
export function withHints(...zones: readonly (readonly string[])[]): Change {
  return (text) => {
    const cluster = JSON.parse(text) as {
      items: { kind: string; metadata: { name: string }; endpoints?: { hints?: object }[] }[];
    };
    const slice = cluster.items.find(({ kind, metadata }) => kind === 'EndpointSlice' && metadata.name.startsWith('web'));
    for (const [at, endpoint] of (slice?.endpoints ?? []).entries()) {
      const names = zones[at] ?? [];
      if (names.length > 0) endpoint.hints = { forZones: names.map((zone) => ({ name: zone })) };
    }
    return JSON.stringify(cluster);
  };
}

/** What comes in by eth0 would be answered by eth1, where the way out is. */
export const answersByEth1 = {
  'ip-route.json': (text: string): string =>
    text.replace('"gateway":"172.18.0.1","dev":"eth0"', '"gateway":"10.77.0.1","dev":"eth1"'),
  'ip-addr.json': (text: string): string =>
    `${text}[{"ifname":"eth1","addr_info":[{"family":"inet","local":"10.77.0.2","prefixlen":24,"scope":"global"}]}]`,
} as const;
