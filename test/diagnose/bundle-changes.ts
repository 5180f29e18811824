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
