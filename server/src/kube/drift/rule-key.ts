/** A rule's text in the form by which rules are compared: without counters and comment, which change nothing. */
import { canonicalRule } from '../../ruleset/canonical.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import type { ExpectedRule } from '../expected/rule.ts';

const option = ' -m comment --comment ';

/** Takes a comment match out of a rule's text. */
function withoutComment(text: string): string {
  const start = text.indexOf(option);
  if (start < 0) return text;
  let end = start + option.length;
  if (text.charCodeAt(end) !== 34) {
    end = text.indexOf(' ', end);
    return end < 0 ? text.slice(0, start) : text.slice(0, start) + text.slice(end);
  }
  for (end += 1; end < text.length; end += 1) {
    const code = text.charCodeAt(end);
    if (code === 92) end += 1;
    else if (code === 34) break;
  }
  return text.slice(0, start) + text.slice(end + 1);
}

/** The key of a line as it stands, right for what iptables-save wrote. */
export function textKey(text: string): string {
  const counted = text.charCodeAt(0) === 91;
  return withoutComment(counted ? text.slice(text.indexOf(' ') + 1) : text).trimEnd();
}

/** The key of a rule however it is spelled; slower. */
export function meaningKey(ruleset: Ruleset, line: number): string | undefined {
  const rule = ruleAt(ruleset, line);
  const source = ruleset.lines[line];
  return rule === undefined || source === undefined ? undefined : withoutComment(canonicalRule(rule, source.context));
}

/** The key of a rule that kube-proxy would write. */
export function expectedKey({ head, tail }: ExpectedRule): string {
  return head + tail;
}
