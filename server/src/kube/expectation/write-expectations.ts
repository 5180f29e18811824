/** Writes a file of expectations from what is true now: every kind of client to every entry of every Service. It is met by the rules that it is of. */
import { hostPort, isIPv6 } from '../../base/ip.ts';
import { withText } from '../../base/json-steps.ts';
import { jsonText, oneLine } from '../../base/safe-text.ts';
import { type Steps, textRunSteps } from '../../base/steps.ts';
import { type Frontend, frontendLabel } from '../flow/frontends.ts';
import { nodeAddress } from '../flow/packet-sources.ts';
import type { FlowTargetSpec } from '../flow/target.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { proxyLayoutSteps } from '../proxy/layout.ts';
import { arrivingClients, type Client } from '../question/clients.ts';
import type { Fate } from '../question/fates.ts';
import type { AskOptions } from '../question/node-knowledge.ts';
import { entryGroups } from '../question/reach.ts';
import { followQuestion, type PacketQuestion } from '../question/trace.ts';
import { alternativeText, decisions, type Judged, judgedOf } from './judge.ts';
import type { Assumed } from './read-expectations.ts';

export type WrittenExpectations =
  | {
      readonly ok: true;
      /** YAML. */
      readonly text: string;
      readonly count: number;
      /** Packets of which nothing can be expected, each with the reason. */
      readonly left: readonly string[];
    }
  | { readonly ok: false; readonly message: string };

const nothingAssumed: Assumed = { usual: false, sentences: new Map() };
const allUsual: Assumed = { usual: true, sentences: new Map() };
const mostRemarks = 5;

/** A text as a YAML scalar; what cannot be seen of it is escaped, and reads back as it was. */
function scalar(text: string): string {
  return /^[A-Za-z0-9][\w./-]*(?::[\w./-]+)*$/.test(text) && !/^(?:true|false|null|[\d.]+)$/i.test(text) ? text : jsonText(text);
}

/** What a YAML comment may hold. */
function remark(text: string): string {
  return `# ${oneLine(text)}`;
}

/** The node's own addresses, by which packets to it are told. */
function* localAddresses(resolution: Resolution): Steps<readonly string[]> {
  const own = new Set<string>();
  for (const dump of resolution.ruleset.dumps) {
    // Where the rules of a large dump tell the address, all of them are looked at.
    yield;
    const { record } = dumpNode(resolution, dump);
    yield* proxyLayoutSteps(resolution.ruleset, dump);
    own.add(nodeAddress(resolution, dump).text);
    for (const { address } of record?.addresses ?? []) if (/^[\d.]+$|:/.test(address)) own.add(address);
  }
  return [...own];
}

function questionOf({ packet }: Client): PacketQuestion {
  const end = (ip: string, port: number | null): string => (port === null ? ip : hostPort(ip, port));
  return {
    from: packet.source?.text ?? '',
    to: end(packet.destination.text, packet.dport),
    protocol: packet.protocol,
    sport: String(packet.sport ?? ''),
    hook: packet.isFromHere ? 'output' : 'prerouting',
    ...(packet.in === null || packet.in === '' ? {} : { in: packet.in }),
  };
}

/** The lines that say what must come of a packet; undefined where the file has no words for it. */
function expectLines(fates: readonly Fate[]): readonly string[] | undefined {
  const verdicts = new Set(fates.map(({ verdict }) => verdict));
  const [verdict] = verdicts;
  if (verdicts.size !== 1 || verdict === undefined) return undefined;
  if (verdict !== 'accept') return [`    expect: ${verdict}`];
  const rewritten = new Set(fates.map(({ isRewritten }) => isRewritten));
  const masqueraded = rewritten.size === 1 ? [`    masqueraded: ${[...rewritten][0]}`] : [];
  const endpoints = fates.map(({ endpoint }) => endpoint);
  if (endpoints.every((endpoint) => endpoint === null)) return ['    expect: []', ...masqueraded];
  const texts = new Set<string>();
  for (const endpoint of endpoints) {
    if (endpoint === null || endpoint.ip === null) return ['    expect: accept', ...masqueraded];
    texts.add(endpoint.port === null ? endpoint.ip : hostPort(endpoint.ip, endpoint.port));
  }
  return ['    expect:', ...[...texts].toSorted().map((text) => `      - ${scalar(text)}`), ...masqueraded];
}

interface Written {
  readonly lines: readonly string[];
  /** Why nothing is expected; empty where something is. */
  readonly left: string;
}

function left(name: string, why: string): Written {
  return { lines: [`  ${remark(`${name}: ${why}`)}`], left: `${name}: ${why}` };
}

function* packetLines(resolution: Resolution, options: AskOptions, name: string, client: Client): Steps<Written> {
  const question = questionOf(client);
  const ask = function* (assumed: Assumed): Steps<Judged | string> {
    const followed = yield* followQuestion(resolution, question, { ...options, decide: decisions(assumed) });
    return followed.ok ? judgedOf(followed.traced.found, assumed) : followed.message;
  };
  const open = yield* ask(nothingAssumed);
  if (typeof open === 'string') return left(name, open);
  const isSure = open.fates.alternatives.length === 0 && open.unknown.length === 0;
  const judged = isSure ? open : yield* ask(allUsual);
  if (typeof judged === 'string') return left(name, judged);
  const expect = expectLines(judged.fates.fates);
  if (expect === undefined) return left(name, 'it is left to chance whether it gets through, for which there are no words here');
  const { from, to, protocol = 'tcp', sport, hook, in: through } = question;
  const doubts = [...open.fates.alternatives.map(alternativeText), ...open.unknown.map((text) => `not known: ${text}`)];
  return {
    lines: [
      `  - name: ${scalar(name)}`,
      `    from: ${scalar(from)}`,
      ...(sport === undefined || sport === '' ? [] : [`    sport: ${sport}`]),
      `    to: ${scalar(to)}`,
      `    protocol: ${scalar(protocol)}`,
      ...(hook === 'output' ? ['    hook: output'] : []),
      ...(through === undefined ? [] : [`    in: ${scalar(through)}`]),
      ...doubts.slice(0, mostRemarks).map((text) => `    ${remark(text)}`),
      ...(isSure ? [] : ['    assume: usual']),
      ...expect,
    ],
    left: '',
  };
}

function entryName(frontend: Frontend, service: string): string {
  const label = frontendLabel(frontend);
  return service === label ? label : `${service} by ${label}`;
}

/**
 * Expectations that hold now, for a Service or for all that the dump has rules for; or in a sentence why there are none. Pauses after each packet;
 * never throws.
 * @param target null for all
 */
export function* writeExpectations(
  resolution: Resolution,
  target: FlowTargetSpec | null,
  options: AskOptions = {},
): Steps<WrittenExpectations> {
  const groups = yield* entryGroups(resolution, target);
  if (!groups.ok) return groups;
  const local = yield* localAddresses(resolution);
  const known = { ...options, local: new Set(local) };
  yield;
  const [dump] = resolution.ruleset.dumps;
  const node = dump === undefined ? '' : dumpNode(resolution, dump).name;
  const packets: string[] = [];
  const lost: string[] = [];
  let count = 0;
  for (const { name: service, frontends } of groups.groups) {
    for (const frontend of frontends) {
      for (const client of arrivingClients(resolution, frontend)) {
        const who = client.name === null || client.name === node ? client.words : `${client.words} (${client.name})`;
        const written = yield* packetLines(resolution, known, `${entryName(frontend, service)} from ${who}`, client);
        for (const line of written.lines) packets.push(line);
        if (written.left === '') count += 1;
        else lost.push(written.left);
        yield;
      }
    }
  }
  const lines = [
    '# yaml-language-server: $schema=https://raw.githubusercontent.com/vscode-iptables/vscode-iptables/main/schemas/packets.schema.json',
    '# What came of these packets when this was written; "iptables-inspect test DUMP THIS-FILE" says whether it still does.',
    ...(node === '' ? [] : [`node: ${scalar(node)}`]),
    `local: [${local.map((ip) => (isIPv6(ip) ? JSON.stringify(ip) : ip)).join(', ')}]`,
    count === 0 ? 'packets: []' : 'packets:',
  ];
  return withText({ ok: true, count, left: lost }, yield* textRunSteps(lines.concat(packets, ''), '\n'));
}
