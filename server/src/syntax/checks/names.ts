/** Names that nothing loaded has: of matches, and of options. */
import { isMistyped } from '../../base/nearest-names.ts';
import { findMatch, findTarget, matches, standardTargets, whoHas } from '../../catalog/lookup.ts';
import type { ExtensionSpec, Family } from '../../catalog/types.ts';
import { secondCommand } from '../getopt.ts';
import type { Problem, RuleOption, Span, Word } from '../statement.ts';
import type { LoadedMatch, Report, UncheckedRule } from './checked-rule.ts';

function error(at: Span, code: string, message: string): Problem {
  return { code, message, severity: 'error', start: at.start, end: at.end };
}

function warning(at: Span, code: string, message: string): Problem {
  return { code, message, severity: 'warning', start: at.start, end: at.end };
}

/** A match that a name is a letter away from; undefined for a name that another machine may well have. */
function mistypedMatch(name: string): ExtensionSpec | undefined {
  return matches.find((each) => isMistyped(name, each.name));
}

/** The name behind `-m`: one that iptables 1.8 does not have may be a match that another machine has. */
export function checkMatchName(at: Word, family: Family, report: Report): void {
  const name = at.text;
  const found = findMatch(name);
  const message = `Couldn't load match \`${name}':No such file or directory`;
  if (found === undefined) {
    const similar = findMatch(name.toLowerCase()) ?? findTarget(name) ?? mistypedMatch(name);
    // No match of any machine has a name of one letter, or one that begins like a number, an option or an address, or a verdict's.
    if (similar === undefined && /^[A-Za-z][\w.-]+$/.test(name) && !standardTargets.has(name)) {
      report(warning(at, 'unknown-match', `${message}; iptables 1.8 has no such match, its options are kept as they are`));
    } else {
      const problem = error(at, 'unknown-match', message);
      const isGuess = similar?.name !== name.toLowerCase();
      report(
        similar?.kind === 'match'
          ? { ...problem, fix: { title: `Write ${similar.name}`, text: similar.name, isGuess } }
          : problem,
      );
    }
  } else if (!found.families.includes(family)) {
    report(error(at, 'wrong-family', message));
  }
}

/** An option that nothing loaded has, and what would have to be loaded for it. */
export function reportUnknown(
  option: RuleOption,
  matches: readonly LoadedMatch[],
  rule: UncheckedRule,
  family: Family,
  report: Report,
): void {
  // A second command has been reported where it stands, and so has a stray word.
  if (option.instance === secondCommand || !option.name.startsWith('-')) return;
  // It may well be an option of a match that only this machine lacks.
  if (matches.some(({ spec }) => spec === undefined)) return;
  const at = option.word;
  const owners = whoHas(option.name).filter((owner) => owner.families.includes(family));
  const message = `unknown option "${option.word.text}"`;
  const owner = owners[0];
  if (owner === undefined) {
    report(error(at, 'unknown-option', message));
    return;
  }
  const how = owners
    .slice(0, 4)
    .map(({ kind, name }) => (kind === 'match' ? `-m ${name}` : `-j ${name}`))
    .join(', ');
  const problem = error(at, 'option-not-loaded', `${message}: it is known only behind ${how}`);
  // In front of the option: behind its "!" the match itself would be negated.
  const isLoadable =
    option.negation === undefined &&
    owners.length === 1 &&
    owner.kind === 'match' &&
    !matches.some(({ name }) => name === owner.name) &&
    rule.options.length > 0;
  report(
    isLoadable
      ? { ...problem, fix: { title: `Load the match ${owner.name}`, text: `-m ${owner.name} ${option.word.text}` } }
      : problem,
  );
}
