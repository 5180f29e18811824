import { terminalText } from '../base/safe-text.ts';
import { checkRequest, expectedText } from '../kube/expected/text.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface ExpectedCommandOptions extends ClusterOptions {
  readonly node: string;
  readonly clusterCidr?: string;
  /** The version of kube-proxy: "1.34". */
  readonly version?: string;
}

/** `expected`: what kube-proxy would write on a node, as iptables-save text; one text behind the other for two families. */
export async function runExpected(options: ExpectedCommandOptions): Promise<string> {
  if (options.cluster === undefined && options.context === undefined) {
    throw new UsageError('expected needs the cluster: --cluster FILE, or --context NAME for a live one');
  }
  const cluster = await readCluster(options);
  const { node, clusterCidr, version } = options;
  const request = checkRequest(cluster, { node, clusterCIDR: clusterCidr, version });
  if (!request.ok) throw new UsageError(request.message);
  if (!cluster.kinds.has('EndpointSlice') && cluster.services.length > 0)
    process.stderr.write(
      `iptables-inspect: ${terminalText(cluster.source.label)} has no EndpointSlices: every Service is written as one without endpoints\n`,
    );
  return request.options.map((proxy) => runSteps(expectedText(cluster, proxy), `writing the rules of ${node}`)).join('');
}
