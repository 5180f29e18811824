/** What is diagnosed: a node's rules with everything that is known beside them. */
import type { Cluster } from '../cluster/cluster.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { dumpNodes } from '../kube/proxy/dump-node.ts';
import type { Finding } from '../lint/support/finding.ts';
import type { NodeFacts } from '../node/facts.ts';
import type { RulesText } from '../node/records.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { SourceDocument } from '../syntax/document.ts';
import { ruleText } from '../syntax/saved-layout.ts';
import type { Evidence } from './diagnosis.ts';

/** Rules of the back end that kube-proxy does not write to. */
export interface OtherRules {
  readonly text: RulesText;
  readonly ruleset: Ruleset;
}

export interface Subject {
  readonly facts: NodeFacts;
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
  /** Names and cluster; the cluster at hand knows nothing where there is none. */
  readonly resolution: Resolution;
  /** The cluster as given, also where the dump cannot be of it. */
  readonly cluster: Cluster;
  /** What lint finds in the rules, and drift where there is a cluster. */
  readonly lint: readonly Finding[];
  readonly others: readonly OtherRules[];
  /** Where a line of the rules stands: 0-based here, 1-based there. */
  readonly place: (line: number) => { readonly file: string; readonly line: number };
}

/** A rule as evidence; `line` is 0-based. */
export function ruleEvidence({ ruleset, place }: Subject, line: number): Evidence {
  const source = ruleset.lines.at(line);
  return { ...place(line), text: source === undefined ? '' : source.kind === 'rule' ? ruleText(source) : source.text };
}

const named = new WeakMap<Subject, string>();

/** The node's name: said by the bundle, or told by its addresses, rules or files; empty where nothing tells. */
export function nodeName(subject: Subject): string {
  let name = named.get(subject);
  if (name === undefined) {
    const { facts, ruleset, cluster, resolution } = subject;
    const told = dumpNodes(ruleset, cluster, { ...resolution.origin, facts });
    name = facts.meta?.node || (told.find((each) => each.name !== '')?.name ?? '');
    named.set(subject, name);
  }
  return name;
}
