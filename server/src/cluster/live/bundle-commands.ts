/** What is run on a node for a bundle besides the programs that print its rules. All of it reads only. */
import type { PodProgram } from './debug-pod.ts';
import { dumpCommands } from './dump-commands.ts';

/** A file of a bundle, and what prints it. */
export interface BundlePart {
  /** As a node bundle names it: "ip-addr.json". */
  readonly path: string;
  /** Run one after the other, their output behind each other. */
  readonly commands: readonly (readonly string[])[];
  /** Whether most nodes have no use for it, so that nobody misses it where there is no such program. */
  readonly isRare?: true;
}

/** The folder of the lists of `-m recent`, a file each: all of them are printed at once, each line behind its file's name. */
export const recentLists = 'xt_recent';

export const bundleParts: readonly BundlePart[] = [
  { path: 'nft.json', commands: [['nft', '-j', 'list', 'ruleset']] },
  { path: 'ebtables-save.txt', commands: [['ebtables-save']], isRare: true },
  { path: 'nfnetlink_queue.txt', commands: [['cat', '/proc/net/netfilter/nfnetlink_queue']], isRare: true },
  { path: recentLists, commands: [['grep', '-r', '.', '/proc/net/xt_recent']], isRare: true },
  { path: 'ipset-save.txt', commands: [['ipset', 'save']] },
  {
    path: 'conntrack.txt',
    commands: [
      ['conntrack', '-L', '-o', 'extended'],
      ['conntrack', '-L', '-f', 'ipv6', '-o', 'extended'],
    ],
  },
  { path: 'conntrack-stats.txt', commands: [['conntrack', '-S']] },
  { path: 'ip-addr.json', commands: [['ip', '-j', '-d', 'addr', 'show']] },
  {
    path: 'ip-route.json',
    commands: [
      ['ip', '-j', '-d', '-4', 'route', 'show', 'table', 'all'],
      ['ip', '-j', '-d', '-6', 'route', 'show', 'table', 'all'],
    ],
  },
  { path: 'ip-rule.json', commands: [['ip', '-j', '-d', 'rule', 'show']] },
  { path: 'ip-link.json', commands: [['ip', '-j', '-d', 'link', 'show']] },
  { path: 'ip-neigh.json', commands: [['ip', '-j', '-d', 'neigh', 'show']] },
  { path: 'bridge-link.json', commands: [['bridge', '-j', '-d', 'link', 'show']] },
  { path: 'bridge-fdb.json', commands: [['bridge', '-j', 'fdb', 'show']] },
  { path: 'sockets.txt', commands: [['ss', '-Hlntu']] },
  { path: 'sysctl.txt', commands: [['sysctl', '-a']] },
  { path: 'nstat.txt', commands: [['nstat', '-asz']] },
];

/** The programs of a debug pod, which cannot be asked one after the other: each is a container. */
export const bundlePrograms: readonly PodProgram[] = [
  ...dumpCommands.map(({ argv }) => argv),
  ...bundleParts.flatMap(({ commands }) => commands),
].map((argv, at) => ({ name: `part-${at + 1}`, argv }));

/** All that is run, to be shown before: "iptables-nft-save -c". */
export const bundleCommands: readonly string[] = bundlePrograms.map(({ argv }) => argv.join(' '));
