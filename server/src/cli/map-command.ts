import { runToEnd } from '../base/steps.ts';
import { driftSteps } from '../kube/drift/drift.ts';
import { whyNoServices } from '../kube/flow/why-no-services.ts';
import { listServices } from '../kube/services/service-list.ts';
import { serviceMapSteps } from '../kube/services/service-map.ts';
import type { flowFormats } from './flow-formats.ts';
import { graphText } from './graph-text.ts';
import { type NodeOptions, readResolved } from './read-resolved.ts';
import { runSteps } from './run-steps.ts';
import { UsageError } from './usage-error.ts';

export interface MapOptions extends NodeOptions {
  readonly format: (typeof flowFormats)[number];
}

/** `map DUMP`: all Services with their states, entries and endpoints, as text or as a drawing. Throws UsageError. */
export async function runMap(path: string, options: MapOptions): Promise<string> {
  const { file, ruleset, resolution } = await readResolved(path, options);
  const { cluster, origin } = resolution;
  const drift =
    cluster.source.kind === 'none'
      ? null
      : runSteps(driftSteps(ruleset, cluster, { node: origin.node, fileName: path }), 'comparing with the cluster');
  const list = runSteps(listServices(resolution, drift), 'listing Services');
  if (list.services.length === 0) throw new UsageError(`${file}: ${runToEnd(whyNoServices(resolution))}`);
  return graphText(runSteps(serviceMapSteps(resolution, list), 'following packets to each Service'), options.format, file);
}
