/**
 * The way of a packet as kube-proxy's own unit tests follow it (pkg/proxy/iptables/proxier_test.go, tracePacket). It is simpler than a kernel:
 * nat's PREROUTING, then four of kube-proxy's chains in filter; every choice by chance is taken; rules that look at the past do not match.
 */
import { inCIDR } from '../../server/src/base/ip.ts';
import { optionOf, rulesOf } from '../../server/src/ruleset/rules.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import type { RuleStatement } from '../../server/src/syntax/statement.ts';

export interface TracedPacket {
  readonly source: string;
  readonly dest: string;
  readonly port: number;
  readonly protocol: string;
}

export interface TracedWay {
  /** DNAT's targets that can be reached, or ACCEPT, DROP, REJECT; empty where nothing happens. */
  readonly output: string;
  /** Whether the packet is marked to be masqueraded. */
  readonly masq: boolean;
}

const filterChains = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS', 'KUBE-PROXY-FIREWALL'];
const past = ['--ctstate', '--mark', '--rcheck', '--update'];

interface Trace {
  readonly ruleset: Ruleset;
  readonly localIPs: ReadonlySet<string>;
  readonly outputs: string[];
  masq: boolean;
}

/** Whether what a rule says by an option holds; a rule without the option is for all. */
function holds(rule: RuleStatement, name: string, is: (value: string) => boolean): boolean {
  const option = optionOf(rule, name);
  return option === undefined || is(option.values[0]?.text ?? '') === (option.negation === undefined);
}

function matches({ localIPs }: Trace, rule: RuleStatement, { source, dest, port, protocol }: TracedPacket): boolean {
  const isIn = (ip: string) => (network: string) =>
    inCIDR(ip, network.includes('/') ? network : `${network}/${ip.includes(':') ? 128 : 32}`);
  const isType = (ip: string) => (type: string) => (type === 'LOCAL') === localIPs.has(ip);
  return (
    past.every((name) => optionOf(rule, name) === undefined) &&
    holds(rule, '--source', isIn(source)) &&
    holds(rule, '--destination', isIn(dest)) &&
    holds(rule, '--src-type', isType(source)) &&
    holds(rule, '--dst-type', isType(dest)) &&
    holds(rule, '--protocol', (name) => name === protocol) &&
    holds(rule, '--destination-port', (number) => number === String(port))
  );
}

/** Runs a chain; whether the packet's fate was decided in it. */
function run(trace: Trace, table: string, name: string, packet: TracedPacket): boolean {
  const chain = trace.ruleset.tables.find((candidate) => candidate.name === table)?.chains.get(name);
  if (chain === undefined) return false;
  for (const { rule } of rulesOf(trace.ruleset, chain)) {
    const target = rule.target?.text;
    if (target === undefined || !matches(trace, rule, packet)) continue;
    if (target === 'KUBE-MARK-MASQ') trace.masq = true;
    else if (target === 'ACCEPT' || target === 'REJECT' || target === 'DROP') {
      trace.outputs.push(target);
      return true;
    } else if (target === 'DNAT') {
      trace.outputs.push(optionOf(rule, '--to-destination')?.values[0]?.text ?? '');
      return true;
    } else if (run(trace, table, target, packet) && optionOf(rule, '--probability') === undefined) return true;
  }
  return false;
}

/** Where a packet that comes to a node goes. `localIPs` are the node's addresses but loopback. */
export function traceLikeKubeProxy(ruleset: Ruleset, packet: TracedPacket, localIPs: readonly string[]): TracedWay {
  const trace: Trace = { ruleset, localIPs: new Set([...localIPs, '127.0.0.1', '::1']), outputs: [], masq: false };
  run(trace, 'nat', 'PREROUTING', packet);
  const [first] = trace.outputs;
  const dest = first === undefined ? packet.dest : first.slice(0, first.lastIndexOf(':')).replaceAll(/[[\]]/g, '');
  for (const name of filterChains) run(trace, 'filter', name, { ...packet, dest });
  return { output: trace.outputs.join(', '), masq: trace.masq };
}
