import { l10n } from 'vscode';
import { rangesOf, subjectsOfParts, type TraceSubject } from './trace-nodes.ts';
import type { TraceSession } from './trace-session.ts';

function outcomesOf({ result }: TraceSession): readonly TraceSubject[] {
  const { report, owners } = result;
  const outcomes = report.outcomes.map((outcome, at): TraceSubject => {
    const owner = outcome.packet.dst === null ? '' : (owners[outcome.packet.dst] ?? '');
    return { kind: 'outcome', at, outcome, owner };
  });
  return report.assumptions.length === 0 ? outcomes : [...outcomes, { kind: 'notes', notes: report.assumptions }];
}

async function belowOutcome(session: TraceSession, { at, outcome }: Extract<TraceSubject, { readonly kind: 'outcome' }>) {
  const { stages, reason } = await session.path(at);
  const rows: TraceSubject[] = outcome.assuming.map((text) => ({ kind: 'assuming', text }));
  const { verdict, steps } = outcome;
  const last = steps.at(-1);
  if (verdict !== 'accept' && last !== undefined) {
    const { chain, line, rule } = last;
    const stopped = { verdict, step: steps.length, chain, line: line === null ? null : line - 1, rule };
    rows.push({ kind: 'why-not', at, stopped });
  }
  rows.push(...stages.map((stage): TraceSubject => ({ kind: 'stage', at, stage })));
  if (reason !== '') rows.push({ kind: 'note', text: reason });
  return rows;
}

async function whatPasses(session: TraceSession, at: number): Promise<readonly TraceSubject[]> {
  const { changes } = await session.whyNot(at);
  if (changes.length === 0) return [{ kind: 'note', text: l10n.t('No change of one respect was found with which it passes.') }];
  return changes.map((change) => ({ kind: 'change', change }));
}

/** The rows below a row; those of all where there is none. */
export async function subjectsBelow(session: TraceSession, subject: TraceSubject | undefined): Promise<readonly TraceSubject[]> {
  switch (subject?.kind) {
    case undefined:
      return outcomesOf(session);
    case 'outcome':
      return belowOutcome(session, subject);
    case 'stage':
      return subjectsOfParts(subject.at, subject.stage.parts);
    case 'rule': {
      const { part, at } = subject;
      const { reasons, before, after } = part;
      return [
        ...(reasons.length === 0 ? [] : [{ kind: 'reasons', reasons } as const]),
        ...(after === null ? [] : [{ kind: 'changed', before, after } as const]),
        ...subjectsOfParts(at, part.parts),
      ];
    }
    case 'passed': {
      const { at, first, count } = subject;
      const ranges = rangesOf(at, first, count);
      if (ranges.length > 0) return ranges;
      return (await session.rules(at, first, count)).rules.map((rule) => ({ kind: 'looked', rule }));
    }
    case 'reasons':
      return subject.reasons.map((reason) => ({ kind: 'reason', reason }));
    case 'why-not':
      return whatPasses(session, subject.at);
    case 'notes':
      return subject.notes.map((text) => ({ kind: 'note', text }));
    default:
      return [];
  }
}
