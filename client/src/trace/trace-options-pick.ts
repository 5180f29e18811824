import { l10n } from 'vscode';
import type { TraceQuestion } from '../../../server/src/protocol/trace.ts';
import { askText, type PickItem, pick } from '../show.ts';

type Field = Exclude<keyof TraceQuestion, 'from' | 'to' | 'protocol' | 'ipv6'>;

/** What else can be said of a packet. */
interface TraceOption {
  readonly field: Field;
  readonly label: string;
  /** What stands there where nothing is said. */
  readonly usual: string;
  /** The values that there are; any where absent. */
  readonly values?: readonly (readonly [value: string, label: string])[];
  /** The protocols that have it; all where absent. */
  readonly of?: readonly string[];
}

function same(...values: readonly string[]): readonly (readonly [string, string])[] {
  return values.map((value) => [value, value]);
}

const withPorts = ['tcp', 'udp', 'sctp', 'udplite', 'dccp'];

/** A function, as the words are translated when they are shown. */
function allOptions(): readonly TraceOption[] {
  const any = l10n.t('any');
  return [
    {
      field: 'kind',
      label: l10n.t('Which packet'),
      usual: l10n.t('the first of its connection'),
      values: [
        ['first', l10n.t('the first of its connection')],
        ['answer', l10n.t('the answer to it')],
        ['later', l10n.t('a later one, after an answer')],
      ],
    },
    {
      field: 'entry',
      label: l10n.t('Entry of the Service'),
      usual: l10n.t('what such a client uses'),
      values: same('cluster-ip', 'node-port', 'load-balancer-ip', 'external-ip', 'host-port'),
    },
    { field: 'sport', label: l10n.t('Source port'), usual: any, of: withPorts },
    { field: 'in', label: l10n.t('Comes in by interface'), usual: any },
    { field: 'out', label: l10n.t('Leaves by interface'), usual: any },
    { field: 'hook', label: l10n.t('First met in'), usual: l10n.t('told by its source'), values: same('prerouting', 'output') },
    {
      field: 'state',
      label: l10n.t('State of the connection'),
      usual: 'NEW',
      values: same('NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'),
    },
    { field: 'flags', label: l10n.t('TCP flags'), usual: 'SYN', of: ['tcp'] },
    { field: 'icmpType', label: l10n.t('ICMP type'), usual: 'echo-request', of: ['icmp', 'ipv6-icmp'] },
    { field: 'mark', label: l10n.t('Mark'), usual: '0' },
    { field: 'uid', label: l10n.t('User of the process'), usual: any },
    { field: 'gid', label: l10n.t('Group of the process'), usual: any },
    { field: 'ttl', label: l10n.t('TTL or hop limit'), usual: any },
    { field: 'length', label: l10n.t('Length in bytes'), usual: any },
    { field: 'tos', label: l10n.t('TOS'), usual: any },
  ];
}

interface OptionItem extends PickItem {
  readonly option: TraceOption | undefined;
}

function rows(question: TraceQuestion): readonly OptionItem[] {
  const { protocol = 'tcp' } = question;
  const fitting = allOptions().filter(({ of }) => of === undefined || question.protocol === undefined || of.includes(protocol));
  return [
    { icon: 'play', label: l10n.t('Trace the packet'), description: summaryOf(question), option: undefined },
    ...fitting.map((option): OptionItem => {
      const said = question[option.field];
      const text = option.values?.find(([value]) => value === said)?.[1] ?? said;
      return {
        icon: said === undefined ? 'circle-small' : 'check',
        label: option.label,
        description: text ?? option.usual,
        option,
      };
    }),
  ];
}

/** "shop/web-0 to shop/api:grpc, tcp, state NEW". */
export function summaryOf({ from, to, ...said }: TraceQuestion): string {
  const rest = Object.entries(said).map(([name, value]) => (name === 'protocol' ? String(value) : `${name} ${String(value)}`));
  return [l10n.t('{0} to {1}', from, to), ...rest].join(', ');
}

/** The question without what is said of one field. */
function without(question: TraceQuestion, field: Field): TraceQuestion {
  const { [field]: _, ...rest } = question;
  return rest as TraceQuestion;
}

async function ask(option: TraceOption, question: TraceQuestion): Promise<string | undefined> {
  const { label, values, usual, field } = option;
  const title = l10n.t('Trace Packet: {0}', label);
  if (values === undefined)
    return askText({ title, prompt: l10n.t('Empty for what is usual: {0}', usual), value: question[field] ?? '' });
  const items = [
    { label: l10n.t('Not said'), description: usual, value: '' },
    ...values.map(([value, text]) => ({ label: text, value })),
  ];
  return (await pick(items, { title, placeHolder: label }))?.value;
}

/** Lets the user say more of a packet until it is to be followed; undefined where it is not. */
export async function pickOptions(question: TraceQuestion): Promise<TraceQuestion | undefined> {
  let asked = question;
  for (;;) {
    const placeHolder = l10n.t('Enter traces the packet; or say more of it');
    const picked = await pick(rows(asked), { title: l10n.t('Trace Packet'), placeHolder, matchOnDescription: true });
    if (picked === undefined) return undefined;
    if (picked.option === undefined) return asked;
    const value = await ask(picked.option, asked);
    // Escape goes back to the options.
    if (value === undefined) continue;
    const { field } = picked.option;
    asked = value.trim() === '' ? without(asked, field) : ({ ...asked, [field]: value.trim() } as TraceQuestion);
  }
}
