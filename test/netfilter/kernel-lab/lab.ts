/**
 * A node in a network namespace of its own, whose interfaces end in a second one where nobody answers by itself: every packet is made by the test.
 * The kernel tells of each packet which rules took it. Nothing waits for a time: what was sent before a sentinel is done when that is seen.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { observer } from './traces.ts';

export interface Link {
  /** The node's interface. */
  readonly name: string;
  /** The node's addresses with the length of their networks: "10.244.0.1/32". */
  readonly addresses: readonly string[];
  /** What is behind it besides: networks, or "default". */
  readonly routes: readonly string[];
}

export interface Lab {
  readonly links: readonly Link[];
  /** The number of the interface of this place among the links. */
  indexOf(link: number): number;
  /** Runs a program in the node's namespace. @throws where it fails */
  onNode(command: readonly string[], input?: string, env?: NodeJS.ProcessEnv): Buffer;
  /** Lets packets be watched, behind and before all rules that are there. @throws where the kernel refuses */
  observe(): Promise<void>;
  /** An order of wire.pl. */
  order(line: string): void;
  /** The kernel's messages about all that was sent since the last time. @throws where the process ended, with its words */
  barrier(): Promise<readonly string[]>;
  stop(): void;
}

/** The address of every interface of the node. */
const nodeMac = '020000000001';

/** An Ethernet frame for the node around an IP packet, hexadecimal. */
export function frameOf(packet: Buffer): string {
  return `${nodeMac}020000000002${(packet[0] ?? 0) >> 4 === 6 ? '86dd' : '0800'}${packet.toString('hex')}`;
}

const mac = nodeMac.replace(/(..)(?=.)/g, '$1:');

/** Arguments: the processes of the two namespaces. */
function setUp(links: readonly Link[]): string {
  const lines = links.flatMap(({ name, addresses, routes }, index) => [
    `ip link add ${name} index ${10 + index} netns $node address ${mac} type veth peer name h${index} index ${10 + index} netns $hosts`,
    `in_ns $hosts 'ip link set h${index} arp off up'`,
    // Without ARP nobody is looked for: what is routed leaves at once.
    // An address of the link that is there at once.
    `in_ns $node 'ip link set ${name} addrgenmode none; ip link set ${name} arp off up; ip addr add fe80::${index + 1}/64 dev ${name} nodad'`,
    ...addresses.map((each) => `in_ns $node 'ip addr add ${each} dev ${name}${each.includes(':') ? ' nodad' : ''}'`),
    ...routes.flatMap((each) =>
      each === 'default'
        ? [`in_ns $node 'ip route add default dev ${name}; ip -6 route add default dev ${name}'`]
        : [`in_ns $node 'ip route add ${each} dev ${name}'`],
    ),
  ]);
  return `
set -e
node=$1 hosts=$2
in_ns() { nsenter -t "$1" -n bash -ec "$2"; }
in_ns $hosts 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
in_ns $node '
  ip link set lo up
  for each in all default; do for no in accept_ra accept_dad router_solicitations; do echo 0 > /proc/sys/net/ipv6/conf/$each/$no; done; done
  echo 1 > /proc/sys/net/ipv4/ip_forward
  echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
  for each in all default; do echo 0 > /proc/sys/net/ipv4/conf/$each/rp_filter; echo 0 > /proc/sys/net/ipv4/conf/$each/send_redirects; done
  # Answers are made by the test.
  echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all
  echo 1 > /proc/sys/net/ipv6/icmp/echo_ignore_all'
${lines.join('\n')}
`;
}

/** What the node says by itself (no such port, REJECT) goes nowhere. Source and destination NAT end at 100; conntrack begins at -200. */
const watching = `
table inet ${observer} {
  chain before_prerouting {
    type filter hook prerouting priority -500
    meta nftrace set 1
    ip saddr 192.0.2.7 ip daddr 192.0.2.8 udp dport 7 drop
  }
  chain before_output {
    type filter hook output priority -500
    tcp flags & rst == rst drop
    icmp type { destination-unreachable, time-exceeded, redirect } drop
    icmpv6 type { destination-unreachable, time-exceeded, nd-redirect, nd-router-solicit, nd-neighbor-solicit, mld2-listener-report } drop
    meta nftrace set 1
  }
  chain behind_input { type filter hook input priority 300; }
  chain behind_postrouting { type filter hook postrouting priority 300; }
}
`;

/** A process that keeps a new namespace until its input ends. */
async function startNamespace(): Promise<ChildProcessWithoutNullStreams> {
  const holder = spawn('unshare', ['-n', 'cat']);
  const failed = once(holder, 'exit').then(() => {
    throw new Error('unshare -n cat ended');
  });
  failed.catch(() => undefined);
  // What comes back shows that the namespace is there.
  holder.stdin.write('ready\n');
  await Promise.race([once(holder.stdout, 'data'), failed]);
  return holder;
}

/** On one processor packets stay in the order in which they were sent. */
const pinned = ['bash', '-c', 'exec taskset -c "$(taskset -cp $$ | sed "s/.*: //; s/[,-].*//")" "$@"', 'bash'] as const;

interface Wire {
  write(line: string): void;
  /** All lines up to one that is awaited. */
  until(end: string): Promise<readonly string[]>;
  stop(): void;
}

/** Longer than the sentinel's own patience, which speaks first. */
const patience = 60_000;

function startWire(node: number | undefined, hosts: number | undefined, interfaces: readonly number[]): Wire {
  const script = join(import.meta.dirname, 'wire.pl');
  const command = ['nsenter', '-t', String(hosts), '-n', 'perl', script, 'hosts', String(node), ...interfaces.map(String)];
  const [program, ...rest] = [...pinned, ...command];
  const wire = spawn(program ?? '', rest);
  let said = '';
  wire.stderr.on('data', (text: Buffer) => {
    said += String(text);
  });
  const gathered: string[] = [];
  let awaited: { readonly end: string; readonly found: () => void; readonly fail: (words: string) => void } | undefined;
  let hasEnded = false;
  createInterface({ input: wire.stdout }).on('line', (line) => {
    if (line === awaited?.end) awaited.found();
    else if (line.startsWith('lost ')) said += `${line}\n`;
    else gathered.push(line);
  });
  wire.on('close', (status) => {
    hasEnded = true;
    awaited?.fail(`wire.pl ended (${status}): ${said}`);
  });
  // Its end is told by 'close', with its words.
  wire.stdin.on('error', () => undefined);
  return {
    write: (line) => wire.stdin.write(`${line}\n`),
    until(end) {
      return new Promise((resolve, reject) => {
        const fail = (words: string): void => {
          clearTimeout(timer);
          awaited = undefined;
          reject(new Error(words));
        };
        const timer = setTimeout(() => {
          wire.kill('SIGKILL');
          fail(`wire.pl did not say "${end}" within ${patience / 1000} seconds: ${said}`);
        }, patience);
        const found = (): void => {
          clearTimeout(timer);
          awaited = undefined;
          resolve(gathered.splice(0));
        };
        awaited = { end, found, fail };
        if (hasEnded) fail(`wire.pl has ended: ${said}`);
      });
    },
    stop: () => wire.stdin.end(),
  };
}

function run(command: readonly string[], input: string, env: NodeJS.ProcessEnv = process.env): Buffer {
  const [program = '', ...rest] = command;
  const ran = spawnSync(program, rest, { input, env, maxBuffer: 1 << 28, timeout: 60_000 });
  if (ran.status !== 0) throw new Error(`${command.join(' ')}: ${ran.error?.message ?? ''}${ran.stderr?.toString() ?? ''}`);
  return ran.stdout;
}

/** The lab in two namespaces that are there. */
async function labIn(links: readonly Link[], node: number | undefined, hosts: number | undefined): Promise<Lab> {
  const inNode = ['nsenter', '-t', String(node), '-n'];
  run(['bash', '-c', setUp(links), 'bash', String(node), String(hosts)], '');
  const indexOf = (link: number): number => 10 + link;
  const interfaces = links.map((_, link) => indexOf(link));
  const wire = startWire(node, hosts, interfaces);
  await wire.until('ready');
  const barrier = async (): Promise<readonly string[]> => {
    const traces = wire.until('done');
    wire.write('barrier');
    return (await traces).map((line) => line.slice(2));
  };
  return {
    links,
    indexOf,
    onNode: (command, input = '', env = process.env) => run([...inNode, ...command], input, env),
    async observe() {
      run([...inNode, 'nft', '-f', '-'], watching);
      // The first packet comes when every interface is at work.
      await barrier();
    },
    order: wire.write,
    barrier,
    stop: wire.stop,
  };
}

/** Makes the namespaces and their interfaces. @throws where that fails */
export async function startLab(links: readonly Link[]): Promise<Lab> {
  const node = await startNamespace();
  const hosts = await startNamespace();
  const end = (): void => {
    node.stdin.end();
    hosts.stdin.end();
  };
  try {
    const lab = await labIn(links, node.pid, hosts.pid);
    return {
      ...lab,
      stop() {
        lab.stop();
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}
