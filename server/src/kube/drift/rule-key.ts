/** A rule's text in the form by which rules are compared: without counters and comment, which change nothing. */
import { canonicalRule } from '../../ruleset/canonical.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import type { ExpectedRule } from '../expected/rule.ts';

const option = ' -m comment --comment ';

/** Where the comment that starts at `start` ends, quoted or not. */
function commentEnd(text: string, start: number): number {
  if (text.charCodeAt(start) !== 34) {
    const end = text.indexOf(' ', start);
    return end < 0 ? text.length : end;
  }
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 34) return at + 1;
  }
  return text.length;
}

/** Takes a comment match out of a rule's text. */
function withoutComment(text: string): string {
  const start = text.indexOf(option);
  return start < 0 ? text : text.slice(0, start) + text.slice(commentEnd(text, start + option.length));
}

/** Whether a line is a rule just as kube-proxy and iptables-save write it, whatever its counters and comment. Makes no texts. */
export function isWrittenAs(text: string, { head, tail }: ExpectedRule): boolean {
  const start = text.charCodeAt(0) === 91 ? text.indexOf(' ') + 1 : 0;
  const middle = start + head.length;
  const end = text.length - tail.length;
  if (middle > end || !text.startsWith(head, start) || !text.endsWith(tail)) return false;
  return middle === end || (text.startsWith(option, middle) && commentEnd(text, middle + option.length) === end);
}

/** The key of a line as it stands, right for what iptables-save wrote. */
export function textKey(text: string): string {
  const counted = text.charCodeAt(0) === 91;
  return withoutComment(counted ? text.slice(text.indexOf(' ') + 1) : text).trimEnd();
}

/** The key of a rule however it is spelled; slower. */
export function meaningKey(ruleset: Ruleset, line: number): string | undefined {
  const rule = ruleAt(ruleset, line);
  const source = ruleset.lines.at(line);
  return rule === undefined || source === undefined ? undefined : withoutComment(canonicalRule(rule, source.context));
}

/** The key of a rule that kube-proxy would write. */
export function expectedKey({ head, tail }: ExpectedRule): string {
  return head + tail;
}
