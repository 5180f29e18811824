import type { Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import { familyOfAddress } from '../../ruleset/infer-family.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import { type Dump, type Ruleset, tableAt } from '../../ruleset/ruleset.ts';
import { replaced } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';

/** IPv4 and IPv6 addresses in the rules of one dump that does not say which it is of. Where it does, each line is checked on its own. */
export const mixedFamilies: LintRule = {
  codes: { 'mixed-families': 'A dump holds IPv4 and IPv6 addresses: no one program takes both.' },
  check,
};

const addressOptions = new Set(['--source', '--destination', '--to-destination', '--to-source']);
const rulesBetweenPauses = 2048;
const dumpsBetweenPauses = 256;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const dump of ruleset.dumps) {
    if (dump.index % dumpsBetweenPauses === dumpsBetweenPauses - 1) yield;
    if (dump.familyBy !== 'address' && dump.familyBy !== 'default') continue;
    const other = yield* firstOfOtherFamily(ruleset, dump);
    if (other === undefined) continue;
    const [said, found] = dump.family === 'ipv4' ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4'];
    const message = `An ${found} address among rules with ${said} addresses: iptables takes only IPv4, ip6tables only IPv6`;
    // Rules alone may have been taken from two dumps.
    const severity = dump.tables.some(({ declared }) => declared) ? 'error' : 'info';
    report(finding(other, 'mixed-families', severity, message, { fixes: () => setApart(input, other.line, found) }));
  }
}

function* firstOfOtherFamily(ruleset: Ruleset, dump: Dump): Steps<Place | undefined> {
  let looked = 0;
  for (const table of dump.tables) {
    for (let number = table.firstLine; number < table.endLine; number += 1) {
      looked += 1;
      if (looked % rulesBetweenPauses === 0) yield;
      const line = ruleset.lines.at(number);
      if (line?.kind !== 'rule' || line.listing) continue;
      if (!mayHaveAddress(line.text, dump.family)) continue;
      const rule = ruleAt(ruleset, number);
      // -4 and -6 say on the line itself which program is to take it.
      if (rule === undefined || rule.options.some(({ name }) => name === '--ipv4' || name === '--ipv6')) continue;
      const word = rule.options
        // Of a value that the text does not show nothing is told.
        .filter(({ name, spec }) => addressOptions.has(name) && spec !== undefined)
        .flatMap(({ values }) => values)
        .find(({ text }) => familyOfAddress(text) !== undefined && familyOfAddress(text) !== dump.family);
      if (word !== undefined) return { line: number, start: word.start, end: word.end };
    }
  }
  return undefined;
}

/** Whether a text may hold an address of the family that is not this one: quicker to see than to read the rule. */
function mayHaveAddress(text: string, family: Family): boolean {
  // "::" or seven colons; three dots.
  return family === 'ipv4' ? text.includes('::') || holds(text, ':', 7) : holds(text, '.', 3);
}

function holds(text: string, character: string, count: number): boolean {
  let at = -1;
  for (let seen = 0; seen < count; seen += 1) {
    at = text.indexOf(character, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** iptables-restore skips a line with -6, and ip6tables-restore one with -4: one file can be for both. */
function setApart(input: LintInput, number: number, family: string): readonly Fix[] {
  const { ruleset } = input;
  const table = tableAt(ruleset, number);
  const rule = ruleAt(ruleset, number);
  if (table === undefined || rule === undefined || !isMendable(input, table)) return [];
  const [option, other] = family === 'IPv6' ? ['-6', 'iptables-restore'] : ['-4', 'ip6tables-restore'];
  const { end } = rule.chain;
  return [
    {
      title: `Say that the rule is for ${family} alone (${option}): ${other} skips it then`,
      safety: 'unsafe',
      changes: () => [replaced({ line: number, start: end, end }, ` ${option}`)],
    },
  ];
}
