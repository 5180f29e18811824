import { type Chain, type Ruleset, tableAt } from '../ruleset/ruleset.ts';
import { statementOf } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import type { Word } from '../syntax/statement.ts';
import type { Steps } from '../syntax/steps.ts';
import { severityFor } from './back-ends.ts';
import { fileShape } from './file-shape.ts';
import { type Finding, finding, type LintInput, type LintRule } from './finding.ts';

/** Policies: a built-in chain has ACCEPT or DROP, a chain of the user's has none. */
export const chainPolicy: LintRule = {
  codes: {
    'policy-on-user-chain': 'Only built-in chains have a policy; a chain of the user’s has `-` in its place.',
    'bad-policy': 'The policy of a built-in chain is ACCEPT or DROP.',
  },
  check,
};

// biome-ignore lint/correctness/useYield: a dump has a few policies.
function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const number of fileShape(input).policies) {
    const chain = tableAt(ruleset, number)?.chains.get(ruleset.lines[number]?.name ?? '');
    if (chain !== undefined) checkLine(ruleset, number, chain, report);
  }
}

function checkLine(ruleset: Ruleset, number: number, chain: Chain, report: (finding: Finding) => void): void {
  const line = ruleset.lines[number];
  if (line === undefined || line.listing || line.command !== 'policy') return;
  const { table } = chain;
  const statement = statementOf(line);
  const policy =
    statement.kind === 'chain' ? statement.policy : statement.kind === 'chain-command' ? statement.argument : undefined;
  if (policy === undefined) return;
  for (const { code, severity, message, fix } of problemsOf(line, policy, chain.builtin)) {
    const grave = severity === 'differs' ? severityFor(table.dump, { legacy: false, nft: true }) : severity;
    if (grave === undefined) continue;
    report(finding({ line: number, start: policy.start, end: policy.end }, code, grave, message, { table, chain, ...fix }));
  }
}

interface PolicyProblem {
  readonly code: 'policy-on-user-chain' | 'bad-policy';
  /** 'differs' where only legacy refuses it. */
  readonly severity: 'error' | 'differs';
  readonly message: string;
  readonly fix: { readonly fix?: { readonly title: string; readonly text: string } };
}

function problemsOf(line: Line, policy: Word, builtin: boolean): readonly PolicyProblem[] {
  const name = policy.text;
  if (builtin) {
    if (name === 'ACCEPT' || name === 'DROP' || (name === '-' && line.kind === 'chain')) return [];
    const upper = name.toUpperCase();
    const fix = upper === 'ACCEPT' || upper === 'DROP' ? { fix: { title: `Write ${upper}`, text: upper } } : {};
    const message = `Can't set policy \`${name}' on \`${line.name}': Bad policy name (ACCEPT or DROP)`;
    return [{ code: 'bad-policy', severity: 'error', message, fix }];
  }
  if (line.kind === 'chain') {
    if (name === '-') return [];
    return [
      {
        code: 'policy-on-user-chain',
        severity: 'differs',
        message: `Can't set policy \`${name}' on \`${line.name}': Bad built-in chain name (only a built-in chain has a policy; iptables-nft-restore ignores it)`,
        fix: { fix: { title: 'Write - for no policy', text: '-' } },
      },
    ];
  }
  return [
    {
      code: 'policy-on-user-chain',
      severity: 'error',
      message: `Can't set policy \`${name}' on \`${line.name}': Bad built-in chain name (only a built-in chain has a policy)`,
      fix: {},
    },
  ];
}
