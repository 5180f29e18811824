import { l10n, ThemeColor, ThemeIcon, type Uri } from 'vscode';
import { hostPort } from '../../../server/src/base/ip.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import type { TracedOutcome, TracedPacket, TracePart, TraceReason } from '../../../server/src/protocol/trace.ts';
import { listed } from '../listed.ts';
import type { TreeRow } from '../show.ts';
import { seenDifferenceRow, seenPacketRow, seenStepRow } from './seen-rows.ts';
import { isDull, type LookedRule, type StoppedBy, type TraceNode, type TraceSubject } from './trace-nodes.ts';

type Subject<Kind extends TraceSubject['kind']> = Extract<TraceSubject, { readonly kind: Kind }>;
type Rule = Extract<TracePart, { readonly kind: 'rule' }>;

/** Goes to a place of the trace: the command behind a row, with the dump's URI, the 0-based line, the outcome and the step (0 for none). */
export const showTraceLineCommand = 'iptables.showTraceLine';
/** Follows another packet: the command behind a change that would pass, with the dump's URI and the question. */
export const tracePacketCommand = 'iptables.tracePacket';

const verdictIcons: Readonly<Record<TracedOutcome['verdict'], ThemeIcon>> = {
  accept: new ThemeIcon('pass', new ThemeColor('testing.iconPassed')),
  drop: new ThemeIcon('error', new ThemeColor('testing.iconFailed')),
  reject: new ThemeIcon('circle-slash', new ThemeColor('testing.iconFailed')),
};

function verdictText(verdict: TracedOutcome['verdict']): string {
  switch (verdict) {
    case 'accept':
      return l10n.t('accepted');
    case 'drop':
      return l10n.t('dropped');
    case 'reject':
      return l10n.t('rejected');
  }
}

function destinationText({ dst, dport }: TracedPacket, owner: string): string {
  if (dst === null)
    return dport === null ? l10n.t('to an address of the node') : l10n.t('to an address of the node, port {0}', dport);
  const address = dport === null ? dst : hostPort(dst, dport);
  return owner === '' ? l10n.t('to {0}', address) : l10n.t('to {0} ({1})', address, owner);
}

function sourceText(start: TracedPacket, packet: TracedPacket): string {
  if (packet.src === null) return l10n.t('masqueraded');
  return packet.src === start.src ? '' : l10n.t('from {0}', packet.src);
}

/** The verdict; that of the rules that the text shows where it does not show all. */
function endText({ verdict, shownWhole }: TracedOutcome): string {
  return shownWhole ? verdictText(verdict) : l10n.t('{0} as far as the text shows', verdictText(verdict));
}

function outcomeRow({ at, outcome, owner }: Subject<'outcome'>): TreeRow {
  const { probability, verdict, shownWhole, start, packet, assuming } = outcome;
  const label = `${percentText(probability)} ${endText(outcome)}`;
  const description = listed(destinationText(packet, owner), sourceText(start, packet), assuming.join(' '));
  const tooltip = [label, destinationText(packet, owner), ...assuming];
  const children = at === 0 ? 'open' : 'closed';
  const icon = shownWhole ? verdictIcons[verdict] : new ThemeIcon('question');
  return { label, description, tooltip, icon, children, spoken: listed(label, description) };
}

/** What a rule does, as an icon. */
function actionIcon(action: string): ThemeIcon {
  if (/^(?:jump|goto) /.test(action)) return new ThemeIcon('arrow-right');
  if (/^(?:drop|reject)/.test(action)) return verdictIcons.drop;
  if (/^accept/.test(action)) return verdictIcons.accept;
  if (/^(?:dnat|snat|masquerade|redirect|netmap)/.test(action)) return new ThemeIcon('arrow-swap');
  if (/mark/.test(action)) return new ThemeIcon('tag');
  return new ThemeIcon('circle-small-filled');
}

function reasonText({ text, why }: TraceReason): string {
  return why === '' ? text : l10n.t('{0}: {1}', text, why);
}

/** How a reason came out, in words: icons are not read out. */
function holdsText({ holds }: TraceReason): string {
  return holds === null ? l10n.t('by chance or unknown') : holds ? l10n.t('holds') : l10n.t('does not hold');
}

function placeText(chain: string, line: number | null): string {
  return line === null ? chain : l10n.t('{0}, line {1}', chain, line + 1);
}

function ruleRow({ step, chain, line, rule, action, reasons, before, after, parts }: Rule): TreeRow {
  const label = `${step}. ${action}`;
  const changed = after === null ? '' : l10n.t('the packet was {0} and is {1}', before, after);
  return {
    label,
    description: placeText(chain, line),
    tooltip: [rule, ...reasons.map(reasonText), changed],
    icon: actionIcon(action),
    children: parts.length > 0 ? 'open' : reasons.length > 0 || after !== null ? 'closed' : 'none',
    spoken: l10n.t('step {0}, {1}, {2}', step, action, placeText(chain, line)),
  };
}

/** A rule that did not match: what kept it from the packet comes first, as rules are long and begin alike. */
function lookedRow({ line, rule, reasons }: LookedRule): TreeRow {
  const decisive = reasons.find(({ holds }) => holds === false) ?? reasons.find(({ holds }) => holds !== true);
  const why = decisive?.why ?? '';
  const label = decisive?.text ?? rule;
  return {
    label,
    description: listed(why, l10n.t('line {0}', line + 1)),
    tooltip: [rule, ...reasons.map((reason) => listed(reasonText(reason), holdsText(reason)))],
    icon: new ThemeIcon('dash'),
    children: 'none',
    spoken: l10n.t('line {0} did not match: {1}, {2}', line + 1, label, why),
  };
}

function reasonRow(reason: TraceReason): TreeRow {
  const { holds } = reason;
  const icon = holds === null ? 'question' : holds ? 'check' : 'close';
  return {
    label: reason.text,
    description: reason.why,
    icon: new ThemeIcon(icon),
    children: 'none',
    spoken: listed(reasonText(reason), holdsText(reason)),
  };
}

function passedRow({ first, count, isRange }: Subject<'passed'>): TreeRow {
  const label = isRange
    ? l10n.t('{0} to {1}', first + 1, first + count)
    : count === 1
      ? l10n.t('1 rule did not match')
      : l10n.t('{0} rules did not match', count);
  return { label, icon: new ThemeIcon('ellipsis'), children: 'closed' };
}

function stoppedRow({ verdict, chain, line, rule }: StoppedBy): TreeRow {
  const place = placeText(chain, line);
  const label = verdict === 'reject' ? l10n.t('rejected by {0}', place) : l10n.t('dropped by {0}', place);
  return { label, description: rule, tooltip: [label, rule], icon: new ThemeIcon('lightbulb'), children: 'open' };
}

function changeRow({ words, assuming }: Subject<'change'>['change']): TreeRow {
  return {
    label: l10n.t('passes {0}', words),
    description: assuming.length === 0 ? '' : l10n.t('if {0}', assuming.join(' ')),
    tooltip: [l10n.t('The packet was followed with this change alone, and is accepted.'), ...assuming],
    icon: new ThemeIcon('lightbulb'),
    children: 'none',
  };
}

function noteRow(text: string): TreeRow {
  return { label: text, tooltip: [text], icon: new ThemeIcon('info'), children: 'none' };
}

function rowOf(subject: TraceSubject): TreeRow {
  switch (subject.kind) {
    case 'outcome':
      return outcomeRow(subject);
    case 'assuming':
      return { ...noteRow(subject.text), label: l10n.t('if {0}', subject.text), icon: new ThemeIcon('question') };
    case 'stage': {
      const { hook, table, after } = subject.stage;
      const description = after === null ? '' : after;
      return {
        label: `${hook} ${table}`,
        description,
        icon: new ThemeIcon('table'),
        children: isDull(subject.stage) ? 'closed' : 'open',
      };
    }
    case 'rule':
      return ruleRow(subject.part);
    case 'policy': {
      const { step, chain, line, action } = subject.part;
      const label = l10n.t('{0}. policy {1}', step, action);
      return { label, description: placeText(chain, line), icon: actionIcon(action), children: 'none' };
    }
    case 'passed':
      return passedRow(subject);
    case 'looked':
      return lookedRow(subject.rule);
    case 'reasons':
      return { label: l10n.t('why it matched'), icon: new ThemeIcon('checklist'), children: 'closed' };
    case 'reason':
      return reasonRow(subject.reason);
    case 'changed':
      return {
        label: l10n.t('now {0}', subject.after),
        tooltip: [l10n.t('before: {0}', subject.before), l10n.t('now: {0}', subject.after)],
        icon: new ThemeIcon('edit'),
        children: 'none',
      };
    case 'why-not':
      return stoppedRow(subject.stopped);
    case 'change':
      return changeRow(subject.change);
    case 'notes':
      return {
        label: l10n.t('taken to be so'),
        description: String(subject.notes.length),
        icon: new ThemeIcon('info'),
        children: 'closed',
      };
    case 'note':
      return noteRow(subject.text);
    case 'seen-packet':
      return seenPacketRow(subject.packet, subject.at === 0);
    case 'seen-step':
      return seenStepRow(subject.step, subject.number);
    case 'seen-difference':
      return seenDifferenceRow(subject.message);
  }
}

/** The rule that a row is about: its 0-based line, the outcome and the step, as far as there are. */
function placeOf(subject: TraceSubject): { readonly line: number; readonly at: number; readonly step: number } | undefined {
  switch (subject.kind) {
    case 'rule':
    case 'policy': {
      const { line, step } = subject.part;
      return line === null ? undefined : { line, at: subject.at, step };
    }
    case 'why-not': {
      const { line, step } = subject.stopped;
      return line === null ? undefined : { line, at: subject.at, step };
    }
    case 'seen-step': {
      const { line } = subject.step;
      return line === null ? undefined : { line, at: subject.at, step: subject.number };
    }
    case 'looked':
      return { line: subject.rule.line, at: -1, step: 0 };
    default:
      return undefined;
  }
}

/** The row of a node; a click on it goes to its rule where it has one, or follows the packet that would pass. */
export function traceRow({ subject }: TraceNode, uri: Uri): TreeRow {
  const row = rowOf(subject);
  if (subject.kind === 'change') {
    const title = l10n.t('Trace Packet');
    return { ...row, command: { command: tracePacketCommand, title, arguments: [uri, subject.change.question] } };
  }
  const place = placeOf(subject);
  if (place === undefined) return row;
  const { line, at, step } = place;
  return {
    ...row,
    command: { command: showTraceLineCommand, title: l10n.t('Go to the Rule'), arguments: [uri, line, at, step] },
  };
}
