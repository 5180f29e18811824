import { jsonText } from '../base/safe-text.ts';
import { documentationUrl, findingCodes } from '../lint/registry.ts';
import { usualSeverity } from '../lint/usual-severity.ts';
import { severitiesGiven } from './check-severity.ts';
import { pc } from './colors.ts';
import { UsageError } from './usage-error.ts';

/** `check --list-rules`: every finding there is, how grave it is (as `--severity` has it, where it says so), and what it says. Throws UsageError. */
export function listRules({ format, severity = [] }: { readonly format: string; readonly severity?: readonly string[] }): string {
  if (format !== 'text' && format !== 'json') throw new UsageError(`--list-rules prints text or json, not ${format}`);
  const severities = severitiesGiven(severity);
  const rules = [...findingCodes()].map(([rule, says]) => ({
    rule,
    severity: severities.get(rule) ?? usualSeverity(rule),
    says,
    url: documentationUrl(rule) ?? null,
  }));
  if (format === 'json') return jsonText({ rules });
  const width = Math.max(...rules.map(({ rule }) => rule.length));
  return rules.map(({ rule, severity: level, says }) => `${pc.bold(rule.padEnd(width))}  ${level.padEnd(7)}  ${says}`).join('\n');
}
