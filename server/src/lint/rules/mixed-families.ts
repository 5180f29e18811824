import type { Steps } from '../../base/steps.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';

/** IPv4 and IPv6 addresses in the rules of one dump that does not say which it is of. Where it does, each line is checked on its own. */
export const mixedFamilies: LintRule = {
  codes: { 'mixed-families': 'A dump holds IPv4 and IPv6 addresses: no one program takes both.' },
  check,
};

const addressOption = / (?:-s|-d|--source|--destination|--to-destination|--to-source) (\[?[0-9A-Fa-f:.]+)/;
const rulesBetweenPauses = 2048;

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const dump of ruleset.dumps) {
    if (dump.familyBy !== 'address' && dump.familyBy !== 'default') continue;
    const other = yield* firstOfOtherFamily(ruleset, dump);
    if (other === undefined) continue;
    const [said, found] = dump.family === 'ipv4' ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4'];
    const message = `An ${found} address among rules with ${said} addresses: iptables takes only IPv4, ip6tables only IPv6`;
    report(finding(other, 'mixed-families', 'error', message));
  }
}

function* firstOfOtherFamily(ruleset: Ruleset, dump: Dump): Steps<Place | undefined> {
  let looked = 0;
  for (const table of dump.tables) {
    for (let number = table.firstLine; number < table.endLine; number += 1) {
      const line = ruleset.lines[number];
      if (line?.kind !== 'rule' || line.listing) continue;
      looked += 1;
      if (looked % rulesBetweenPauses === 0) yield;
      const address = addressOption.exec(line.text)?.[1];
      if (address === undefined || isIPv6(address) === (dump.family === 'ipv6')) continue;
      // -4 and -6 say on the line itself which program is to take it.
      const rule = ruleAt(ruleset, number);
      if (rule === undefined || rule.options.some(({ name }) => name === '--ipv4' || name === '--ipv6')) continue;
      const word = rule.options.flatMap(({ values }) => values).find(({ text }) => text.startsWith(address));
      if (word !== undefined) return { line: number, start: word.start, end: word.end };
    }
  }
  return undefined;
}

function isIPv6(address: string): boolean {
  return address.startsWith('[') || (address.includes(':') && !/^[0-9]+\.[0-9.]*:/.test(address));
}
