import { readBundle } from '../../server/src/node/bundle.ts';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';

/** A shape of node bundle that grows: its files. */
export interface BundleShape {
  readonly name: string;
  readonly filesOf: (size: number) => readonly BundleFile[];
}

/** Files of which each has so many characters, some 100, or some 2,000. */
function files(name: string, file: (index: number) => BundleFile): BundleShape {
  const each = file(0).text.length + 100;
  return { name, filesOf: (size) => Array.from({ length: Math.ceil(size / each) }, (_, index) => file(index)) };
}

const neighbours = Array.from({ length: 30 }, (_, at) => `10.1.0.${at} dev eth0 lladdr 02:00:00:00:00:01 REACHABLE\n`).join('');
const services = `{"kind":"List","items":[${'{"kind":"Service"},'.repeat(100)}{}]}`;

export const bundleShapes: readonly BundleShape[] = [
  files('files of neighbours', (index) => ({ path: `ip-neigh-${index}.txt`, text: neighbours })),
  files('files of objects', (index) => ({ path: `cluster-${index}.json`, text: services })),
  files('settings copied one by one', (index) => ({ path: `proc/sys/net/ipv4/conf/a${index}/rp_filter`, text: '1\n' })),
  files('files of rules', (index) => ({ path: `${index}/iptables-save.txt`, text: '*filter\nCOMMIT\n' })),
  files('files of complaints', (index) => ({ path: `${index}/errors.txt`, text: 'no\n'.repeat(20) })),
  files('recent lists', (index) => ({
    path: `xt_recent/L${index}`,
    text: 'src=10.0.0.1 ttl: 64 last_seen: 4 oldest_pkt: 1 4\n',
  })),
  {
    name: 'outputs in one file',
    filesOf: (size) => [{ path: 'all.log', text: '$ ip r\nx\n'.repeat(size / 9) }],
  },
];

/** Reads a bundle's files. */
export function readFiles(given: readonly BundleFile[]): void {
  readBundle(given);
}
