import { tableAt } from '../ruleset/ruleset.ts';
import type { Steps } from '../syntax/steps.ts';
import { type Finding, finding, type LintInput, type LintRule } from './finding.ts';

/** A line that iptables-restore reads as two. Its buffer holds 10,240 bytes, the line end and a NUL among them (iptables-restore.c). */
export const longLine: LintRule = {
  codes: { 'long-line': 'A line is longer than 10,239 bytes: iptables-restore reads the rest of it as a line of its own.' },
  check,
};

const mostBytes = 10239;
const mostBytesOfUnit = 3;
const linesBetweenPauses = 8192;

/** Where in a text so many bytes of UTF-8 end; undefined where it has no more. */
function unitsOfBytes(text: string, bytes: number): number | undefined {
  let counted = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Each half of a surrogate pair stands for two of its four bytes.
    counted += code < 0x80 ? 1 : code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 2 : mostBytesOfUnit;
    if (counted > bytes) return at;
  }
  return undefined;
}

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (let number = 0; number < ruleset.lines.length; number += 1) {
    if (number % linesBetweenPauses === linesBetweenPauses - 1) yield;
    const line = ruleset.lines[number];
    if (line === undefined || line.text.length * mostBytesOfUnit <= mostBytes || line.listing) continue;
    const cut = unitsOfBytes(line.text, mostBytes);
    // A comment whose rest begins with # is two comments.
    if (cut === undefined || line.text.charCodeAt(cut) === 0x23) continue;
    const message = `iptables-restore reads at most ${mostBytes} bytes as one line; it takes what stands here and behind for a line of its own`;
    const place = { line: number, start: cut, end: line.text.length };
    report(finding(place, 'long-line', 'error', message, { table: tableAt(ruleset, number) }));
  }
}
