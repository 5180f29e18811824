/** What may mend a rule whose options do not go together: a protocol before them, or one of them less. Each is tried by reading the line again. */
import { findMatch, findTarget } from '../../catalog/lookup.ts';
import { statementOf } from '../../syntax/document.ts';
import type { Line } from '../../syntax/line.ts';
import type { Problem, RuleOption, RuleStatement } from '../../syntax/statement.ts';
import { replaced } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { type Edit, helps } from './line-edit.ts';

/** The protocols that have ports. Source: libxt_multiport.c and libxt_DNAT.c ask for one of them. */
const protocolsWithPorts = ['tcp', 'udp', 'sctp', 'dccp', 'udplite'];

/** The fixes of a problem between options of a rule: none where the line holds no rule, or nothing of it helps. `number` is 0-based. */
export function optionFixes(line: Line, number: number, problem: Problem): readonly Fix[] {
  const rule = statementOf(line);
  if (rule.kind !== 'rule' || line.listing) return [];
  const edits = problem.code === 'needs-protocol' ? protocolsBefore(rule) : optionsLess(line, rule, problem);
  const helping = edits.filter((edit) => helps(line, edit));
  return helping.map(({ title, text, start, end }) => ({
    title,
    safety: helping.length === 1 && problem.code === 'needs-protocol' ? 'safe' : 'unsafe',
    changes: () => [replaced({ line: number, start, end }, text)],
  }));
}

function protocolsBefore(rule: RuleStatement): readonly Edit[] {
  const first = rule.options[0];
  if (first === undefined || rule.options.some(({ name }) => name === '--protocol')) return [];
  const at = first.negation?.start ?? first.word.start;
  return wantedProtocols(rule).map((protocol) => ({
    start: at,
    end: at,
    text: `-p ${protocol} `,
    title: `Put -p ${protocol} before it`,
  }));
}

function wantedProtocols(rule: RuleStatement): readonly string[] {
  const matches = rule.options.filter(({ name }) => name === '--match').map(({ values }) => findMatch(values[0]?.text ?? ''));
  const target = rule.target === undefined ? undefined : findTarget(rule.target.text);
  const named = [...matches, target].flatMap((extension) => extension?.protocols ?? []);
  return [...new Set([...named, ...protocolsWithPorts])];
}

/** The rule without one of the options of the match, or the target, that the problem is about. */
function optionsLess(line: Line, rule: RuleStatement, problem: Problem): readonly Edit[] {
  const about = rule.options.find(({ word, values }) =>
    [word, ...values].some(({ start, end }) => start < problem.end && problem.start < end),
  );
  if (about === undefined) return [];
  const instance = about.name === '--match' ? instanceLoadedBy(rule, about) : about.instance;
  return rule.options
    .filter((option) => option.instance === instance && (instance !== 0 || option.name === about.name))
    .filter(({ name }) => name !== '--match' && name !== '--jump' && name !== '--goto')
    .map((option) => withoutOption(line, option));
}

/** The number of a match among those loaded, as its options have it. */
function instanceLoadedBy({ options }: RuleStatement, match: RuleOption): number {
  return options.filter(({ name, word }) => name === '--match' && word.start <= match.word.start).length;
}

function withoutOption({ text }: Line, option: RuleOption): Edit {
  const start = option.negation?.start ?? option.word.start;
  const end = Math.max(option.word.end, ...option.values.map((value) => value.end));
  const blanksBehind = /^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0;
  const isLast = end + blanksBehind === text.length;
  const blanksBefore = isLast ? start - text.slice(0, start).trimEnd().length : 0;
  return {
    start: start - blanksBefore,
    end: end + blanksBehind,
    text: '',
    title: `Remove ${text.slice(start, end)}`,
  };
}
