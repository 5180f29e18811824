/** Where two dumps answer differently who reaches a Service: of two nodes, or of one before and after a change. */
import type { ReachClient, ReachEntry, ReachReport, ReachService } from './reach.ts';
import type { ReachAnswer } from './reach-answer.ts';

export interface ReachDifference {
  /** "shop/web:http". */
  readonly name: string;
  readonly service: ReachService['service'];
  readonly protocol: string;
  readonly entry: Pick<ReachEntry, 'kind' | 'ip' | 'port' | 'family' | 'label'>;
  readonly client: Pick<ReachClient, 'kind' | 'words'>;
  /** null where only the other dump has the entry. */
  readonly before: ReachAnswer | null;
  readonly after: ReachAnswer | null;
  /** What differs, in a few words each: "arrives -> dropped". */
  readonly what: readonly string[];
}

export interface ReachComparison {
  /** Service ports that only one of the dumps has. */
  readonly onlyBefore: readonly string[];
  readonly onlyAfter: readonly string[];
  readonly differences: readonly ReachDifference[];
  readonly notes: readonly string[];
}

const sameShare = 1e-6;

function serviceKey({ name, protocol }: ReachService): string {
  return `${name}/${protocol}`;
}

function entryKey({ kind, ip, port, family }: ReachEntry): string {
  return `${kind} ${ip} ${port} ${family}`;
}

/** Clients of a kind are the same for two nodes; outside, each network is a kind. */
function clientKey({ kind, words }: ReachClient): string {
  return kind === 'outside' ? words : kind;
}

function byKey<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, T> {
  return new Map(items.map((item) => [key(item), item]));
}

function alternativesText({ alternatives }: ReachAnswer): string {
  return alternatives
    .map(({ when, outcome }) => `${outcome} where ${when.join(' ')}`)
    .toSorted()
    .join('; ');
}

/** What differs between two answers, in a few words each. */
function changes(before: ReachAnswer, after: ReachAnswer): readonly string[] {
  const what: string[] = [];
  if (before.outcome !== after.outcome) what.push(`${before.outcome} -> ${after.outcome}`);
  const areKnown = [before, after].every(({ source }) => source !== null && source !== 'not-known');
  if (areKnown && before.source !== after.source) what.push(`source ${before.source} -> ${after.source}`);
  const [old, now] = [byKey(before.endpoints, ({ address }) => address), byKey(after.endpoints, ({ address }) => address)];
  for (const address of now.keys()) if (!old.has(address)) what.push(`+${address}`);
  for (const address of old.keys()) if (!now.has(address)) what.push(`-${address}`);
  const isSame = old.size === now.size && [...old.keys()].every((address) => now.has(address));
  const isOther = ({ address, share }: ReachAnswer['endpoints'][number]): boolean =>
    Math.abs((now.get(address)?.share ?? share) - share) > sameShare;
  if (isSame && before.endpoints.some(isOther)) what.push('other shares');
  if (alternativesText(before) !== alternativesText(after)) what.push('depends on other assumptions');
  return what;
}

function entryDifferences(service: ReachService, entry: ReachEntry, other: ReachEntry): readonly ReachDifference[] {
  const after = byKey(other.clients, clientKey);
  const found: ReachDifference[] = [];
  for (const client of entry.clients) {
    const now = after.get(clientKey(client));
    // A kind of client of which one dump alone tells an address cannot be compared.
    if (now === undefined) continue;
    const what = changes(client.answer, now.answer);
    if (what.length > 0) found.push(differenceOf(service, entry, client, client.answer, now.answer, what));
  }
  return found;
}

function differenceOf(
  { name, service, protocol }: ReachService,
  { kind, ip, port, family, label }: ReachEntry,
  client: ReachClient,
  before: ReachAnswer | null,
  after: ReachAnswer | null,
  what: readonly string[],
): ReachDifference {
  const entry = { kind, ip, port, family, label };
  return { name, service, protocol, entry, client: { kind: client.kind, words: client.words }, before, after, what };
}

function serviceDifferences(before: ReachService, after: ReachService): readonly ReachDifference[] {
  const [old, now] = [byKey(before.entries, entryKey), byKey(after.entries, entryKey)];
  const found: ReachDifference[] = [];
  for (const [key, entry] of old) {
    const other = now.get(key);
    if (other !== undefined) found.push(...entryDifferences(before, entry, other));
    else
      for (const client of entry.clients)
        found.push(differenceOf(before, entry, client, client.answer, null, ['the entry is gone']));
  }
  for (const [key, entry] of now) {
    if (old.has(key)) continue;
    for (const client of entry.clients) found.push(differenceOf(after, entry, client, null, client.answer, ['the entry is new']));
  }
  return found;
}

/** Where two reports differ, Service by Service in the order of the first. */
export function compareReach(before: ReachReport, after: ReachReport): ReachComparison {
  const [old, now] = [byKey(before.services, serviceKey), byKey(after.services, serviceKey)];
  const differences: ReachDifference[] = [];
  for (const [key, service] of old) {
    const other = now.get(key);
    if (other !== undefined) differences.push(...serviceDifferences(service, other));
  }
  return {
    onlyBefore: [...old].flatMap(([key, { name }]) => (now.has(key) ? [] : [name])),
    onlyAfter: [...now].flatMap(([key, { name }]) => (old.has(key) ? [] : [name])),
    differences,
    notes: [...new Set([...before.notes, ...after.notes])],
  };
}
