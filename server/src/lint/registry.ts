import { repositoryUrl } from '../base/project.ts';
import type { Steps } from '../base/steps.ts';
import { chainUse } from './rules/chain-use.ts';
import { clusterDriftCodes } from './rules/cluster-drift.ts';
import { contradictingServices } from './rules/contradicting-services.ts';
import { deadRule } from './rules/dead-rule.ts';
import { duplicateChain } from './rules/duplicate-chain.ts';
import { emptyServiceChain } from './rules/empty-service-chain.ts';
import { forwardPolicy } from './rules/forward-policy.ts';
import { jumpLoop } from './rules/jump-loop.ts';
import { kubeProxyHooks } from './rules/kube-proxy-hooks.ts';
import { lineProblems } from './rules/line-problems.ts';
import { masquerading } from './rules/masquerading.ts';
import { mixedFamilies } from './rules/mixed-families.ts';
import { orphanedChain } from './rules/orphaned-chain.ts';
import { otherBackEnd } from './rules/other-back-end.ts';
import { restoreCommand } from './rules/restore-command.ts';
import { skippedText } from './rules/skipped-text.ts';
import { tableStructure } from './rules/table-structure.ts';
import { transport } from './rules/transport.ts';
import { undeclaredChain } from './rules/undeclared-chain.ts';
import { unequalShares } from './rules/unequal-shares.ts';
import { unknownSet } from './rules/unknown-set.ts';
import { unsupportedRevision } from './rules/unsupported-revision.ts';
import type { Finding, LintInput, LintRule } from './support/finding.ts';

/** Every lint rule. A new one is a file of its own and a line here. */
const rules: readonly LintRule[] = [
  lineProblems,
  transport,
  skippedText,
  tableStructure,
  mixedFamilies,
  duplicateChain,
  chainUse,
  undeclaredChain,
  jumpLoop,
  restoreCommand,
  unknownSet,
  orphanedChain,
  emptyServiceChain,
  kubeProxyHooks,
  contradictingServices,
  unequalShares,
  masquerading,
  forwardPolicy,
  deadRule,
  unsupportedRevision,
  otherBackEnd,
];

/** Where each code has a section of its own. */
const documentation = `${repositoryUrl}/blob/main/README.md`;

let codes: ReadonlyMap<string, string> | undefined;

/** Every code that a finding may have, with one sentence for the documentation, in the order of the rules. */
export function findingCodes(): ReadonlyMap<string, string> {
  codes ??= new Map([...rules.flatMap((rule) => Object.entries(rule.codes)), ...Object.entries(clusterDriftCodes)]);
  return codes;
}

/** The web page that explains a code; undefined for a code that no rule has. */
export function documentationUrl(code: string): string | undefined {
  return findingCodes().has(code) ? `${documentation}#${code}` : undefined;
}

/**
 * All findings of a ruleset in text order. Pauses about every few thousand lines; at most `limit` findings are kept, the first that the
 * rules report, so that a hostile file cannot fill the memory.
 */
export function* lint(input: LintInput, limit = Number.POSITIVE_INFINITY): Steps<readonly Finding[]> {
  const findings: Finding[] = [];
  const report = (finding: Finding): void => {
    if (findings.length < limit) findings.push(finding);
  };
  for (const rule of rules) {
    yield* rule.check(input, report);
    yield;
  }
  return findings.sort((a, b) => a.line - b.line || a.start - b.start || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0));
}
