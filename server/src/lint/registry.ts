import { repositoryUrl } from '../base/project.ts';
import { type Steps, sortedSteps } from '../base/steps.ts';
import { extentSteps } from '../ruleset/extent.ts';
import { acceptedBeforeMasquerading } from './rules/accepted-before-masquerading.ts';
import { addressUsedTwice } from './rules/address-used-twice.ts';
import { chainDeclaredLater } from './rules/chain-declared-later.ts';
import { chainsNotShown } from './rules/chains-not-shown.ts';
import { clusterDriftCodes } from './rules/cluster-drift.ts';
import { duplicateChain } from './rules/duplicate-chain.ts';
import { emptyServiceChain } from './rules/empty-service-chain.ts';
import { firewallDropsAll } from './rules/firewall-drops-all.ts';
import { flannelEmpty } from './rules/flannel-empty.ts';
import { foreignMark } from './rules/foreign-mark.ts';
import { forwardDropsPods } from './rules/forward-drops-pods.ts';
import { hostPortUsedTwice } from './rules/host-port-used-twice.ts';
import { inputRejectsNodeports } from './rules/input-rejects-nodeports.ts';
import { joinedLines } from './rules/joined-lines.ts';
import { jumpLoop } from './rules/jump-loop.ts';
import { jumpToBuiltinChain } from './rules/jump-to-builtin-chain.ts';
import { lineProblems } from './rules/line-problems.ts';
import { markNotCleared } from './rules/mark-not-cleared.ts';
import { masqueradeNotRandom } from './rules/masquerade-not-random.ts';
import { missingCommit } from './rules/missing-commit.ts';
import { mixedFamilies } from './rules/mixed-families.ts';
import { notIptables } from './rules/not-iptables.ts';
import { orphanedChain } from './rules/orphaned-chain.ts';
import { otherBackEnd } from './rules/other-back-end.ts';
import { outsideTable } from './rules/outside-table.ts';
import { refusedInput } from './rules/refused-input.ts';
import { rejectedService } from './rules/rejected-service.ts';
import { repeatedRule } from './rules/repeated-rule.ts';
import { restoreCommand } from './rules/restore-command.ts';
import { returnAfterMasquerade } from './rules/return-after-masquerade.ts';
import { serviceProxy } from './rules/service-proxy.ts';
import { servicesEmpty } from './rules/services-empty.ts';
import { servicesNotHooked } from './rules/services-not-hooked.ts';
import { shadowedRule } from './rules/shadowed-rule.ts';
import { targetNotInChain } from './rules/target-not-in-chain.ts';
import { transport } from './rules/transport-damage.ts';
import { undeclaredChain } from './rules/undeclared-chain.ts';
import { unequalShares } from './rules/unequal-shares.ts';
import { unknownSet } from './rules/unknown-set.ts';
import { unreachableRule } from './rules/unreachable-rule.ts';
import { unsupportedRevision } from './rules/unsupported-revision.ts';
import { fileShapeSteps } from './support/file-shape.ts';
import type { Finding, LintInput, LintRule } from './support/finding.ts';
import { ignoreCodes } from './support/judge.ts';
import { tableFactsSteps } from './support/table-facts.ts';

/** Every lint rule. A new one is a file of its own and a line here. */
const rules: readonly LintRule[] = [
  lineProblems,
  transport,
  notIptables,
  joinedLines,
  refusedInput,
  missingCommit,
  outsideTable,
  mixedFamilies,
  duplicateChain,
  jumpToBuiltinChain,
  chainDeclaredLater,
  targetNotInChain,
  undeclaredChain,
  chainsNotShown,
  jumpLoop,
  restoreCommand,
  unknownSet,
  serviceProxy,
  orphanedChain,
  emptyServiceChain,
  servicesEmpty,
  servicesNotHooked,
  flannelEmpty,
  firewallDropsAll,
  rejectedService,
  addressUsedTwice,
  hostPortUsedTwice,
  unequalShares,
  acceptedBeforeMasquerading,
  returnAfterMasquerade,
  markNotCleared,
  masqueradeNotRandom,
  foreignMark,
  forwardDropsPods,
  inputRejectsNodeports,
  unreachableRule,
  shadowedRule,
  repeatedRule,
  unsupportedRevision,
  otherBackEnd,
];

/** Where each code has a section of its own. */
const documentation = `${repositoryUrl}/blob/main/docs/findings`;

let codes: ReadonlyMap<string, string> | undefined;

/** Every code that a finding may have, with one sentence for the documentation, in the order of the rules. */
export function findingCodes(): ReadonlyMap<string, string> {
  codes ??= new Map([
    ...rules.flatMap((rule) => Object.entries(rule.codes)),
    ...Object.entries(clusterDriftCodes),
    ...Object.entries(ignoreCodes),
  ]);
  return codes;
}

/** The web page that explains a code; undefined for a code that no rule has. */
export function documentationUrl(code: string): string | undefined {
  return findingCodes().has(code) ? `${documentation}/${code}.md` : undefined;
}

function byPlaceAndCode(a: Finding, b: Finding): number {
  return a.line - b.line || a.start - b.start || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
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
  // Most rules ask what is shown of a table, and which of its chains stand out: it is looked for in steps, and then known.
  for (const table of input.ruleset.tables) {
    yield* extentSteps(input.ruleset, table);
    yield* tableFactsSteps(input.ruleset, table);
    yield;
  }
  yield* fileShapeSteps(input);
  for (const rule of rules) {
    yield* rule.check(input, report);
    yield;
  }
  return yield* sortedSteps(findings, byPlaceAndCode);
}
