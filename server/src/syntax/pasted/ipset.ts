import type { LineContext } from '../line.ts';
import type { SetDetailStatement, SetEntryStatement, SetStatement, Word } from '../statement.ts';

const none: readonly never[] = Object.freeze([]);

const createLine = /^(?:ipset\s+)?create\s+(\S+)\s+((?:bitmap|hash|list):\S+)/;
const addLine =
  /^(?:ipset\s+)?add\s+(\S+)\s+([\w.:,/[\]+-]+)(?=\s*$|\s+(?:timeout|packets|bytes|comment|nomatch|skbmark|skbprio|skbqueue|before|after)\b)/;
const nameLine = /^Name:\s+(\S+)\s*$/;
const detailKey =
  /^(?:Type|Revision|Header|Size in memory|References|Number of entries|Members|Default|Range|Ip-tree|Comment)(?=:(?:\s|$))/;
const memberLine = /^([\w.:,/[\]+-]+)(?=\s*$|\s+(?:timeout|packets|bytes|comment|nomatch|skbmark|skbprio|skbqueue)\b)/;

function wordAt(text: string, found: string, from = 0): Word {
  const start = text.indexOf(found, from);
  return { start, end: start + found.length, text: found, quoted: false };
}

function familyIn(text: string): SetStatement['family'] {
  const family = /\bfamily\s+(inet6?)\b/.exec(text)?.[1];
  return family === undefined ? undefined : family === 'inet6' ? 'ipv6' : 'ipv4';
}

/** Whether the members of a set follow this line of `ipset list`. */
export function isMembersLine(text: string): boolean {
  return /^\s*Members:\s*$/.test(text);
}

/** A line of `ipset save` or `ipset list`; undefined where it is none. */
export function readSetLine(
  text: string,
  context: LineContext,
): SetStatement | SetEntryStatement | SetDetailStatement | undefined {
  const { within } = context;
  if (within?.kind === 'set') {
    const detail = detailKey.exec(text)?.[0];
    if (detail !== undefined) {
      const key = wordAt(text, detail);
      const said = text.slice(key.end + 1).trim();
      const value = said === '' ? undefined : wordAt(text, said, key.end);
      return { kind: 'set-detail', key, value, problems: none };
    }
    const member = within.members ? memberLine.exec(text)?.[1] : undefined;
    if (member !== undefined) {
      const set: Word = { start: 0, end: 0, text: within.name, quoted: false };
      return { kind: 'set-entry', set, entry: wordAt(text, member), problems: none };
    }
  }
  const create = createLine.exec(text);
  if (create?.[1] !== undefined && create[2] !== undefined) {
    const name = wordAt(text, create[1], text.indexOf('create') + 'create'.length);
    const type = wordAt(text, create[2], name.end);
    return { kind: 'set', name, type, family: familyIn(text.slice(create[0].length)), problems: none };
  }
  const add = addLine.exec(text);
  if (add?.[1] !== undefined && add[2] !== undefined) {
    const set = wordAt(text, add[1], text.indexOf('add') + 'add'.length);
    return { kind: 'set-entry', set, entry: wordAt(text, add[2], set.end), problems: none };
  }
  const named = nameLine.exec(text)?.[1];
  if (named === undefined) return undefined;
  return { kind: 'set', name: wordAt(text, named, 'Name:'.length), type: undefined, family: undefined, problems: none };
}
