/** Compares a dump of one family with a cluster. */

import { counted } from '../../base/counted.ts';
import type { Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { type ExpectedPort, expectedNode } from '../expected/expected.ts';
import type { DumpNode } from '../proxy/dump-node.ts';
import type { ProxyLayout } from '../proxy/layout.ts';
import { otherModeConfigured, type ServiceProxy } from '../proxy/mode.ts';
import type { ProxyOptions } from '../proxy/options.ts';
import { type ComparisonBasis, comparisonBasis } from './basis.ts';
import { causeOf, type Programmed } from './cause.ts';
import { type ComparedPort, comparedPortSteps } from './compare-service.ts';
import type { DumpSide, DumpTable } from './dump-side.ts';
import type { DriftFinding } from './finding.ts';
import { goneServices, unusedChains } from './gone.ts';
import { missingFindings } from './missing.ts';
import type { DriftOptions } from './settings.ts';

/** What a dump of one family was compared as. */
export interface ComparedDump {
  readonly dump: Dump;
  /** All that it was compared by. */
  readonly basis: ComparisonBasis;
  readonly layout: ProxyLayout;
  readonly options: ProxyOptions;
  /** Why the node is taken to be that one. */
  readonly nodeReason: string;
  /** Who does Services on the node. */
  readonly proxy: ServiceProxy;
  /** Whether nat and filter are shown whole: of an excerpt what is missing is not known, and nothing more is in sync than it shows. */
  readonly isWhole: boolean;
  /** Why nothing was compared, in sentences; undefined where something was. */
  readonly obstacle: string | undefined;
  /** What could not be compared, and why; sentences. */
  readonly notes: readonly string[];
  /** Why what is new in the cluster is not in the dump; empty where that cannot be told. */
  readonly cause: string;
}

export interface Comparison {
  readonly compared: ComparedDump;
  readonly findings: readonly DriftFinding[];
  /** Services that were compared, whether they differ or not. */
  readonly services: Iterable<ServiceRecord>;
}

const portsBetweenPauses = 32;
const rulesBetweenPauses = 1_024;

/** What a dump that is not all does not show. */
function gaps({ nat, filter }: DumpSide): readonly string[] {
  const notes: string[] = [];
  if (nat?.whole !== true)
    notes.push(
      nat?.unread === true
        ? 'Lines of the nat table that name chains of Services could not be read: what is not in it may be there, so nothing is called missing.'
        : 'The nat table is an excerpt: what is not in it may still be on the node, so nothing is called missing.',
    );
  if (filter === undefined) notes.push('The dump has no filter table: what it rejects or drops was not compared.');
  else if (filter.unread)
    notes.push(
      'Lines of the filter table that name chains of Services could not be read: what it should reject or drop was not looked for.',
    );
  else if (!filter.whole) notes.push('The filter table is an excerpt: what it should reject or drop was not looked for.');
  const unsure = unsureIn(nat) + unsureIn(filter);
  if (unsure > 0)
    notes.push(
      `${counted(unsure, 'rule')} of kube-proxy's chains ${unsure === 1 ? 'has a value' : 'have values'} that the text does not show, or that nobody understood: these were not compared.`,
    );
  return notes;
}

function unsureIn(table: DumpTable | undefined): number {
  return table?.unsure ?? 0;
}

/** Whether all that the comparison asks for is shown. */
function isWhole({ nat, filter }: DumpSide): boolean {
  return nat?.whole === true && filter?.whole === true && nat.unsure + filter.unsure === 0;
}

/** Says how many ports were left out for want of a node. */
function nodeNote(count: number, { name: node, reason }: DumpNode): string {
  const why = node === '' ? reason : `The cluster does not have node ${node}, whose zone and addresses would be needed.`;
  const what = node === '' ? 'traffic policy Local, topology hints or source ranges' : 'topology hints or source ranges';
  return `${why} ${count === 1 ? '1 Service port' : `${count} Service ports`} with ${what} ${count === 1 ? 'was' : 'were'} not compared.`;
}

interface ComparedPorts {
  readonly findings: readonly DriftFinding[];
  readonly services: ReadonlySet<ServiceRecord>;
  readonly cause: string;
  /** Ports that were left out for want of a node. */
  readonly skipped: number;
}

/** Adds the chains of a port's endpoints and rules; a port may have 50,000. */
function* addChains(chains: Set<string>, rules: ComparedPort['rules']): Steps<void> {
  let added = 0;
  for (const endpoint of rules?.endpoints.keys() ?? []) {
    chains.add(endpoint);
    added += 1;
    if (added % rulesBetweenPauses === 0) yield;
  }
  for (const { chain } of rules?.actual ?? []) {
    chains.add(chain);
    added += 1;
    if (added % rulesBetweenPauses === 0) yield;
  }
}

/** Compares every Service port that kube-proxy would have rules for, and looks for rules that are for none of them. */
function* comparePorts(basis: ComparisonBasis): Steps<ComparedPorts> {
  const { side, cluster, layout, options } = basis;
  const expected = yield* expectedNode(cluster, options);
  const findings: DriftFinding[] = [];
  const services = new Set<ServiceRecord>();
  const programmed: Programmed[] = [];
  const absent = new Map<ServiceRecord, ExpectedPort[]>();
  const portCounts = new Map<ServiceRecord, number>();
  const used = { hashes: new Set<string>(), names: new Set<string>(), chains: new Set<string>() };
  let skipped = 0;
  for (const [index, port] of expected.ports.entries()) {
    if (index % portsBetweenPauses === portsBetweenPauses - 1) yield;
    const { service, hash, name } = port.port;
    portCounts.set(service, (portCounts.get(service) ?? 0) + 1);
    used.hashes.add(hash);
    used.names.add(name);
    const written = yield* port.ruleSteps();
    let chain = '';
    for (const [at, rule] of written.entries()) {
      if (at % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
      if (rule.chain !== chain) used.chains.add(rule.chain);
      chain = rule.chain;
    }
    const compared = yield* comparedPortSteps(basis, port, written);
    yield* addChains(used.chains, compared.rules);
    if (compared.state === 'unknown') skipped += 1;
    if (compared.state === 'unknown' || compared.state === 'unseen') continue;
    services.add(service);
    if (compared.state === 'absent') {
      const ports = absent.get(service);
      if (ports === undefined) absent.set(service, [port]);
      else ports.push(port);
    } else {
      for (const finding of compared.findings) findings.push(finding);
      programmed.push({ port, findings: compared.findings });
    }
  }
  for (const [service, ports] of absent) {
    const missing = missingFindings(side, ports, portCounts.get(service) === ports.length);
    findings.push(...missing);
    for (const port of ports) programmed.push({ port, findings: missing });
  }
  yield;
  for (const gone of goneServices(side, cluster, used)) findings.push(gone);
  yield;
  for (const chain of unusedChains(side, cluster, used, layout.largeCluster)) findings.push(chain);
  yield;
  return { findings, services, skipped, cause: yield* causeOf(cluster, side.dump, options.node, programmed) };
}

/** Compares one dump with a cluster. Pauses every few dozen Services. */
export function* compareDump(ruleset: Ruleset, dump: Dump, cluster: Cluster, given: DriftOptions): Steps<Comparison> {
  const basis = yield* comparisonBasis(ruleset, dump, cluster, given);
  const { layout, options, node, proxy, obstacle, side } = basis;
  const asWhat = { dump, basis, layout, options, proxy, obstacle, nodeReason: node.reason };
  if (obstacle !== undefined)
    return { compared: { ...asWhat, isWhole: false, notes: [obstacle], cause: '' }, findings: [], services: [] };
  const { findings, services, cause, skipped } = yield* comparePorts(basis);
  const otherMode = otherModeConfigured(proxy, cluster, node.name);
  const notes = [
    ...(otherMode === undefined ? [] : [otherMode]),
    ...gaps(side),
    ...(skipped > 0 ? [nodeNote(skipped, node)] : []),
  ];
  return {
    compared: { ...asWhat, isWhole: isWhole(side), notes, cause },
    findings: findings.map((finding) => (finding.cause === '' ? { ...finding, cause } : finding)),
    services,
  };
}
