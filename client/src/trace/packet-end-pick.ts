/** Pick lists of where a packet comes from and where it goes, as far as a dump and its cluster say; an address can be typed in each. */
import { type CancellationToken, l10n, type Uri } from 'vscode';
import { canonicalIP, hostPort, isIPv6, parseHostPort } from '../../../server/src/base/ip.ts';
import { type RulesetChangedParams, rulesetChangedNotification } from '../../../server/src/protocol/requests.ts';
import { type TraceEnd, type TraceEndsResult, traceEndsRequest } from '../../../server/src/protocol/trace.ts';
import { type PickSource, pickOrType } from '../pick-or-type.ts';
import type { ServerAccess } from '../server-access.ts';
import { askText, type PickItem, pick } from '../show.ts';

/** The ends that a dump and its cluster have; others when the cluster has come or changed. */
export interface PacketEnds extends Pick<PickSource<PickItem>, 'onChange'> {
  ask(): Promise<TraceEndsResult>;
}

/** The ends of a dump, which is opened as a document where it is not. */
export function packetEndsOf(server: ServerAccess, dump: Uri, token: CancellationToken): PacketEnds {
  const params = { textDocument: { uri: dump.toString() } };
  return {
    ask: () => server.askOfDump<TraceEndsResult>(traceEndsRequest, params, token),
    onChange: (listener) =>
      server.onNotification<RulesetChangedParams>(rulesetChangedNotification, ({ uri }) => {
        if (uri === dump.toString()) listener();
      }),
  };
}

/** A row of a list of ends: an end, or what else can be picked there. */
export interface EndRow<T> extends PickItem {
  readonly end?: TraceEnd;
  readonly other?: T;
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

function endRows(ends: readonly TraceEnd[]): readonly EndRow<never>[] {
  const rows: EndRow<never>[] = [];
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

/** An address that was typed, with or without a port; of a destination also with its protocol: "10.96.0.10:53/udp". */
function typedAddress(text: string, side: 'from' | 'to'): EndRow<never> | undefined {
  const [, before = '', said = ''] = (side === 'to' ? /^([^/]+)\/([a-z][\w-]*)$/i.exec(text) : null) ?? [];
  const value = said === '' ? text : before;
  if (parseHostPort(value) === undefined) return undefined;
  const end: TraceEnd = {
    kind: 'entry',
    value,
    description: '',
    ...(said === '' ? {} : { protocol: said.toLowerCase() }),
    ...(canonicalIP(value) === undefined ? {} : { needsPort: true }),
  };
  return { icon: 'edit', label: text, description: l10n.t('this address'), end };
}

/** A name that was typed: "shop/web-0", "shop/web:http/udp", "node:worker-1". */
function typedName(text: string): EndRow<never> | undefined {
  if (!/^(?:[^/:\s]+\/[^/\s]+|node:[^/\s]+|this-node(?::[^/\s]+)?)(?:\/[a-z][\w-]*)?$/i.test(text)) return undefined;
  return {
    icon: 'edit',
    label: text,
    description: l10n.t('as it is typed'),
    end: { kind: 'service', value: text, description: '' },
  };
}

/**
 * Lets the user pick one end of a packet, or type an address; undefined where the user gave up.
 * @param before rows that come first
 * @param takesNames whether a name can be typed where the list has neither Pods nor Services: then whoever answers may know more than the list
 */
export async function pickEnd<T = never>(
  { ask, onChange }: PacketEnds,
  side: 'from' | 'to',
  options: {
    readonly title: string;
    readonly placeHolder: string;
    readonly before?: readonly EndRow<T>[];
    readonly takesNames?: boolean;
  },
): Promise<EndRow<T> | undefined> {
  const { title, placeHolder, before = [], takesNames = false } = options;
  let hasNames = false;
  const rows = async (): Promise<readonly EndRow<T>[]> => {
    const ends = (await ask())[side];
    hasNames = ends.some(({ kind }) => kind === 'pod' || kind === 'service');
    return [...before, ...endRows(ends)];
  };
  const typed = (text: string): EndRow<T> | undefined =>
    typedAddress(text, side) ?? (takesNames && !hasNames ? typedName(text) : undefined);
  return pickOrType<EndRow<T>>({ onChange, rows }, { title, placeHolder, typed });
}

const protocolsWithPorts = new Set(['tcp', 'udp', 'sctp', 'udplite', 'dccp']);

async function pickProtocol(command: string, isV6: boolean, takesNumbers: boolean): Promise<string | undefined> {
  const other = { label: l10n.t('Another...'), value: '' };
  const names = ['tcp', 'udp', 'sctp', isV6 ? 'ipv6-icmp' : 'icmp', 'esp', 'gre'];
  const title = l10n.t('{0}: protocol', command);
  const items = [...names.map((value) => ({ label: value, value })), ...(takesNumbers ? [other] : [])];
  const picked = await pick(items, { title, placeHolder: l10n.t('Protocol') });
  if (picked !== other) return picked?.value;
  return askText({ title, prompt: l10n.t('By name or number') });
}

function portProblem(text: string): string | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port <= 65_535 ? undefined : l10n.t('A port is a number from 0 to 65535.');
}

async function askPort(command: string, of: string): Promise<string | undefined> {
  return askText({
    title: l10n.t('{0}: port of {1}', command, of),
    prompt: l10n.t('The port, 0 to 65535'),
    problem: portProblem,
  });
}

function withPort(value: string, port: string): string {
  return canonicalIP(value) === undefined ? `${value}:${port}` : hostPort(value, Number(port));
}

/**
 * A destination with its protocol and port, as far as its name does not say them; undefined where the user gave up.
 * @param command what the boxes are titled by
 * @param takesNumbers whether a protocol may be one of no name
 */
export async function completeDestination(
  { value, kind, protocol: said, needsPort }: TraceEnd,
  { command, takesNumbers }: { readonly command: string; readonly takesNumbers: boolean },
): Promise<{ readonly to: string; readonly protocol?: string } | undefined> {
  if (kind === 'service') return { to: value };
  const isV6 = isIPv6(parseHostPort(value)?.ip ?? '');
  const protocol = said ?? (await pickProtocol(command, isV6, takesNumbers));
  if (protocol === undefined) return undefined;
  if (needsPort !== true || !protocolsWithPorts.has(protocol)) return { to: value, protocol };
  const port = await askPort(command, value);
  return port === undefined ? undefined : { to: withPort(value, port), protocol };
}
