import { command } from '../../base/shell-text.ts';
import { readNumber } from '../../catalog/values/numbers.ts';
import type { TraceStep } from '../../netfilter/outcome.ts';
import { listens } from '../../node/look-ups/listening.ts';
import { optionOf, ruleAt } from '../../ruleset/rules.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { Cause } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { accepted, atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** Rules that hand packets to a program: the kernel drops them where there is none. */
export const nobodyTakes: NodeFinding = {
  codes: {
    'queue-without-listener': 'A rule hands packets to a queue (NFQUEUE) that no program has opened: the kernel drops them.',
    'tproxy-without-listener':
      'A rule hands packets to a port of this node (TPROXY) where no program listens: the kernel drops them.',
  },
  look: atOnce(look),
};

function value(rule: RuleStatement, name: string): string {
  return optionOf(rule, name)?.values[0]?.text ?? '';
}

/** The queues that a rule hands packets to: one, or several among which it shares them. */
function queuesOf(rule: RuleStatement): readonly number[] {
  const [first = '0', last = first] = (value(rule, '--queue-balance') || value(rule, '--queue-num') || '0').split(':');
  const [from, to] = [readNumber(first, 0, 65_535), readNumber(last, 0, 65_535)];
  return from === undefined || to === undefined || to < from ? [] : Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

function ofQueue(subject: Subject, step: TraceStep, line: number): Cause | undefined {
  const { queues } = subject.facts;
  const rule = ruleAt(subject.ruleset, line);
  if (queues === null || queues.skipped > 0 || rule === undefined || optionOf(rule, '--queue-bypass') !== undefined)
    return undefined;
  const wanted = queuesOf(rule);
  if (wanted.length === 0 || queues.records.some(({ number }) => wanted.includes(number))) return undefined;
  const { file, line: at } = subject.place(line);
  const opened = queues.records.map(({ number }) => number);
  return {
    code: 'queue-without-listener',
    message: `A rule of ${step.chain.name} (${file}, line ${at}) hands the packet to queue ${wanted.length > 1 ? `${wanted[0]} to ${wanted.at(-1)}` : wanted[0]}, and no program has opened it (open are: ${opened.join(', ') || 'none'}): the kernel drops what nobody takes, unless the rule has --queue-bypass.`,
    evidence: [
      ruleEvidence(subject, line),
      { file: queues.file, line: queues.records[0]?.line ?? 1, text: `open queues: ${opened.join(', ') || 'none'}` },
    ],
    confirm: [command`cat /proc/net/netfilter/nfnetlink_queue`],
    mend: [
      command`start the program that takes the packets (Suricata, a policy agent, ...), or give the rule --queue-bypass, or take it away`,
    ],
  };
}

function ofProxy(subject: Subject, step: TraceStep, line: number, { start }: Journey): Cause | undefined {
  const rule = ruleAt(subject.ruleset, line);
  if (rule === undefined) return undefined;
  const port = readNumber(value(rule, '--on-port') || '0', 0, 65_535) || start.dport;
  const ip = value(rule, '--on-ip');
  const isThere = port === null || port === undefined ? undefined : listens(subject.facts, start.protocol, ip, port);
  if (isThere !== false) return undefined;
  const { sockets } = subject.facts;
  const { file, line: at } = subject.place(line);
  return {
    code: 'tproxy-without-listener',
    message: `A rule of ${step.chain.name} (${file}, line ${at}) hands the packet to port ${port} of this node (TPROXY), and no program listens there: the kernel drops it.`,
    evidence: [
      ruleEvidence(subject, line),
      {
        file: sockets?.file ?? '',
        line: 1,
        text: `none of ${sockets?.records.length ?? 0} sockets has ${start.protocol} port ${port}`,
      },
    ],
    confirm: [command`ss -lntu | grep -w ${port ?? ''}`],
    mend: [command`start the proxy that listens there, or take the rule away`],
  };
}

function causeOf(subject: Subject, journey: Journey): Cause | undefined {
  for (let step = journey.last; step !== null; step = step.previous) {
    if (step.line === null) continue;
    const cause =
      step.kind === 'queue'
        ? ofQueue(subject, step, step.line)
        : step.kind === 'tproxy'
          ? ofProxy(subject, step, step.line, journey)
          : undefined;
    if (cause !== undefined) return cause;
  }
  return undefined;
}

function look(subject: Subject, asked: Asked | null): Looked {
  const found = accepted(asked).flatMap((journey) => {
    const cause = causeOf(subject, journey);
    return cause === undefined ? [] : [foundCause(cause, { ends: [journey], isBeforeRules: true })];
  });
  return { ...nothing, found };
}
