import { l10n } from 'vscode';
import { canonicalIP, hostPort, isIPv6, parseHostPort } from '../../../server/src/base/ip.ts';
import type { TraceEnd, TraceEndsResult, TraceQuestion } from '../../../server/src/protocol/trace.ts';
import { type PickSource, pickOrType } from '../pick-or-type.ts';
import { askText, type PickItem, pick } from '../show.ts';
import { pickOptions, summaryOf } from './trace-options-pick.ts';

interface EndItem extends PickItem {
  readonly end?: TraceEnd;
  /** One that was asked before. */
  readonly question?: TraceQuestion;
}

const icons: Readonly<Record<TraceEnd['kind'], string>> = {
  service: 'symbol-interface',
  entry: 'plug',
  pod: 'vm',
  node: 'server',
  'this-node': 'home',
  outside: 'globe',
};

function headingOf(kind: TraceEnd['kind']): string {
  switch (kind) {
    case 'service':
      return l10n.t('Services');
    case 'entry':
      return l10n.t('Addresses and NodePorts');
    case 'pod':
      return l10n.t('Pods');
    case 'node':
      return l10n.t('Nodes');
    case 'this-node':
    case 'outside':
      return '';
  }
}

function endRows(ends: readonly TraceEnd[]): readonly EndItem[] {
  const rows: EndItem[] = [];
  let heading = '';
  for (const end of ends) {
    const next = headingOf(end.kind);
    if (next !== heading) rows.push({ label: next, isSeparator: true });
    heading = next;
    const protocol = end.protocol === undefined ? '' : `/${end.protocol}`;
    rows.push({ icon: icons[end.kind], label: `${end.value}${protocol}`, description: end.description, end });
  }
  return rows;
}

function questionRows(asked: readonly TraceQuestion[]): readonly EndItem[] {
  if (asked.length === 0) return [];
  const rows = asked.map((question): EndItem => ({ icon: 'history', label: summaryOf(question), question }));
  return [{ label: l10n.t('Asked before'), isSeparator: true }, ...rows, { label: l10n.t('From'), isSeparator: true }];
}

/** An address that was typed, with or without a port. */
function typedEnd(text: string): EndItem | undefined {
  if (parseHostPort(text) === undefined) return undefined;
  const isBare = canonicalIP(text) !== undefined;
  const end: TraceEnd = { kind: 'entry', value: text, description: '', ...(isBare ? { needsPort: true } : {}) };
  return { icon: 'edit', label: text, description: l10n.t('this address'), end };
}

const protocolsWithPorts = new Set(['tcp', 'udp', 'sctp', 'udplite', 'dccp']);

async function pickProtocol(isV6: boolean): Promise<string | undefined> {
  const other = { label: l10n.t('Another...'), value: '' };
  const names = ['tcp', 'udp', 'sctp', isV6 ? 'ipv6-icmp' : 'icmp', 'esp', 'gre'];
  const title = l10n.t('Trace Packet: protocol');
  const items = [...names.map((value) => ({ label: value, value })), other];
  const picked = await pick(items, { title, placeHolder: l10n.t('Protocol') });
  if (picked !== other) return picked?.value;
  return askText({ title, prompt: l10n.t('By name or number') });
}

function portProblem(text: string): string | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port <= 65_535 ? undefined : l10n.t('A port is a number from 0 to 65535.');
}

async function askPort(of: string): Promise<string | undefined> {
  return askText({
    title: l10n.t('Trace Packet: port of {0}', of),
    prompt: l10n.t('The port, 0 to 65535'),
    problem: portProblem,
  });
}

function withPort(value: string, port: string): string {
  return canonicalIP(value) === undefined ? `${value}:${port}` : hostPort(value, Number(port));
}

/** The destination with its protocol and port, as far as its name does not say them; undefined where the user gave up. */
async function completeDestination(end: TraceEnd): Promise<Pick<TraceQuestion, 'to' | 'protocol'> | undefined> {
  const { value, kind } = end;
  if (kind === 'service') return { to: value };
  const isV6 = isIPv6(parseHostPort(value)?.ip ?? '');
  const protocol = end.protocol ?? (await pickProtocol(isV6));
  if (protocol === undefined) return undefined;
  if (end.needsPort !== true || !protocolsWithPorts.has(protocol)) return { to: value, protocol };
  const port = await askPort(value);
  return port === undefined ? undefined : { to: withPort(value, port), protocol };
}

/** The ends that a dump and its cluster have; others when the cluster has come or changed. */
export interface TraceEnds extends Pick<PickSource<EndItem>, 'onChange'> {
  ask(): Promise<TraceEndsResult>;
}

/** Rows that are made of the ends. */
function rowsOf({ ask, onChange }: TraceEnds, rows: (ends: TraceEndsResult) => readonly EndItem[]): PickSource<EndItem> {
  return { onChange, rows: async () => rows(await ask()) };
}

/**
 * Lets the user say which packet to follow: one that was asked before, or from where, to where, and what else is known of it. Undefined where the
 * user gave up. @param given ends that are known already
 */
export async function pickQuestion(
  ends: TraceEnds,
  asked: readonly TraceQuestion[],
  given: Partial<TraceQuestion>,
): Promise<TraceQuestion | undefined> {
  let { from } = given;
  if (from === undefined) {
    const known = given.to === undefined ? questionRows(asked) : [];
    const title = given.to === undefined ? l10n.t('Trace Packet: from') : l10n.t('Trace Packet to {0}: from', given.to);
    const placeHolder = l10n.t('A Pod, a node, outside, or any address');
    const picked = await pickOrType(
      rowsOf(ends, (all) => [...known, ...endRows(all.from)]),
      { title, placeHolder, typed: typedEnd },
    );
    if (picked?.question !== undefined) return picked.question;
    from = picked?.end?.value;
  }
  if (from === undefined) return undefined;
  if (given.to !== undefined) return pickOptions({ ...given, from, to: given.to });
  const title = l10n.t('Trace Packet from {0}: to', from);
  const placeHolder = l10n.t('A Service, a Pod, a node, or any address with its port');
  const rows = rowsOf(ends, (all) => endRows(all.to));
  const end = (await pickOrType(rows, { title, placeHolder, typed: typedEnd }))?.end;
  const to = end === undefined ? undefined : await completeDestination(end);
  return to === undefined ? undefined : pickOptions({ ...given, from, ...to });
}
