/** Which rules counted packets between two dumps of one node. Plain data; lines are 1-based. */
import type { Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import { canonicalRule, withoutBackEnd } from '../../ruleset/canonical.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import { ruleText } from '../../syntax/saved-layout.ts';
import type { Counters } from '../../syntax/statement.ts';

export interface CounterChange {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  /** In the second dump. */
  readonly line: number;
  /** Without counters; "policy FORWARD" for a chain's policy. */
  readonly rule: string;
  readonly packets: number;
  readonly bytes: number;
  /** Whether it counts from zero since the first dump: it was written anew or zeroed, and there may have been more. */
  readonly isRestarted: boolean;
}

export interface CounterReport {
  /** Rules and policies that counted, in the order of the second dump. */
  readonly changes: readonly CounterChange[];
  /** Rules with counters that both dumps have. */
  readonly compared: number;
  /** In sentences. */
  readonly notes: readonly string[];
}

const rulesBetweenPauses = 1024;

function tableKey({ name, dump }: Table): string {
  return `${dump.family} ${name}`;
}

/** Of several tables of one name and family the last counts. */
function tablesOf({ tables }: Ruleset): ReadonlyMap<string, Table> {
  return new Map(tables.map((table) => [tableKey(table), table]));
}

function countersAt({ lines }: Ruleset, number: number): Counters | undefined {
  const line = lines.at(number);
  const statement = line === undefined ? undefined : statementOf(line);
  return statement?.kind === 'rule' || statement?.kind === 'chain' ? statement.counters : undefined;
}

/** Whether a dump shows the counters of its rules: one without them has zeros at its policies. */
function showsCounters(ruleset: Ruleset): boolean {
  for (const { chains } of ruleset.tables) {
    for (const { rules } of chains.values()) if (rules[0] !== undefined) return countersAt(ruleset, rules[0]) !== undefined;
  }
  return false;
}

function canonicalAt({ lines }: Ruleset, number: number): string {
  const line = lines.at(number);
  const statement = line === undefined ? undefined : statementOf(line);
  return line === undefined || statement?.kind !== 'rule' ? '' : canonicalRule(statement, withoutBackEnd(line.context));
}

function textAt({ lines }: Ruleset, number: number): string {
  const line = lines.at(number);
  return line === undefined ? '' : ruleText(line);
}

/** Lines by a text, each list in order, to be taken from its end. */
function byText(lines: readonly number[], textOf: (line: number) => string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const line of lines.toReversed()) {
    const text = textOf(line);
    const known = found.get(text);
    if (known === undefined) found.set(text, [line]);
    else known.push(line);
  }
  return found;
}

/** The rules of a chain in both dumps: those that read alike, and of the others those that mean the same. */
function pairs(before: Ruleset, old: Chain, after: Ruleset, now: Chain): readonly (readonly [old: number, now: number])[] {
  const found: [number, number][] = [];
  const byWords = byText(old.rules, (line) => textAt(before, line));
  const left: number[] = [];
  for (const line of now.rules) {
    const same = byWords.get(textAt(after, line))?.pop();
    if (same === undefined) left.push(line);
    else found.push([same, line]);
  }
  if (left.length === 0) return found;
  const unpaired = [...byWords.values()].flat().toSorted((one, other) => one - other);
  const byMeaning = byText(unpaired, (line) => canonicalAt(before, line));
  for (const line of left) {
    const same = byMeaning.get(canonicalAt(after, line))?.pop();
    if (same !== undefined) found.push([same, line]);
  }
  return found.toSorted((one, other) => one[1] - other[1]);
}

/** The line with the policy of a built-in chain, which has counters of its own. */
function policyLine({ builtin, declarations }: Chain): number | undefined {
  return builtin ? declarations[0] : undefined;
}

interface Counted {
  readonly packets: number;
  readonly bytes: number;
  readonly isRestarted: boolean;
}

/** What was counted in between; undefined where nothing was. */
function between(old: Counters, now: Counters): Counted | undefined {
  const isRestarted = now.packets < old.packets || now.bytes < old.bytes;
  const packets = isRestarted ? now.packets : now.packets - old.packets;
  const bytes = isRestarted ? now.bytes : now.bytes - old.bytes;
  return packets > 0 || isRestarted ? { packets, bytes, isRestarted } : undefined;
}

interface Gathering {
  readonly before: Ruleset;
  readonly after: Ruleset;
  readonly changes: CounterChange[];
  compared: number;
}

function gatherPair(gathering: Gathering, chain: Chain, old: number, now: number, rule: string): void {
  const { before, after, changes } = gathering;
  const [first, second] = [countersAt(before, old), countersAt(after, now)];
  if (first === undefined || second === undefined) return;
  gathering.compared += 1;
  const counted = between(first, second);
  if (counted === undefined) return;
  const { table, name } = chain;
  changes.push({ family: table.dump.family, table: table.name, chain: name, line: now + 1, rule, ...counted });
}

function notesOn({ compared, changes }: Gathering): readonly string[] {
  const restarted = changes.filter(({ isRestarted }) => isRestarted).length;
  if (compared === 0) return ['No rule has counters in both dumps: save them with "iptables-save -c".'];
  if (restarted === 0) return [];
  return [
    `${restarted} of them count from zero since the first dump, as they were written anew or zeroed: they may have counted more.`,
  ];
}

/** Which rules and policies counted packets between two dumps. Pauses every thousand rules; never throws. */
export function* counterChanges(before: Ruleset, after: Ruleset): Steps<CounterReport> {
  const gathering: Gathering = { before, after, changes: [], compared: 0 };
  if (!showsCounters(before) || !showsCounters(after)) return { changes: [], compared: 0, notes: notesOn(gathering) };
  const old = tablesOf(before);
  let seen = 0;
  for (const [key, table] of tablesOf(after)) {
    const other = old.get(key);
    for (const chain of other === undefined ? [] : table.chains.values()) {
      const same = other?.chains.get(chain.name);
      if (same === undefined) continue;
      const [policy, was] = [policyLine(chain), policyLine(same)];
      if (policy !== undefined && was !== undefined) gatherPair(gathering, chain, was, policy, `policy ${chain.name}`);
      for (const [first, second] of pairs(before, same, after, chain)) {
        gatherPair(gathering, chain, first, second, textAt(after, second));
        seen += 1;
        if (seen % rulesBetweenPauses === 0) yield;
      }
    }
  }
  const changes = gathering.changes.toSorted((one, other) => one.line - other.line);
  return { changes, compared: gathering.compared, notes: notesOn(gathering) };
}
