import type { Steps } from '../../base/steps.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { RuleOption } from '../../syntax/statement.ts';
import { replaced } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';

/** kubernetes/kubernetes#19983: somebody else changes the bits of the mark by which kube-proxy masquerades and drops. */
export const foreignMark: LintRule = {
  codes: { 'foreign-mark': 'A rule changes bits of the mark that kube-proxy goes by.' },
  check,
};

/** kube-proxy's mark for masquerading, and the one that kubelet dropped by. */
const kubeMarks = 0x4000 | 0x8000;
const ownMarkers = ['KUBE-', 'CNI-', 'cali-', 'CILIUM_'];

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const { tables } of ruleset.dumps) {
    yield;
    const chains = tables.find(({ name }) => name === 'nat')?.chains;
    if (chains?.has('KUBE-POSTROUTING') !== true || !chains.has('KUBE-MARK-MASQ')) continue;
    for (const table of tables) checkMarks(ruleset, table, report);
  }
}

/** The bits that an option of MARK may change; NaN where it cannot be told. */
function touchedBits({ name }: RuleOption, text: string): number {
  const [bits = '', mask] = text.split('/');
  if (name === '--or-mark') return Number(bits);
  return mask === undefined ? 0xffffffff : Number(mask) | Number(bits);
}

function checkMarks(ruleset: Ruleset, table: Table, report: (finding: Finding) => void): void {
  for (const number of table.targets.get('MARK') ?? []) {
    const line = ruleset.lines.at(number);
    // A row whose chain is not shown may be one of kube-proxy's own.
    if (line === undefined || line.name === '' || ownMarkers.some((prefix) => line.name.startsWith(prefix))) continue;
    const rule = ruleAt(ruleset, number);
    const option = rule?.options.find(({ name }) => name === '--set-xmark' || name === '--set-mark' || name === '--or-mark');
    const value = option?.values[0];
    if (option === undefined || value === undefined) continue;
    const touched = touchedBits(option, value.text);
    if (!Number.isFinite(touched) || (touched & kubeMarks) === 0) continue;
    const message = `This changes bits 0x${((touched & kubeMarks) >>> 0).toString(16)} of the mark, by which kube-proxy masquerades (0x4000) and drops (0x8000): give a mask that leaves them alone`;
    const place = { line: number, start: value.start, end: value.end };
    const fixes = sparing(place, option, value.text);
    report(finding(place, 'foreign-mark', 'warning', message, { table, chain: table.chains.get(line.name), fixes }));
  }
}

/** The same value with a mask that leaves kube-proxy's bits alone, where the value has none of them. */
function sparing(place: Place, { name }: RuleOption, text: string): readonly Fix[] {
  const [value = '', mask = '0xffffffff'] = text.split('/');
  const [bits, touched] = [Number(value), Number(mask)];
  if (name === '--or-mark' || !Number.isInteger(bits) || !Number.isInteger(touched) || (bits & kubeMarks) !== 0) return [];
  const spared = `${value}/0x${((touched & ~kubeMarks) >>> 0).toString(16)}`;
  return [{ title: `Write ${spared}`, safety: 'unsafe', changes: () => [replaced(place, spared)] }];
}
