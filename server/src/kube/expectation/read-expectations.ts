/** Reads a file of expectations: packets and what must come of them. Lines and columns are 1-based. */
import { canonicalIP, parseHostPort } from '../../base/ip.ts';
import { nearestNames } from '../../base/nearest-names.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Verdict } from '../../netfilter/outcome.ts';
import type { PacketKind } from '../../netfilter/trace-request.ts';
import { type QuestionEntry, questionEntries } from '../question/entries.ts';
import type { PacketQuestion } from '../question/trace.ts';
import { fileKeys, type KeySpec, packetKeys } from './keys.ts';
import { type MapNode, type ScalarNode, type Span, type TreeNode, type TreeProblem, treeSteps } from './yaml-tree.ts';

/** An endpoint as an expectation names it: an address, or a Pod. A port that is null may be any. */
export type ExpectedEndpoint =
  | { readonly kind: 'address'; readonly ip: string; readonly port: number | null; readonly text: string }
  | {
      readonly kind: 'pod';
      readonly namespace: string;
      readonly name: string;
      readonly port: number | null;
      readonly text: string;
    };

/** What must come of a packet. */
export interface Expected {
  readonly verdict: Verdict;
  /** All that it may be sent to, each of which must be; null for any, an empty list where nothing may send it elsewhere. */
  readonly endpoints: readonly ExpectedEndpoint[] | null;
  /** Whether its source must be rewritten; null where that is not looked at. */
  readonly isMasqueraded: boolean | null;
}

/** What the file takes to be so. */
export interface Assumed {
  /** Whether every open question is answered with what is usual. */
  readonly usual: boolean;
  /** Sentences, and whether they hold. */
  readonly sentences: ReadonlyMap<string, boolean>;
}

export interface Expectation {
  /** As the file names it, else made of its ends. */
  readonly name: string;
  readonly question: PacketQuestion;
  readonly expected: Expected;
  readonly assumed: Assumed;
  /** The whole of the packet in the file. */
  readonly span: Span;
  /** What stands behind "expect". */
  readonly expectSpan: Span;
}

export interface ExpectationFile {
  readonly node: string | null;
  readonly local: ReadonlySet<string> | null;
  readonly expectations: readonly Expectation[];
}

/** What is wrong with a file, and what would be right, in a sentence that follows "line 3: ". */
export type ExpectationProblem = TreeProblem;

export interface ReadExpectations {
  /** What could be read, even where something is wrong. */
  readonly file: ExpectationFile;
  readonly problems: readonly ExpectationProblem[];
}

const verdicts: readonly Verdict[] = ['accept', 'drop', 'reject'];
const kinds: Readonly<Record<string, PacketKind>> = { first: 'first', reply: 'answer', established: 'later' };
const mostProblems = 100;

interface Reading {
  readonly problems: ExpectationProblem[];
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function complain({ problems }: Reading, span: Span, message: string): undefined {
  if (problems.length < mostProblems) problems.push({ message, span });
  return undefined;
}

const words = { scalar: 'one value', list: 'a list', map: 'keys with values' } as const;

/** The values of a map by key; keys that are none, or that stand twice, are told. */
function valuesOf(reading: Reading, map: MapNode, keys: Readonly<Record<string, KeySpec>>): ReadonlyMap<string, TreeNode> {
  const values = new Map<string, TreeNode>();
  for (const { key, value } of map.entries) {
    if (!Object.hasOwn(keys, key.text)) {
      const [nearest] = nearestNames(key.text, Object.keys(keys));
      const expected = nearest === undefined ? `expected one of ${Object.keys(keys).join(', ')}` : `did you mean ${nearest}?`;
      complain(reading, key.span, `there is no key ${shown(key.text)}; ${expected}`);
    } else if (values.has(key.text)) complain(reading, key.span, `${shown(key.text)} stands here twice`);
    else values.set(key.text, value);
  }
  return values;
}

function scalarAt(reading: Reading, values: ReadonlyMap<string, TreeNode>, key: string): ScalarNode | undefined {
  const node = values.get(key);
  if (node === undefined) return undefined;
  if (node.kind !== 'scalar') return complain(reading, node.span, `${key} is ${words[node.kind]}; expected one value`);
  return isNull(node) ? complain(reading, node.span, `${key} has no value`) : node;
}

function isNull({ isPlain, text }: ScalarNode): boolean {
  return isPlain && (text === '' || text === '~' || text === 'null');
}

function textAt(reading: Reading, values: ReadonlyMap<string, TreeNode>, key: string): string | undefined {
  return scalarAt(reading, values, key)?.text;
}

/** One of a few values. */
function choiceAt(
  reading: Reading,
  values: ReadonlyMap<string, TreeNode>,
  key: string,
  choices: readonly string[],
): string | undefined {
  const node = scalarAt(reading, values, key);
  if (node === undefined || choices.includes(node.text)) return node?.text;
  return complain(reading, node.span, `${key} ${shown(node.text)} is none of ${choices.join(', ')}`);
}

function flagAt(reading: Reading, values: ReadonlyMap<string, TreeNode>, key: string): boolean | undefined {
  const node = scalarAt(reading, values, key);
  if (node === undefined) return undefined;
  if (node.isPlain && /^(?:true|false)$/i.test(node.text)) return node.text.toLowerCase() === 'true';
  return complain(reading, node.span, `${key} ${shown(node.text)} is neither true nor false`);
}

/** One text, or a list of them. */
function textsOf(reading: Reading, node: TreeNode | undefined, key: string): readonly ScalarNode[] {
  if (node === undefined) return [];
  const items = node.kind === 'list' ? node.items : [node];
  return items.flatMap((item) => {
    if (item.kind === 'scalar' && !isNull(item)) return [item];
    complain(reading, item.span, `${key} holds ${item.kind === 'scalar' ? 'nothing' : words[item.kind]} here; expected a text`);
    return [];
  });
}

function assumedOf(reading: Reading, node: TreeNode | undefined, before: Assumed): Assumed {
  const sentences = new Map(before.sentences);
  let { usual } = before;
  for (const { text } of textsOf(reading, node, 'assume')) {
    if (text === 'usual') usual = true;
    else if (text.startsWith('not: ')) sentences.set(text.slice('not: '.length), false);
    else sentences.set(text, true);
  }
  return { usual, sentences };
}

function localOf(reading: Reading, node: TreeNode | undefined): ReadonlySet<string> | null {
  if (node === undefined) return null;
  const own = new Set<string>();
  for (const { text, span } of textsOf(reading, node, 'local')) {
    const ip = canonicalIP(text.trim());
    if (ip === undefined) complain(reading, span, `local ${shown(text)} is no address`);
    else own.add(ip);
  }
  return own;
}

const podForm = /^([^\s/:]+)\/([^\s/:]+)(?::(\d{1,5}))?$/;

function endpointOf(reading: Reading, text: string, span: Span): ExpectedEndpoint | undefined {
  const address = parseHostPort(text);
  if (address !== undefined) return { kind: 'address', ...address, text };
  const pod = podForm.exec(text);
  const port = pod?.[3] === undefined ? null : Number(pod[3]);
  if (pod?.[1] !== undefined && pod[2] !== undefined && (port ?? 0) <= 65_535)
    return { kind: 'pod', namespace: pod[1], name: pod[2], port, text };
  const [nearest] = nearestNames(text, verdicts);
  const hint = nearest === undefined || text.length > 8 ? '' : `; did you mean ${nearest}?`;
  return complain(
    reading,
    span,
    `expect ${shown(text)} is neither accept, drop or reject nor an endpoint: expected IP[:PORT] or namespace/pod[:PORT]${hint}`,
  );
}

/** What must come of a packet: a verdict, endpoints with commas between as in kube-proxy's own tests, or a list of them. */
function expectedOf(reading: Reading, node: TreeNode, isMasqueraded: boolean | null): Expected | undefined {
  if (node.kind === 'scalar') {
    const said = node.text.trim().toLowerCase();
    const verdict = verdicts.find((each) => each === said);
    if (verdict !== undefined) return { verdict, endpoints: null, isMasqueraded };
    if (isNull(node)) return complain(reading, node.span, 'expect has no value: expected accept, drop, reject or endpoints');
    const endpoints = node.text.split(',').map((text) => endpointOf(reading, text.trim(), node.span));
    return endpoints.includes(undefined)
      ? undefined
      : { verdict: 'accept', endpoints: endpoints.filter((each) => each !== undefined), isMasqueraded };
  }
  if (node.kind === 'map') return complain(reading, node.span, 'expect holds keys; expected accept, drop, reject or endpoints');
  const endpoints = textsOf(reading, node, 'expect').map(({ text, span }) => endpointOf(reading, text.trim(), span));
  if (endpoints.includes(undefined)) return undefined;
  return { verdict: 'accept', endpoints: endpoints.filter((each) => each !== undefined), isMasqueraded };
}

/** The destination with the port that stands in a key of its own. */
function destinationOf(to: string, port: string | undefined): string {
  if (port === undefined) return to;
  const address = parseHostPort(to);
  return address?.port === null && to.includes(':') && !to.startsWith('[') ? `[${to}]:${port}` : `${to}:${port}`;
}

const requestKeys = [
  'protocol',
  'sport',
  'in',
  'out',
  'hook',
  'state',
  'flags',
  'mark',
  'uid',
  'gid',
  'ttl',
  'length',
  'tos',
] as const;

function questionOf(reading: Reading, values: ReadonlyMap<string, TreeNode>, from: string, to: string): PacketQuestion {
  const said: Record<string, string> = {};
  for (const key of requestKeys) {
    const text = textAt(reading, values, key);
    if (text !== undefined) said[key] = text;
  }
  const entry = choiceAt(reading, values, 'entry', questionEntries);
  const kind = choiceAt(reading, values, 'packet', Object.keys(kinds));
  const ipv6 = flagAt(reading, values, 'ipv6');
  const icmpType = textAt(reading, values, 'icmp-type');
  return {
    ...said,
    from,
    to: destinationOf(to, textAt(reading, values, 'port')),
    ...(entry === undefined ? {} : { entry: entry as QuestionEntry }),
    ...(kind === undefined ? {} : { kind: kinds[kind] ?? 'first' }),
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(icmpType === undefined ? {} : { icmpType }),
  };
}

function expectationOf(reading: Reading, node: TreeNode, before: Assumed): Expectation | undefined {
  if (node.kind !== 'map')
    return complain(reading, node.span, `a packet is ${words[node.kind]} here; expected the keys from, to and expect`);
  const values = valuesOf(reading, node, packetKeys);
  const count = reading.problems.length;
  const from = textAt(reading, values, 'from');
  const to = textAt(reading, values, 'to');
  const expect = values.get('expect');
  const isMasqueraded = flagAt(reading, values, 'masqueraded') ?? null;
  const expected = expect === undefined ? undefined : expectedOf(reading, expect, isMasqueraded);
  const assumed = assumedOf(reading, values.get('assume'), before);
  const question = questionOf(reading, values, from ?? '', to ?? '');
  for (const key of ['from', 'to', 'expect'])
    if (!values.has(key)) complain(reading, { start: node.span.start, end: node.span.start }, `this packet lacks ${key}`);
  if (expect === undefined || expected === undefined || reading.problems.length > count) return undefined;
  if (expected.isMasqueraded !== null && expected.verdict !== 'accept')
    return complain(
      reading,
      expect.span,
      `a packet that ends in ${expected.verdict} leaves with no source: leave masqueraded out`,
    );
  const name = textAt(reading, values, 'name') ?? `${question.from} to ${question.to}`;
  return { name, question, expected, assumed, span: node.span, expectSpan: expect.span };
}

const nothing: ExpectationFile = { node: null, local: null, expectations: [] };
const nothingAssumed: Assumed = { usual: false, sentences: new Map() };
const start: Span = { start: { line: 1, column: 1 }, end: { line: 1, column: 1 } };

const packetsBetweenPauses = 64;

/** The expectations in a text (YAML or JSON), and what is wrong with it. Never throws. */
export function readExpectations(text: string): ReadExpectations {
  return runToEnd(expectationSteps(text));
}

/** The same; pauses every few packets. */
export function* expectationSteps(text: string): Steps<ReadExpectations> {
  const tree = yield* treeSteps(text);
  if (!tree.ok) return { file: nothing, problems: [tree.problem] };
  const reading: Reading = { problems: [] };
  const { root } = tree;
  if (root?.kind !== 'map') {
    complain(
      reading,
      root?.span ?? start,
      `expected the key packets with a list of packets${root === null ? ', and the file is empty' : ''}`,
    );
    return { file: nothing, problems: reading.problems };
  }
  const values = valuesOf(reading, root, fileKeys);
  const node = textAt(reading, values, 'node') ?? null;
  const local = localOf(reading, values.get('local'));
  const assumed = assumedOf(reading, values.get('assume'), nothingAssumed);
  const packets = values.get('packets');
  const expectations: Expectation[] = [];
  if (packets === undefined) complain(reading, root.span, 'the key packets is missing, with a list of packets');
  else if (packets.kind !== 'list') complain(reading, packets.span, `packets is ${words[packets.kind]}; expected a list`);
  else
    for (const [at, item] of packets.items.entries()) {
      if (at % packetsBetweenPauses === packetsBetweenPauses - 1) yield;
      const expectation = expectationOf(reading, item, assumed);
      if (expectation !== undefined) expectations.push(expectation);
    }
  return { file: { node, local, expectations }, problems: reading.problems };
}
