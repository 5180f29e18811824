import { l10n, ThemeColor, ThemeIcon } from 'vscode';
import type { SeenPacketInfo } from '../../../server/src/protocol/trace.ts';
import type { TreeRow } from '../show.ts';

export type SeenStep = SeenPacketInfo['steps'][number];

function agreementText(agrees: boolean | null): string {
  if (agrees === null) return l10n.t('not compared');
  return agrees ? l10n.t('as follows from the dump') : l10n.t('otherwise than follows from the dump');
}

function verdictText(verdict: SeenPacketInfo['verdict']): string {
  switch (verdict) {
    case null:
      return l10n.t('not seen to its end');
    case 'accept':
      return l10n.t('accepted');
    case 'drop':
      return l10n.t('dropped');
    case 'reject':
      return l10n.t('rejected');
  }
}

function iconOf(agrees: boolean | null): ThemeIcon {
  if (agrees === null) return new ThemeIcon('question');
  return agrees
    ? new ThemeIcon('pass', new ThemeColor('testing.iconPassed'))
    : new ThemeIcon('diff', new ThemeColor('testing.iconFailed'));
}

/** The row of a packet that was seen. */
export function seenPacketRow({ title, verdict, agrees, difference }: SeenPacketInfo, isOpen: boolean): TreeRow {
  const description = `${verdictText(verdict)}, ${agreementText(agrees)}`;
  return {
    label: title,
    description,
    tooltip: [title, description, difference?.message ?? ''],
    icon: iconOf(agrees),
    children: isOpen ? 'open' : 'closed',
    spoken: `${title}, ${description}`,
  };
}

function actionText({ kind, rule }: SeenStep): string {
  if (kind === 'policy') return l10n.t('policy');
  if (kind === 'return') return l10n.t('end of the chain');
  return rule === '' ? l10n.t('a rule that the dump does not have') : rule.replace(/^-A \S+ /, '');
}

/** The row of a rule that a packet was seen to meet. */
export function seenStepRow(step: SeenStep, number: number): TreeRow {
  const { table, chain, line, rule } = step;
  const place = line === null ? `${table} ${chain}` : l10n.t('{0} {1}, line {2}', table, chain, line + 1);
  const isGone = step.kind === 'rule' && rule === '';
  return {
    label: `${number}. ${place}`,
    description: actionText(step),
    tooltip: [place, rule],
    icon: isGone ? new ThemeIcon('warning') : new ThemeIcon('circle-small-filled'),
    children: 'none',
  };
}

/** What would have come instead of what was seen. */
export function seenDifferenceRow(message: string): TreeRow {
  return { label: message, tooltip: [message], icon: iconOf(false), children: 'none' };
}
