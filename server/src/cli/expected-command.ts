import { checkRequest, type ProxyFlags, unknownNodeWarning } from '../kube/expected/request.ts';
import { isProxied } from '../kube/expected/service-ports.ts';
import { unsoundServices } from '../kube/expected/sound-service.ts';
import { expectedText } from '../kube/expected/text.ts';
import { say } from './output.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

const mostSaid = 10;

export interface ExpectedCommandOptions extends ClusterOptions {
  readonly node: string;
  readonly clusterCidr?: string;
  /** The version of kube-proxy: "1.34". */
  readonly version?: string;
  readonly family?: 'ipv4' | 'ipv6';
  readonly masqueradeAll?: boolean;
  readonly masqueradeBit?: string;
  readonly localhostNodeports?: boolean;
  readonly nodeportAddresses?: string;
  readonly detectLocalMode?: string;
  readonly bridgeInterface?: string;
  readonly interfacePrefix?: string;
}

/** The options as kube-proxy's flags. */
function flagsOf(options: ExpectedCommandOptions): ProxyFlags {
  const { clusterCidr, localhostNodeports, nodeportAddresses, ...flags } = options;
  return { ...flags, clusterCIDR: clusterCidr, localhostNodePorts: localhostNodeports, nodePortAddresses: nodeportAddresses };
}

/** `expected`: what kube-proxy would write on a node, as iptables-save text; one text behind the other for two families. */
export async function runExpected(options: ExpectedCommandOptions): Promise<string> {
  if (options.cluster === undefined && options.context === undefined) {
    throw new UsageError('expected needs the cluster: --cluster FILE, or --context NAME for a live one');
  }
  // A cluster's rules without its endpoints are not those that kube-proxy writes; a file without them was perhaps saved so on purpose.
  const cluster = await readCluster(options, options.context === undefined ? [] : ['Service', 'EndpointSlice']);
  const { node } = options;
  const request = checkRequest(cluster, { ...flagsOf(options), node });
  if (!request.ok) throw new UsageError(request.message);
  if (!cluster.kinds.has('EndpointSlice') && cluster.services.length > 0)
    say(`${cluster.source.label} has no EndpointSlices: every Service is written as one without endpoints`);
  const unknownNode = unknownNodeWarning(cluster, node);
  if (unknownNode !== undefined) say(unknownNode);
  const unsound = unsoundServices(cluster.services.filter(isProxied));
  for (const sentence of unsound.slice(0, mostSaid)) say(sentence);
  if (unsound.length > mostSaid) say(`${unsound.length - mostSaid} more are left out`);
  return request.options.map((proxy) => runSteps(expectedText(cluster, proxy), `writing the rules of ${node}`)).join('');
}
