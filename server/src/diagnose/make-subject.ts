/** Puts together what is diagnosed: rules, facts and cluster, with what lint and drift find. */
import type { Steps } from '../base/steps.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { clusterOfDump } from '../kube/drift/other-cluster.ts';
import { resolveChains } from '../kube/identity/resolve.ts';
import type { DumpOrigin } from '../kube/proxy/dump-node.ts';
import { allFindings, ownSeverities } from '../lint/all-findings.ts';
import type { Finding } from '../lint/support/finding.ts';
import type { NodeFacts } from '../node/facts.ts';
import type { RulesText } from '../node/records.ts';
import { buildRuleset } from '../ruleset/build.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import { readDocument, type SourceDocument } from '../syntax/document.ts';
import type { OtherRules, Subject } from './subject.ts';

export interface SubjectParts {
  readonly facts: NodeFacts;
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
  readonly cluster: Cluster;
  readonly origin: DumpOrigin;
  /** Rules of the other back end, as text. */
  readonly others: readonly RulesText[];
  readonly place: Subject['place'];
}

function* findingsOf({ document, ruleset, cluster, origin }: SubjectParts): Steps<readonly Finding[]> {
  const { findings } = yield* allFindings({ document, ruleset }, ownSeverities, { cluster, options: origin });
  return findings;
}

/** What is diagnosed, ready to be looked at. */
export function* subjectSteps(parts: SubjectParts): Steps<Subject> {
  const { facts, document, ruleset, cluster, origin, place } = parts;
  const others: OtherRules[] = [];
  for (const text of parts.others) others.push({ text, ruleset: yield* buildRuleset(yield* readDocument(text.text, text.file)) });
  return {
    facts,
    document,
    ruleset,
    resolution: resolveChains(ruleset, clusterOfDump(ruleset, cluster), { ...origin, facts }),
    cluster,
    lint: yield* findingsOf(parts),
    others,
    place,
  };
}
