import { expectedRequest, isExpectedRequest, ownRequest } from '../base/flow-request.ts';
import { terminalText } from '../base/safe-text.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import { servicesCalled } from '../kube/flow/called-services.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import { type ClusterOptions, readCluster } from './read-cluster.ts';
import { originOf, readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';

/** The name of a Service as kubectl takes it, with a port or without. */
const plainName = /^([a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?)(:[a-z0-9-]{1,63})?$/;

/** " Did you mean shop/web:http?" for a Service that was asked for without its namespace; empty for anything else, and where none is like it. */
export async function serviceHint(path: string, to: string, options: ClusterOptions): Promise<string> {
  const [, name, port = ''] = plainName.exec(ownRequest(to)) ?? [];
  if (name === undefined || !/[a-z]/.test(name)) return '';
  const dump = readDump(path);
  const cluster = await readCluster(options, [], dump.facts);
  const resolution = resolveChains(dump.ruleset, clusterOfDump(dump.ruleset, cluster), originOf(dump, undefined));
  const found = runSteps(servicesCalled(resolution, name), `looking for ${name}`);
  const asked = (each: string): string => (isExpectedRequest(to) ? expectedRequest(each + port) : each + port);
  return found.length === 0 ? '' : ` Did you mean ${found.map((each) => terminalText(asked(each))).join(' or ')}?`;
}
