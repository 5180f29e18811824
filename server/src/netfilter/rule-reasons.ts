/** Why a rule matched a packet or did not: each of its conditions, what was answered, and what of the packet decided. */

import { percentText } from '../base/percent.ts';
import type { Line } from '../syntax/line.ts';
import type { Answer } from './answer.ts';
import { ruleConditions } from './compile-rule.ts';
import type { Condition } from './compiled-rule.ts';
import { answerTo } from './enumeration/facts.ts';
import { optionsText } from './option-view.ts';
import type { Packet } from './packet.ts';
import { packetWords } from './packet-words.ts';
import type { Walk } from './walk.ts';

export interface ConditionReason {
  /** "! -s 10.244.0.0/16", "-m tcp --dport 80"; "interfaces" for those that a listing does not show. */
  readonly text: string;
  /** null where nothing decided, as for one by chance: it holds with a probability. */
  readonly holds: boolean | null;
  /** What decided: "the packet is for 10.96.0.10", an assumption in a sentence; empty where nothing can be said. */
  readonly why: string;
}

/** A condition as rules write it: "! -s 10.244.0.0/16", "-m tcp --dport 80"; "interfaces" for those that a listing does not show. */
export function conditionText({ match, options }: Condition): string {
  if (options.length === 0) return match === '' ? 'interfaces' : `-m ${match}`;
  return `${match === '' ? '' : `-m ${match} `}${optionsText(options)}`;
}

interface Reason {
  readonly holds: boolean | null;
  /** undefined where the packet itself says it. */
  readonly why?: string;
}

/** What one answer comes to on the path of a walk. */
function reasonOf({ run, path }: Walk, answer: Answer): Reason {
  if (typeof answer === 'boolean') return { holds: answer };
  switch (answer.kind) {
    case 'chance': {
      const why = `by chance: ${percentText(answer.probability)} of the packets that are asked`;
      return { holds: answer.probability >= 1 ? true : answer.probability <= 0 ? false : null, why };
    }
    case 'assumed':
      return { holds: answer.holds, why: answer.assumption };
    case 'effect':
      return { holds: answer.holds };
    case 'doubt': {
      const known = answerTo(run, path, answer.fact);
      if (known === undefined) return { holds: null, why: 'nothing tells' };
      return { holds: known !== answer.negated, why: known ? answer.fact.yes : answer.fact.no };
    }
  }
}

function conditionReason(walk: Walk, packet: Packet, condition: Condition): ConditionReason {
  const text = conditionText(condition);
  let decisive: Reason = { holds: true };
  const said: string[] = [];
  for (const predicate of condition.predicates) {
    const reason = reasonOf(walk, predicate(packet, walk.run.knows));
    if (reason.why !== undefined && reason.why !== '') said.push(reason.why);
    if (reason.holds === true) continue;
    decisive = reason;
    if (reason.holds === false) return { text, holds: false, why: reason.why ?? packetWords(condition, packet) };
  }
  return { text, holds: decisive.holds, why: said.length > 0 ? said.join(' ') : packetWords(condition, packet) };
}

/** The conditions of the rule on a line, with their reasons; comments are none. */
export function conditionsWithReasons(
  walk: Walk,
  line: Line,
  packet: Packet,
): readonly { readonly condition: Condition; readonly reason: ConditionReason }[] {
  return ruleConditions(line, walk.run.family)
    .filter(({ match }) => match !== 'comment')
    .map((condition) => ({ condition, reason: conditionReason(walk, packet, condition) }));
}

/** Why a rule matched a packet on the path of a walk, or did not: its conditions in the order in which the kernel asks them. None for a rule without any. */
export function ruleReasons(walk: Walk, line: Line, packet: Packet): readonly ConditionReason[] {
  return conditionsWithReasons(walk, line, packet).map(({ reason }) => reason);
}
