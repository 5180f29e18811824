/** The lines of `iptables -L`: chains, the names of the columns, and rules. */
import { coreOption } from '../../catalog/lookup.ts';
import type { Family } from '../../catalog/types.ts';
import { protocolNumber } from '../../catalog/values/protocols.ts';
import type { LineContext } from '../line.ts';
import type { ChainStatement, Counters, HiddenCondition, RuleOption, RuleStatement, Span, Word } from '../statement.ts';
import { readListedOptions } from './listing-options.ts';

const none: readonly never[] = Object.freeze([]);
const interfacesHidden: readonly HiddenCondition[] = Object.freeze(['interfaces']);

/** Which columns a listing has beside target, prot, opt, source and destination. */
export interface Columns {
  /** `--line-numbers` */
  readonly numbered: boolean;
  /** pkts and bytes: `-v` */
  readonly counted: boolean;
  /** in and out: `-v` */
  readonly interfaces: boolean;
}

const columnsLine = /^\s*(num\s+)?(pkts\s+bytes\s+)?target\s+prot\s+opt\s+(in\s+out\s+)?source\s+destination\s*$/;
const noColumns: Columns = { numbered: false, counted: false, interfaces: false };

/** Whether a line names the columns of a listing. */
export function isColumnsLine(text: string): boolean {
  return columnsLine.test(text);
}

/** The columns that such a line names; for any other text none. */
export function columnsOf(text: string): Columns {
  const found = text === '' ? null : columnsLine.exec(text);
  if (found === null) return noColumns;
  return { numbered: found[1] !== undefined, counted: found[2] !== undefined, interfaces: found[3] !== undefined };
}

// `column -t` makes one blank many; somebody may have put the policy in bold type.
const chainLine =
  /^Chain\s+([^\s()]+)\s+\((?:\*\*)?(?:policy\s+([^\s()*]+)(?:\s+(\d+[KMGT]?)\s+packets,\s+(\d+[KMGT]?)\s+bytes)?|(\d+)\s+references)(?:\*\*)?\)(?=\s*$|(?:num|pkts|target)\s)/;

/** Whether a line seems to begin a chain of a listing, though something keeps it from being read: "Chain INPUT (pol". */
export function isLostHeader(text: string): boolean {
  return text.includes('Chain ') && /\bChain [^\s()]{1,64}(?: \(|\s*$)/.test(text.slice(0, 400));
}

const thousands = ['K', 'M', 'G', 'T'];

/** "12K" as 12000; iptables rounds to thousands unless -x is given. */
function countOf(text: string): number {
  const unit = thousands.indexOf(text.at(-1) ?? '');
  return unit < 0 ? Number(text) : Number(text.slice(0, -1)) * 1000 ** (unit + 1);
}

function wordAt(text: string, found: string, from: number): Word {
  const start = text.indexOf(found, from);
  return { start, end: start + found.length, text: found, quoted: false };
}

/**
 * The chain that a line of a listing begins: "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)". The policy is undefined for a chain of the
 * user's, "Chain FOO (2 references)".
 */
export function readListedChain(text: string): ChainStatement | undefined {
  const found = /^Chain\s/.test(text) ? chainLine.exec(text) : null;
  if (found?.[1] === undefined) return undefined;
  const [, chain, policy, packets, bytes] = found;
  const name = wordAt(text, chain, 'Chain '.length);
  const policyWord = policy === undefined ? undefined : wordAt(text, policy, name.end + ' (policy '.length);
  let counters: Counters | undefined;
  if (policyWord !== undefined && packets !== undefined && bytes !== undefined) {
    counters = {
      start: policyWord.end + 1,
      end: text.indexOf(' bytes', policyWord.end) + ' bytes'.length,
      packets: countOf(packets),
      bytes: countOf(bytes),
    };
  }
  return { kind: 'chain', name, policy: policyWord, counters, problems: none };
}

function wordsOf(text: string): readonly Word[] {
  const words: Word[] = [];
  const pattern = /\S+/g;
  // More columns than these no listing has; what stands behind them is read in another way.
  for (let found = pattern.exec(text); found !== null && words.length < 12; found = pattern.exec(text)) {
    words.push({ start: found.index, end: found.index + found[0].length, text: found[0], quoted: false });
  }
  return words;
}

function isCount(word: Word | undefined): boolean {
  return word !== undefined && /^\d+[KMGT]?$/.test(word.text);
}

function isProtocol(word: Word | undefined): boolean {
  if (word === undefined) return false;
  const name = word.text.startsWith('!') ? word.text.slice(1) : word.text;
  return /^\d{1,3}$/.test(name) || protocolNumber(name) !== undefined;
}

function isFragmentColumn(word: Word | undefined): boolean {
  return word !== undefined && /^(?:--|-?!?f|-f|!f|----)$/.test(word.text);
}

const address = /^!?(?:anywhere|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:\/\S+)?|\d[\d.]*(?:\/\S+)?|[A-Za-z0-9_][\w.-]*(?:\/[\d.]+)?)$/;

function isAddress(word: Word | undefined): boolean {
  return word !== undefined && address.test(word.text);
}

/** The words of a row by column. */
interface Row {
  readonly counters: Counters | undefined;
  readonly target: Word | undefined;
  readonly protocol: Word;
  readonly fragment: Word | undefined;
  readonly input: Word | undefined;
  readonly output: Word | undefined;
  readonly source: Word;
  readonly destination: Word;
}

/** A row read with these columns; undefined where it does not fit them. The target column may be empty, and so is opt in IPv6. */
function readRow(words: readonly Word[], columns: Columns): Row | undefined {
  let at = 0;
  if (columns.numbered) {
    if (!isCount(words[at])) return undefined;
    at += 1;
  }
  let counters: Counters | undefined;
  if (columns.counted) {
    const [packets, bytes] = [words[at], words[at + 1]];
    if (packets === undefined || bytes === undefined || !isCount(packets) || !isCount(bytes)) return undefined;
    counters = { start: packets.start, end: bytes.end, packets: countOf(packets.text), bytes: countOf(bytes.text) };
    at += 2;
  }
  // A chain may be called like a protocol: with a target there are two of them.
  const hasTarget = isProtocol(words[at + 1]) || !isProtocol(words[at]) || isFragmentColumn(words[at + 2]);
  const target = hasTarget ? words[at] : undefined;
  if (hasTarget) at += 1;
  const protocol = words[at];
  const fragment = isFragmentColumn(words[at + 1]) ? words[at + 1] : undefined;
  // A machine may know protocols by names that others do not: the column behind tells that it is one.
  if (protocol === undefined || (!isProtocol(protocol) && fragment === undefined)) return undefined;
  at += 1;
  if (fragment !== undefined) at += 1;
  // It stands somewhere else: these are not the columns.
  if (fragment === undefined && words.slice(0, mostColumns).some(isFragmentColumn)) return undefined;
  const [input, output] = columns.interfaces ? [words[at], words[at + 1]] : [undefined, undefined];
  if (columns.interfaces) at += 2;
  const [source, destination] = [words[at], words[at + 1]];
  if (source === undefined || destination === undefined || !isAddress(source) || !isAddress(destination)) return undefined;
  return { counters, target, protocol, fragment, input, output, source, destination };
}

const mostColumns = 10;

const verbose: Columns = { numbered: false, counted: true, interfaces: true };
/** What is tried for a row whose column names are missing, widest first. */
const usualColumns: readonly Columns[] = [{ ...verbose, numbered: true }, verbose, { ...noColumns, numbered: true }, noColumns];

function coreOptionOf(name: string, text: Word, isAny: (value: string) => boolean): RuleOption | undefined {
  const isNegated = text.text.startsWith('!');
  const value = isNegated ? text.text.slice(1) : text.text;
  if (!isNegated && isAny(value)) return undefined;
  const start = isNegated ? text.start + 1 : text.start;
  const negation: Span | undefined = isNegated ? { start: text.start, end: start } : undefined;
  return {
    spec: coreOption(name),
    name,
    word: { start, end: start, text: name, quoted: false },
    negation,
    values: [{ start, end: text.end, text: value, quoted: false }],
    instance: 0,
  };
}

/** Names that every machine has for the same addresses: /etc/networks and /etc/hosts of the distributions. */
const knownNames: ReadonlyMap<string, string> = new Map([
  ['default', '0.0.0.0'],
  ['loopback', '127.0.0.0'],
  ['link-local', '169.254.0.0'],
  ['localhost', '127.0.0.1'],
  ['base-address.mcast.net', '224.0.0.0'],
  ['all-systems.mcast.net', '224.0.0.1'],
]);
const knownNames6: ReadonlyMap<string, string> = new Map([
  ['localhost', '::1'],
  ['ip6-localhost', '::1'],
  ['ip6-loopback', '::1'],
  ['ip6-localnet', 'fe00::'],
  ['ip6-mcastprefix', 'ff00::'],
  ['ip6-allnodes', 'ff02::1'],
  ['ip6-allrouters', 'ff02::2'],
]);

/** What an address column says as an option; undefined for any address. */
function addressOption(name: string, text: Word, family: Family | undefined): RuleOption | undefined {
  const option = coreOptionOf(name, text, isAnyAddress);
  const [value] = option?.values ?? [];
  if (option === undefined || value === undefined || /^[\d:]/.test(value.text)) return option;
  return { ...option, values: [{ ...value, text: addressNamed(value.text, family) }] };
}

/**
 * The address that a name stands for, with its mask; the name itself where that is not known. "anywhere" is 0.0.0.0/0 in IPv4; IPv6 calls
 * every network that begins with :: so, and nobody knows which.
 */
function addressNamed(text: string, family: Family | undefined): string {
  if (text === 'anywhere') return family === 'ipv4' ? '0.0.0.0/0' : text;
  const slash = text.indexOf('/');
  const name = slash < 0 ? text : text.slice(0, slash);
  const address = family === 'ipv6' ? knownNames6.get(name) : knownNames.get(name);
  return address === undefined ? text : `${address}${slash < 0 ? '' : text.slice(slash)}`;
}

function isAnyAddress(value: string): boolean {
  return value === '0.0.0.0/0' || value === '::/0' || value === 'anywhere';
}

function isAnyInterface(value: string): boolean {
  return value === '*' || value === 'any' || value === '+';
}

function isAnyProtocol(value: string): boolean {
  return value === 'all' || value === '0';
}

function fragmentOption(fragment: Word | undefined): RuleOption | undefined {
  if (fragment === undefined || !fragment.text.includes('f')) return undefined;
  const negation = fragment.text.includes('!') ? { start: fragment.start, end: fragment.end } : undefined;
  return { spec: coreOption('--fragments'), name: '--fragments', word: fragment, negation, values: [], instance: 0 };
}

/** The row of a listing, as the columns say or as its words look. */
function rowOf(text: string, context: LineContext): Row | undefined {
  const { within } = context;
  const isListing = within?.kind === 'listing';
  // Words that stand in nothing are a row only if they can be nothing else.
  if (!isListing && !/[ \t](?:--|-f|!f)[ \t]/.test(text.slice(0, mostBeforeOptions))) return undefined;
  const words = wordsOf(text);
  let row: Row | undefined;
  // Where the names of the columns do not fit, what the row holds tells.
  for (const columns of isListing && within.named ? [within, ...usualColumns] : usualColumns) row ??= readRow(words, columns);
  if (row === undefined || (isListing && within.chain !== '')) return row;
  const hasAddress = [row.source, row.destination].some(({ text: address }) => /^!?(?:anywhere$|[\d:])/.test(address));
  return row.fragment !== undefined && hasAddress ? row : undefined;
}

const mostBeforeOptions = 400;

/**
 * The rule of a listing's row; undefined where the line is none. Its command word and chain are empty, as both are said further above; options
 * have the places where the listing prints their values. A row below no chain (`iptables -L | grep`) is a rule of a chain without a name.
 */
export function readListedRule(text: string, context: LineContext): RuleStatement | undefined {
  const row = rowOf(text, context);
  return row === undefined ? undefined : ruleOf(text, row, context);
}

/** The rule of a row that has all the columns that the listing names, opt among them: it can be nothing else. */
export function readFittingRow(text: string, context: LineContext): RuleStatement | undefined {
  const { within } = context;
  if (within?.kind !== 'listing' || !within.named || within.chain === '') return undefined;
  const row = readRow(wordsOf(text), within);
  return row?.fragment === undefined ? undefined : ruleOf(text, row, context);
}

function ruleOf(text: string, row: Row, context: LineContext): RuleStatement {
  const chain = context.within?.kind === 'listing' ? context.within.chain : '';
  const goto = /^\s*\[goto\]\s*/.exec(text.slice(row.destination.end));
  const isGoto = goto !== null;
  const from = row.destination.end + (goto?.[0].length ?? 0);
  const core = [
    addressOption('--source', row.source, context.family),
    addressOption('--destination', row.destination, context.family),
    row.input && coreOptionOf('--in-interface', row.input, isAnyInterface),
    row.output && coreOptionOf('--out-interface', row.output, isAnyInterface),
    coreOptionOf('--protocol', row.protocol, isAnyProtocol),
    fragmentOption(row.fragment),
  ].filter((option) => option !== undefined);
  const { options: listed, targetName } = readListedOptions(text, from, row.target?.text ?? '');
  const target = row.target === undefined || targetName === undefined ? row.target : { ...row.target, text: targetName };
  const jumpName = isGoto ? '--goto' : '--jump';
  const jump: readonly RuleOption[] =
    target === undefined
      ? none
      : [
          {
            spec: coreOption(jumpName),
            name: jumpName,
            word: { start: target.start, end: target.start, text: isGoto ? '-g' : '-j', quoted: false },
            negation: undefined,
            values: [target],
            instance: 0,
          },
        ];
  const matches = listed.filter((option) => option.instance !== -1);
  const ofTarget = listed.filter((option) => option.instance === -1);
  return {
    kind: 'rule',
    command: 'append',
    commandWord: { start: 0, end: 0, text: '-A', quoted: false },
    chain: { start: 0, end: 0, text: chain, quoted: false },
    number: undefined,
    counters: row.counters,
    options: [...core, ...matches, ...jump, ...ofTarget],
    target,
    isGoto,
    hidden: row.input === undefined ? interfacesHidden : none,
    problems: none,
  };
}
