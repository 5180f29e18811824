import type { Memento } from 'vscode';
import type { TraceQuestion } from '../../../server/src/protocol/trace.ts';

const historyKey = 'iptables.traces';
const mostKept = 20;

function isQuestion(value: unknown): value is TraceQuestion {
  if (typeof value !== 'object' || value === null) return false;
  const { from, to } = value as Readonly<Record<string, unknown>>;
  return typeof from === 'string' && typeof to === 'string';
}

/** The questions that were asked in this workspace, the latest first. */
export function askedBefore(memento: Memento): readonly TraceQuestion[] {
  const kept: unknown = memento.get(historyKey);
  return Array.isArray(kept) ? kept.filter(isQuestion) : [];
}

/** Keeps a question as the latest. */
export async function keepAsked(memento: Memento, question: TraceQuestion): Promise<void> {
  const key = JSON.stringify(question);
  const others = askedBefore(memento).filter((each) => JSON.stringify(each) !== key);
  await memento.update(historyKey, [question, ...others].slice(0, mostKept));
}
