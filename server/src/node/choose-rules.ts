/** Which of a bundle's rules are meant where one dump is wanted: those of the back end that kube-proxy writes to. */
import { count, counted } from '../base/counted.ts';
import type { NodeFacts } from './facts.ts';
import type { BackEnd, RulesText } from './records.ts';

export interface ChosenRules {
  /** The texts of both families behind each other, IPv4 first. */
  readonly text: string;
  /** Where each text begins: 0-based line of `text`, in order. */
  readonly parts: readonly { readonly rules: RulesText; readonly firstLine: number }[];
  /** Texts with rules that were not chosen: those of the other back end. */
  readonly others: readonly RulesText[];
  /** What was chosen and why, in a sentence; empty where there was no choice. */
  readonly note: string;
}

interface Weighed {
  /** The first of several listings that are one ruleset together. */
  readonly rules: RulesText;
  readonly pieces: readonly RulesText[];
  /** How many rules it has, how many of kube-proxy's, and how many packets met kube-proxy's entry. */
  readonly ruleCount: number;
  readonly proxyCount: number;
  readonly packets: number;
}

/** Each text alone, and listings of one table each as one. */
function groupsOf(rules: readonly RulesText[]): readonly (readonly RulesText[])[] {
  const listings = rules.filter(({ command }) => command !== '');
  const others = rules.filter(({ command }) => command === '').map((each) => [each]);
  // The same table may be listed twice, as with -L and -nvL: one of them is enough.
  const each = new Map(listings.map((listing) => [listing.command.replace(/ \S+$/, ''), listing]));
  return each.size === 0 ? others : [...others, [...each.values()]];
}

function weigh(pieces: readonly RulesText[]): Weighed | undefined {
  const [rules] = pieces;
  if (rules === undefined || pieces.every(({ text }) => text.trim() === '')) return undefined;
  let ruleCount = 0;
  let proxyCount = 0;
  let packets = 0;
  for (const { text } of pieces) {
    for (const found of text.matchAll(/^(?:\[(\d+):\d+\] )?-A (\S+)(?: ([^\n]*))?$/gm)) {
      ruleCount += 1;
      const chain = found[2] ?? '';
      if (/^KUBE-(?:SVC|SEP|SVL|EXT|SERVICES|NODEPORTS)/.test(chain)) proxyCount += 1;
      if ((chain === 'PREROUTING' || chain === 'OUTPUT') && (found[3] ?? '').includes('-j KUBE-SERVICES'))
        packets += Number(found[1] ?? 0);
    }
  }
  return { rules, pieces, ruleCount, proxyCount, packets };
}

/** Whether one is rather the back end that is used than the other. */
function better(one: Weighed, other: Weighed): number {
  const hasProxy = Number(other.proxyCount > 0) - Number(one.proxyCount > 0);
  const isMet = Number(other.packets > 0) - Number(one.packets > 0);
  return hasProxy || isMet || other.proxyCount - one.proxyCount || other.ruleCount - one.ruleCount;
}

const names: Readonly<Record<BackEnd, string>> = { nft: 'nf_tables', legacy: 'legacy' };

function noteOf(chosen: Weighed, other: Weighed): string {
  const { rules, proxyCount } = chosen;
  const why =
    proxyCount > 0 && other.proxyCount === 0
      ? 'kube-proxy writes there'
      : proxyCount > 0
        ? 'both have rules of kube-proxy, and packets meet these'
        : 'it has more rules';
  return `Both back ends have rules: ${rules.file} (${names[rules.backEnd]}, ${counted(chosen.ruleCount, 'rule')}) is looked at, as ${why}; ${other.rules.file} (${names[other.rules.backEnd]}) has ${count(other.ruleCount)}.`;
}

/** The rules to look at; undefined where the bundle has none. */
export function chooseRules({ rules }: NodeFacts): ChosenRules | undefined {
  const parts: { readonly rules: RulesText; readonly firstLine: number }[] = [];
  const others: RulesText[] = [];
  const notes: string[] = [];
  let text = '';
  let line = 0;
  for (const family of ['ipv4', 'ipv6'] as const) {
    const weighed = groupsOf(rules.filter((each) => each.family === family))
      .map(weigh)
      .filter((each) => each !== undefined)
      .sort(better);
    const [chosen, ...left] = weighed;
    if (chosen === undefined) continue;
    // A policy that drops is as much as a rule.
    const withRules = left.filter(
      ({ ruleCount, rules: each }) =>
        // The same back end, captured twice, is not another one.
        each.backEnd !== chosen.rules.backEnd && (ruleCount > 0 || /^:\w+ DROP /m.test(each.text)),
    );
    others.push(...withRules.map((each) => each.rules));
    const [second] = withRules;
    if (second !== undefined) notes.push(noteOf(chosen, second));
    for (const piece of chosen.pieces) {
      if (piece.command !== '') {
        text += `${piece.command}\n`;
        line += 1;
      }
      const own = piece.text.endsWith('\n') ? piece.text : `${piece.text}\n`;
      parts.push({ rules: piece, firstLine: line });
      text += own;
      line += own.split('\n').length - 1;
    }
  }
  return parts.length === 0 ? undefined : { text, parts, others, note: notes.join(' ') };
}

/** Where a line of the chosen text stands in the bundle. `line` is 0-based, that of the answer 1-based. */
export function placeInBundle({ parts }: ChosenRules, line: number): { readonly file: string; readonly line: number } {
  const part = parts.findLast(({ firstLine }) => firstLine <= line) ?? parts[0];
  return part === undefined ? { file: '', line: line + 1 } : { file: part.rules.file, line: line - part.firstLine + 1 };
}
