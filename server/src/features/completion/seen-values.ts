/** What the rules around a place say for the same option: values that are likely to be wanted again. */
import { spellings } from '../../catalog/lookup.ts';
import type { OptionSpec } from '../../catalog/types.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';

/** So many lines on either side are looked at, so that a list takes the same time in any file. */
const linesAround = 1500;
const mostValues = 30;
const longestValue = 100;

const addressOptions = ['-s', '--source', '--src', '-d', '--destination', '--dst'];

/** The values that rules of a table near a line (0-based) give an option, nearest first. An address may come from either end of a packet. */
export function seenValues({ lines }: Ruleset, table: Table, line: number, option: OptionSpec): readonly string[] {
  const isAddress = option.value?.type === 'networks';
  const names = isAddress ? addressOptions : spellings(option);
  const before = names.map((name) => ` ${name} `);
  const found = new Set<string>();
  for (let distance = 1; distance <= linesAround && found.size < mostValues; distance += 1) {
    for (const number of [line - distance, line + distance]) {
      if (number < table.firstLine || number >= table.endLine) continue;
      const source = lines.at(number);
      if (source?.kind === 'rule' && source.problems.length === 0) collect(source.text, before, found);
    }
  }
  return [...found].slice(0, mostValues);
}

function collect(text: string, before: readonly string[], found: Set<string>): void {
  for (const name of before) {
    const at = text.indexOf(name);
    if (at < 0) continue;
    const start = at + name.length;
    const space = text.indexOf(' ', start);
    const value = text.slice(start, space < 0 ? text.length : space);
    if (value !== '' && value.length <= longestValue && !/^[!"-]/.test(value)) found.add(value);
  }
}
