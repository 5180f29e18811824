import { createMemory } from '../base/memory.ts';
import { runToEnd, type Steps, statementsBetweenPauses } from '../base/steps.ts';
import { statementOf } from '../syntax/document.ts';
import type { Span, Word } from '../syntax/statement.ts';
import { ruleAt } from './rules.ts';
import type { Ruleset } from './ruleset.ts';

/** A set of ipset's whose text stands beside or within a dump, or that rules name. */
export interface IpSet {
  readonly name: string;
  /** "hash:ip,port"; undefined where the text does not say it. */
  readonly type: string | undefined;
  /** Lines of `create NAME` or `Name: NAME`, 0-based; empty for a set that only rules name. */
  readonly declarations: readonly number[];
  /** Lines of its members. */
  readonly entries: readonly number[];
  /** Places in rules that name it. */
  readonly references: readonly (Span & { readonly line: number })[];
}

interface UnfinishedSet extends IpSet {
  type: string | undefined;
  readonly declarations: number[];
  readonly entries: number[];
  readonly references: (Span & { readonly line: number })[];
}

const known = createMemory<Ruleset, ReadonlyMap<string, IpSet>>();

/** The sets of a text by name, in the order first mentioned. Worked out when first asked for. Pauses every few lines that name sets. */
export function* setSteps(ruleset: Ruleset): Steps<ReadonlyMap<string, IpSet>> {
  let sets = known.get(ruleset);
  if (sets === undefined) {
    sets = yield* collect(ruleset);
    known.set(ruleset, sets);
  }
  return sets;
}

/** The same without pauses. */
export function setsOf(ruleset: Ruleset): ReadonlyMap<string, IpSet> {
  return known.get(ruleset) ?? runToEnd(setSteps(ruleset));
}

/** The words of a rule that name sets: the first value of --match-set and of the options of the SET target. */
export function setNamesOn(ruleset: Ruleset, line: number): readonly Word[] {
  const source = ruleset.lines.at(line);
  if (source?.kind !== 'rule' || !source.text.includes('-set ')) return [];
  return (ruleAt(ruleset, line)?.options ?? []).flatMap(({ spec, values }) => {
    const name = spec?.value?.type === 'set' ? values[0] : undefined;
    return name === undefined ? [] : [name];
  });
}

/** The members of a set as they stand in the text; at most `limit`. */
export function membersOf(ruleset: Ruleset, set: IpSet, limit = Number.POSITIVE_INFINITY): readonly string[] {
  const members: string[] = [];
  for (const line of set.entries) {
    if (members.length >= limit) break;
    const source = ruleset.lines.at(line);
    const statement = source === undefined ? undefined : statementOf(source);
    if (statement?.kind === 'set-entry') members.push(statement.entry.text);
  }
  return members;
}

function* collect(ruleset: Ruleset): Steps<ReadonlyMap<string, IpSet>> {
  const sets = new Map<string, UnfinishedSet>();
  const setOf = (name: string): UnfinishedSet => {
    let set = sets.get(name);
    if (set === undefined) {
      set = { name, type: undefined, declarations: [], entries: [], references: [] };
      sets.set(name, set);
    }
    return set;
  };
  let listed: UnfinishedSet | undefined;
  let read = 0;
  for (const [number, line] of ruleset.lines.entries()) {
    if (line.kind !== 'blank' && line.kind !== 'comment') read += line.text.includes('set') ? 1 : 1 / 32;
    if (read >= statementsBetweenPauses) {
      read = 0;
      yield;
    }
    switch (line.kind) {
      case 'set': {
        const set = setOf(line.name);
        set.declarations.push(number);
        const statement = statementOf(line);
        if (statement.kind === 'set' && statement.type !== undefined) set.type ??= statement.type.text;
        listed = set;
        break;
      }
      case 'set-detail': {
        const statement = statementOf(line);
        if (listed !== undefined && statement.kind === 'set-detail' && statement.key.text === 'Type') {
          listed.type ??= statement.value?.text;
        }
        break;
      }
      case 'set-entry':
        setOf(line.name).entries.push(number);
        break;
      case 'rule':
        for (const { text, start, end } of setNamesOn(ruleset, number)) setOf(text).references.push({ line: number, start, end });
        break;
      default:
    }
  }
  return sets;
}
