/**
 * A node with Pods on a bridge, another node and a client, each in a network namespace of its own, for faults that are really there: rules that
 * kube-proxy wrote are in the kernel, packets are sent, and the bundle is what the project's own script collects.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { collectScript } from '../../server/src/node/collect-script.ts';
import { readTar } from '../../server/src/node/tar.ts';
import type { Heard, Order } from './node-lab-agent.ts';

export const hostNames = ['node', 'client', 'worker2', 'client0', 'web1', 'web2', 'dns'] as const;
export type LabHost = (typeof hostNames)[number];

/** As in the recorded healthy bundle, whose rules and cluster are used. */
export const addresses: Readonly<Record<LabHost, string>> = {
  node: '172.18.0.2',
  client: '172.18.0.1',
  worker2: '172.18.0.3',
  client0: '10.42.0.30',
  web1: '10.42.0.11',
  web2: '10.42.0.12',
  dns: '10.42.0.10',
};

const setUp = `
set -e
node=$1 client=$2 worker2=$3
in_ns() { pid=$1; shift; nsenter -t "$pid" -n bash -ec "$*"; }
for pid in "$@"; do
  in_ns $pid 'ip link set lo up
    for each in /proc/sys/net/ipv4/conf/*; do echo 0 > $each/rp_filter; done
    for each in all default; do echo 1 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done'
done
# The client is the switch between the machines, too.
in_ns $client 'ip link add br0 type bridge; ip addr add 172.18.0.1/16 dev br0; ip link set br0 up'
ip link add eth0 netns $node type veth peer name to-node netns $client
ip link add eth0 netns $worker2 type veth peer name to-worker2 netns $client
in_ns $client 'for each in to-node to-worker2; do ip link set $each master br0 up; done; ip route add 10.42.0.0/24 via 172.18.0.2
  if [ -e /proc/sys/net/bridge ]; then echo 0 > /proc/sys/net/bridge/bridge-nf-call-iptables; fi'
in_ns $worker2 'ip addr add 172.18.0.3/16 dev eth0; ip link set eth0 up; ip addr add 10.42.1.20/32 dev lo
  ip route add default via 172.18.0.1; ip route add 10.42.0.0/24 via 172.18.0.2'
in_ns $node 'ip link set eth0 up; ip addr add 172.18.0.2/16 dev eth0; ip route add default via 172.18.0.1
  ip link add cni0 type bridge; ip addr add 10.42.0.1/24 dev cni0; ip link set cni0 up
  ip route add 10.42.1.0/24 via 172.18.0.3
  echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
  for each in /proc/sys/net/ipv4/conf/*; do echo 0 > $each/send_redirects; done'
pod() { # process, address, port of the bridge
  ip link add $3 netns $node type veth peer name eth0 netns $1
  in_ns $node "ip link set $3 master cni0 up; bridge link set dev $3 hairpin on"
  in_ns $1 "ip addr add $2/24 dev eth0; ip link set eth0 up; ip route add default via 10.42.0.1"
}
pod $4 10.42.0.30 vethclient0
pod $5 10.42.0.11 vethweb1
pod $6 10.42.0.12 vethweb2
pod $7 10.42.0.10 vethdns
`;

/** In milliseconds. The kernel sends a SYN again after one second: on a busy machine that one may be the first to be answered. */
const patience = 3_000;

interface Agent {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: Interface;
  /** Who waits for the answer with a number. */
  readonly asked: Map<string, (answer: string) => void>;
}

/** What a host asks, and where. */
export type LabQuestion = readonly [at: LabHost, order: Partial<Order> & Pick<Order, 'to' | 'dport'>];

export interface NodeLab {
  /** Lets a host ask an address, and says what came of it. */
  ask(...question: LabQuestion): Promise<Heard>;
  /** The same of several, side by side: each that is lost takes seconds. */
  askAll(questions: readonly LabQuestion[]): Promise<readonly Heard[]>;
  /** Runs bash as root in a host's namespace. @throws where it fails */
  run(host: LabHost, script: string, input?: string): string;
  /** Loads rules on the node, which forgets its connections and neighbours. */
  load(rules: string): void;
  /** The process that holds a host's namespace. */
  pid(host: LabHost): number;
  /** The bundle of the node, as the script collects it. */
  collect(): readonly BundleFile[];
  stop(): void;
}

function startAgent(): Agent {
  const agent = spawn('unshare', ['-n', process.execPath, join(import.meta.dirname, 'node-lab-agent.ts')]);
  agent.stderr.on('data', (text: Buffer) => {
    if (!/ExperimentalWarning|--trace-warnings/.test(String(text))) process.stderr.write(text);
  });
  return { process: agent, lines: createInterface({ input: agent.stdout }), asked: new Map() };
}

/** When it is ready, its lines are answers. */
async function whenReady({ lines, asked }: Agent): Promise<void> {
  await once(lines, 'line');
  lines.on('line', (line) => {
    const [number = '', ...words] = line.split(' ');
    asked.get(number)?.(words.join(' '));
    asked.delete(number);
  });
}

function inNamespace(pid: number | undefined, script: string, input: string, env: NodeJS.ProcessEnv = process.env) {
  const ran = spawnSync('nsenter', ['-t', String(pid), '-n', 'bash', '-ec', script], { input, env, maxBuffer: 1 << 28 });
  if (ran.status !== 0) throw new Error(`${script}: ${ran.stderr.toString()}`);
  return ran.stdout;
}

/** Starts the lab; the rules are yet to be loaded. @throws where a namespace cannot be made */
export async function startNodeLab(): Promise<NodeLab> {
  const agents = new Map(hostNames.map((name) => [name, startAgent()] as const));
  const agentOf = (host: LabHost): Agent => {
    const agent = agents.get(host);
    if (agent === undefined) throw new Error(`There is no ${host}.`);
    return agent;
  };
  await Promise.all([...agents.values()].map(whenReady));
  const pids = hostNames.map((name) => String(agentOf(name).process.pid));
  const made = spawnSync('bash', ['-c', setUp, 'bash', ...pids], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`${made.stdout}${made.stderr}`);
  let told = 0;
  const tell = (host: LabHost, line: string): Promise<string> =>
    new Promise((answered) => {
      told += 1;
      const number = String(told);
      agentOf(host).asked.set(number, answered);
      agentOf(host).process.stdin.write(`${number} ${line}\n`);
    });
  const listening: readonly (readonly [LabHost, string])[] = [
    ['web1', '8080'],
    ['web2', '8080 53'],
    ['dns', '53'],
    ['worker2', '8080'],
  ];
  for (const [host, ports] of listening) await tell(host, `listen ${ports}`);
  const run: NodeLab['run'] = (host, script, input = '') =>
    inNamespace(agentOf(host).process.pid, script, input).toString('utf8');
  const ask: NodeLab['ask'] = async (host, order) => {
    const whole: Order = { protocol: 'tcp', from: addresses[host], sport: 0, wait: patience, ...order };
    return (await tell(host, JSON.stringify(whole))) as Heard;
  };
  return {
    ask,
    askAll: (questions) => Promise.all(questions.map((question) => ask(...question))),
    run,
    load(rules) {
      run('node', 'iptables-nft-restore', rules);
      run('node', 'conntrack -F 2>/dev/null; ip neigh flush all');
    },
    pid: (host) => agentOf(host).process.pid ?? 0,
    collect() {
      const archive = inNamespace(agentOf('node').process.pid, 'sh -s', collectScript, { ...process.env, NODE_NAME: 'worker-1' });
      const answer = readTar(archive);
      if (!answer.ok) throw new Error(answer.message);
      return answer.files.map(({ path, bytes }) => ({ path, text: Buffer.from(bytes).toString('utf8') }));
    },
    stop() {
      for (const agent of agents.values()) agent.process.stdin.end();
    },
  };
}
