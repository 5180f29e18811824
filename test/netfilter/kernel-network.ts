/**
 * A node between a client and two Pods, each in a network namespace of its own, whose packets go through real rules. Nothing is on the wire but what
 * is asked for: neighbours are known, and no address is looked for.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

export type Host = 'cli' | 'pod1' | 'pod2' | 'node';

export interface Exchange {
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly at: Host;
  readonly from: string;
  readonly to: string;
  readonly sport: number;
  readonly dport: number;
}

/** The ports on which every host listens. */
export const listening = [53, 80, 443, 5353, 8080, 9090, 15001, 30080];

export const hosts: Readonly<Record<string, Host>> = {
  '192.168.50.2': 'cli',
  'fd00:50::2': 'cli',
  '10.244.0.2': 'pod1',
  'fd00:244::2': 'pod1',
  '10.244.0.3': 'pod2',
  'fd00:244::3': 'pod2',
  '192.168.50.1': 'node',
  '10.244.0.1': 'node',
  'fd00:50::1': 'node',
  'fd00:244::1': 'node',
};

/** The node's interface towards a host; empty for itself. */
export const interfaceTo: Readonly<Record<Host, string>> = { cli: 'eth0', pod1: 'cali12ab34', pod2: 'vethff00', node: '' };

/** One end of each pair is the node's. Arguments: the process of the node's namespace, then those of the others. */
const setUp = `
set -e
node=$1
quiet() {
  nsenter -t "$1" -n bash -c '
    ip link set lo up
    cd /proc/sys/net/ipv6/conf
    for each in all default; do echo 0 > $each/accept_ra; echo 0 > $each/accept_dad; echo 0 > $each/router_solicitations; done
    echo "0 0" > /proc/sys/net/ipv4/ping_group_range
    # What nobody acknowledges is not said again.
    echo 0 > /proc/sys/net/ipv4/tcp_synack_retries'
}
for each in "$@"; do quiet "$each"; done
pair() { # process, the node's interface, its address and the host's, the same for IPv6, a number
  ip link add "$2" netns "$node" address 02:00:00:00:0$7:01 type veth peer name eth0 netns "$1" address 02:00:00:00:0$7:02
  nsenter -t "$node" -n bash -c "
    ip link set $2 up
    ip route add $4/32 dev $2
    ip -6 route add $6/128 dev $2
    ip neigh add $4 lladdr 02:00:00:00:0$7:02 dev $2 nud permanent
    ip -6 neigh add $6 lladdr 02:00:00:00:0$7:02 dev $2 nud permanent"
  nsenter -t "$1" -n bash -c "
    ip link set eth0 up
    ip addr add $4/32 dev eth0
    ip addr add $6/128 dev eth0 nodad
    ip route add $3/32 dev eth0
    ip route add default via $3 dev eth0
    ip -6 route add $5/128 dev eth0
    ip -6 route add default via $5 dev eth0
    ip neigh add $3 lladdr 02:00:00:00:0$7:01 dev eth0 nud permanent
    ip -6 neigh add $5 lladdr 02:00:00:00:0$7:01 dev eth0 nud permanent"
}
pair "$2" eth0 192.168.50.1 192.168.50.2 fd00:50::1 fd00:50::2 1
pair "$3" cali12ab34 10.244.0.1 10.244.0.2 fd00:244::1 fd00:244::2 2
pair "$4" vethff00 10.244.0.1 10.244.0.3 fd00:244::1 fd00:244::3 3
nsenter -t "$node" -n bash -c '
  ip addr add 192.168.50.1/32 dev eth0
  ip addr add 10.244.0.1/32 dev cali12ab34
  ip addr add fd00:50::1/128 dev eth0 nodad
  ip addr add fd00:244::1/128 dev cali12ab34 nodad
  ip route add default via 192.168.50.2 dev eth0 onlink
  ip -6 route add default via fd00:50::2 dev eth0 onlink
  echo 1 > /proc/sys/net/ipv4/ip_forward
  echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
  # The client is the way out for its own packets to elsewhere too, of which routers would tell it.
  for each in /proc/sys/net/ipv4/conf/*; do echo 0 > $each/rp_filter; echo 0 > $each/send_redirects; done'
`;

interface Agent {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: Interface;
}

export interface Network {
  /** Lets a host send; whether it was answered within so many milliseconds. */
  say(exchange: Exchange, wait: number): Promise<boolean>;
  /** Ends what the last exchange left open. */
  close(at: Host): Promise<void>;
  /** Runs a program in the node's namespace. @throws where it fails */
  onNode(command: readonly string[], input?: string): string;
  stop(): void;
}

function startAgent(): Agent {
  const agent = spawn('unshare', ['-n', process.execPath, join(import.meta.dirname, 'kernel-agent.ts'), listening.join(',')]);
  agent.stderr.on('data', (text: Buffer) => {
    if (!/ExperimentalWarning|--trace-warnings/.test(String(text))) process.stderr.write(text);
  });
  return { process: agent, lines: createInterface({ input: agent.stdout }) };
}

async function nextLine({ lines }: Agent): Promise<string> {
  const [line] = (await once(lines, 'line')) as [string];
  return line;
}

export async function startNetwork(): Promise<Network> {
  const agents: Record<Host, Agent> = { node: startAgent(), cli: startAgent(), pod1: startAgent(), pod2: startAgent() };
  await Promise.all(Object.values(agents).map(nextLine));
  const pids = [agents.node, agents.cli, agents.pod1, agents.pod2].map((agent) => String(agent.process.pid));
  const run = spawnSync('bash', ['-c', setUp, 'bash', ...pids], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`${run.stdout}${run.stderr}`);
  const tell = async (host: Host, line: string): Promise<string> => {
    const answer = nextLine(agents[host]);
    agents[host].process.stdin.write(`${line}\n`);
    return answer;
  };
  for (const host of ['node', 'cli', 'pod1', 'pod2'] as const) {
    const own = Object.keys(hosts).filter((ip) => hosts[ip] === host);
    await tell(host, `listen ${own.join(' ')}`);
  }
  return {
    async say({ at, ...exchange }, wait) {
      return (await tell(at, JSON.stringify({ ...exchange, wait }))) === 'answered';
    },
    async close(at) {
      await tell(at, 'close');
    },
    onNode(command, input = '') {
      const ran = spawnSync('nsenter', ['-t', pids[0] ?? '', '-n', ...command], { input, encoding: 'utf8' });
      if (ran.status !== 0) throw new Error(`${command.join(' ')}: ${ran.stderr}`);
      return ran.stdout;
    },
    stop() {
      for (const agent of Object.values(agents)) agent.process.stdin.end();
    },
  };
}
