import { CompletionItemKind } from 'vscode-languageserver-types';
import type { Family, OptionSpec } from '../../catalog/types.ts';
import { knownWords } from '../../catalog/values/known-words.ts';
import { unitWords } from '../../catalog/values/read-rates.ts';
import { serviceNamesWith } from '../../catalog/values/service-names.ts';
import { wordMeaning } from '../../catalog/values/word-meanings.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import type { Table } from '../../ruleset/ruleset.ts';
import type { DumpState } from '../support/state.ts';
import type { Offer } from './offer.ts';
import { seenValues } from './seen-values.ts';
import { setOffers } from './set-offers.ts';

/** The part of a value that is being written. */
export interface ValuePart {
  readonly option: OptionSpec;
  /** Which word of the value: 0, or 1 for the second of two. */
  readonly at: number;
  /** What of the part stands in front of the cursor. */
  readonly typed: string;
  /** The words of a list that stand beside it. */
  readonly others: readonly string[];
}

const mostServices = 60;
const mostNames = 40;

/** What the value may be, as far as iptables, the rules around and the cluster know words for it. Not all of it need be taken at the place. */
export function valueOffers(
  state: DumpState,
  table: Table | undefined,
  line: number,
  family: Family,
  part: ValuePart,
): readonly Offer[] {
  const { option, at, typed, others } = part;
  const { value: kind } = option;
  if (kind === undefined) return [];
  const offers: Offer[] = [];
  const taken = new Set(others.map((other) => other.toLowerCase()));
  for (const word of knownWords(kind, family, at)?.words ?? []) {
    if (!taken.has(word.toLowerCase()))
      offers.push({ text: word, kind: CompletionItemKind.EnumMember, ...meaning(option, word) });
  }
  switch (kind.type) {
    case 'set':
      return at === 0 ? setOffers(state.ruleset, table, line) : offers;
    case 'networks':
    case 'network':
    case 'host':
      offers.push(...serviceAddresses(state, family, typed));
      break;
    case 'rate':
    case 'hash-rate':
      return rates(typed);
    case 'port':
    case 'port-range':
    case 'ordered-port-range':
    case 'multiport':
      if (/^[A-Za-z]/.test(typed)) offers.push(...portNames(typed));
      break;
    default:
  }
  if (at > 0 || table === undefined || others.length > 0) return offers;
  const known = new Set(offers.map(({ text }) => text));
  const seen = seenValues(state.ruleset, table, line, option)
    .filter((text) => !known.has(text))
    .map((text): Offer => ({ text, kind: CompletionItemKind.Value, detail: 'in rules nearby', rank: 1 }));
  return [...offers, ...seen];
}

function meaning(option: OptionSpec, word: string): Partial<Offer> {
  const text = wordMeaning(option, word);
  return text === undefined ? {} : { about: [{ kind: 'paragraph', text }] };
}

/** `5/second`: a rate needs its number first. */
function rates(typed: string): readonly Offer[] {
  const amount = /^[0-9]+/.exec(typed)?.[0];
  if (amount === undefined) return [];
  return unitWords.map(([unit]) => ({ text: `${amount}/${unit}`, kind: CompletionItemKind.Unit }));
}

function portNames(typed: string): readonly Offer[] {
  return serviceNamesWith(typed)
    .slice(0, mostNames)
    .map((text) => ({ text, kind: CompletionItemKind.Constant, rank: 2 }));
}

/** clusterIPs of the cluster's Services of one family: by address, or by what is typed of a Service's name. */
function serviceAddresses(state: DumpState, family: Family, typed: string): readonly Offer[] {
  const wanted = typed.toLowerCase();
  const offers: Offer[] = [];
  for (const service of state.resolution().cluster.services) {
    if (offers.length >= mostServices) break;
    for (const ip of service.clusterIPs) {
      if (ip.includes(':') !== (family === 'ipv6')) continue;
      const offer = addressOffer(service, ip, wanted, typed);
      if (offer !== undefined) offers.push(offer);
    }
  }
  return offers;
}

function addressOffer({ namespace, name }: ServiceRecord, ip: string, wanted: string, typed: string): Offer | undefined {
  const title = `${namespace}/${name}`;
  const isByAddress = ip.startsWith(wanted);
  if (!isByAddress && !title.toLowerCase().includes(wanted)) return undefined;
  const text = `${ip}/${ip.includes(':') ? 128 : 32}`;
  return {
    text,
    kind: CompletionItemKind.Reference,
    detail: `clusterIP of ${title}`,
    rank: 2,
    ...(isByAddress ? {} : { findBy: `${typed} ${title}` }),
  };
}
