import { hostPort } from '../base/ip.ts';
import { nearestNames } from '../base/nearest-names.ts';
import { percentText } from '../base/percent.ts';
import { jsonText, terminalText } from '../base/safe-text.ts';
import { emptyCluster } from '../cluster/cluster.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import { annotateSteps } from '../kube/identity/annotate.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { portName } from '../kube/identity/chain-names.ts';
import { type ResolvedChain, resolveSteps } from '../kube/identity/report.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { areSharesKnown, endpointShares } from '../kube/proxy/endpoint-shares.ts';
import { type Ruleset, tableAt } from '../ruleset/ruleset.ts';
import { pc } from './colors.ts';
import { outputBytes } from './encode-bytes.ts';
import { sayOtherProxy } from './other-proxy.ts';
import { say } from './output.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { type CliDump, originOf, readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

interface ResolveOptions extends ClusterOptions {
  readonly format: 'text' | 'json';
  readonly annotate?: boolean;
}

/**
 * `resolve DUMP [CHAIN...]`: every chain, or those that are named with the endpoints that they pick among, with role and the Service, endpoint and Pod behind it; with `annotate` the dump
 * with these as comments. Throws UsageError for a chain that the dump does not have.
 */
export async function runResolve(path: string, chains: readonly string[], options: ResolveOptions): Promise<string | Buffer> {
  if (options.annotate === true && options.format === 'json')
    throw new UsageError('--annotate prints a dump: --format json has no place beside it');
  if (options.annotate === true && chains.length > 0)
    throw new UsageError('--annotate prints the whole dump: names of chains have no place beside it');
  const dump = readDump(path);
  const cluster = await readCluster(options, [], dump.facts);
  const { file, ruleset } = dump;
  const own = clusterOfDump(ruleset, cluster);
  if (own !== cluster) for (const why of own.warnings) say(`${file}: ${why}`);
  const resolution = resolveChains(ruleset, own, originOf(dump, undefined));
  sayOtherProxy(file, resolution);
  if (options.annotate === true) return annotated(dump, resolution);
  const all = runSteps(resolveSteps(ruleset, own), `naming the chains of ${file}`);
  const report =
    chains.length === 0
      ? all
      : { chains: namedChains(all.chains, chains, file).map((chain) => withEndpoints(ruleset, all.chains, chain)) };
  if (options.format === 'json') return jsonText(report);
  const lines: string[] = [];
  let table = '';
  for (const chain of report.chains) {
    if (chain.table !== table) {
      table = chain.table;
      lines.push(pc.bold(`${lines.length > 0 ? '\n' : ''}*${terminalText(table)}`));
    }
    lines.push(chainText(chain));
    for (const endpoint of endpointsOf(chain)) lines.push(endpointText(endpoint));
  }
  // A cluster that the dump is not of has been told of, and names nothing.
  const knows = cluster !== emptyCluster && own === cluster;
  if (!knows && report.chains.some((chain) => chain.endpoint !== null || endpointsOf(chain).length > 0))
    lines.push(pc.dim(`\nnote: Pods are addresses here, as no cluster of this dump is known: --cluster FILE names them.`));
  return lines.join('\n');
}

/** Those chains that are asked for, in whichever table. */
function namedChains(all: readonly ResolvedChain[], names: readonly string[], file: string): readonly ResolvedChain[] {
  const wanted = new Set(names);
  const found = all.filter(({ chain }) => wanted.has(chain));
  for (const name of names) {
    if (found.some(({ chain }) => chain === name)) continue;
    const near = nearestNames(
      name,
      all.map(({ chain }) => chain),
    );
    throw new UsageError(`${file}: there is no chain ${name}${near.length === 0 ? '' : `. Did you mean ${near.join(' or ')}?`}`);
  }
  return found;
}

/** An endpoint's chain that another chain leads to, with its share of new connections there, from 0 to 1; null where that cannot be told. */
interface LedTo extends ResolvedChain {
  readonly share: number | null;
}

function endpointsOf(chain: ResolvedChain & { readonly endpoints?: readonly LedTo[] }): readonly LedTo[] {
  return chain.endpoints ?? [];
}

/** A chain with those of the endpoints that its own rules pick among; others as they are. */
function withEndpoints(
  ruleset: Ruleset,
  all: readonly ResolvedChain[],
  chain: ResolvedChain,
): ResolvedChain & { readonly endpoints?: readonly LedTo[] } {
  const own = tableAt(ruleset, chain.line - 1)?.chains.get(chain.chain);
  const shares = own === undefined ? [] : endpointShares(ruleset, own);
  if (own === undefined || shares.length === 0) return chain;
  const isKnown = areSharesKnown(ruleset, own);
  const index = own.table.index;
  const endpoints = shares.flatMap(({ target, share }) => {
    const found = all.find(({ chain: name, line }) => name === target && tableAt(ruleset, line - 1)?.index === index);
    return found === undefined ? [] : [{ ...found, share: isKnown ? share : null }];
  });
  return { ...chain, endpoints };
}

function endpointText(endpoint: LedTo): string {
  const share = endpoint.share === null ? '' : ` ${percentText(endpoint.share)}`;
  return `${chainText(endpoint)}${pc.dim(share)}`;
}

/** Bytes that iptables-restore takes; on a terminal what can be shown there. */
function annotated({ file, document }: CliDump, resolution: Resolution): Buffer {
  const { text, comments } = runSteps(annotateSteps(document, resolution), `naming the chains of ${file}`);
  if (comments === 0) say(`${file}: no chain has a name that could be added; it is printed as it is`);
  return outputBytes(text);
}

function chainText(chain: ResolvedChain): string {
  const { service, endpoint, by } = chain;
  const parts = [String(chain.line).padStart(7), pc.cyan(terminalText(chain.chain).padEnd(28)), chain.role.padEnd(17)];
  if (service !== null) {
    parts.push(terminalText(portName(service.namespace, service.name, service.port)));
    if (service.clusterIP !== null && endpoint === null) {
      const address = service.portNumber === null ? service.clusterIP : hostPort(service.clusterIP, service.portNumber);
      parts.push(`${address}${service.protocol === '' ? '' : `/${service.protocol}`}`);
    }
  }
  if (endpoint !== null) {
    parts.push('->', endpoint.port === null ? endpoint.ip : hostPort(endpoint.ip, endpoint.port));
    const { pod, otherPods = [] } = endpoint;
    for (const { namespace, name } of otherPods) parts.push(`${terminalText(`${namespace}/${name}`)},`);
    if (pod !== null) {
      parts.push(terminalText(`${pod.namespace}/${pod.name}${pod.node === null ? '' : ` on ${pod.node}`}`));
      if (pod.ready === false) parts.push(pc.yellow('not ready'));
    }
  }
  if (by !== null) parts.push(pc.dim(`(${by})`));
  return parts.join(' ').trimEnd();
}
