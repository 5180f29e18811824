import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTrace } from '../../server/src/cli/trace-command.ts';
import {
  type TraceEndsResult,
  type TracePart,
  type TracePathResult,
  type TraceQuestion,
  type TraceResult,
  type TraceRulesResult,
  type TraceTextResult,
  type TraceWhyNotResult,
  traceEndsRequest,
  tracePathRequest,
  traceRequest,
  traceRulesRequest,
  traceTextRequest,
  traceWhyNotRequest,
} from '../../server/src/protocol/trace.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/worker-1.iptables';
const textDocument = { uri };
const dump = fixtureText('sample/worker-1.iptables');
const lines = dump.split('\n');
const pod = 'booking/frontend-6c8f7b9d45-2lqzr';
const question: TraceQuestion = { from: pod, to: 'booking/tickets:grpc' };

let server: InProcessServer;

beforeEach(async () => {
  server = startInProcessServer(filesOf({ 'file:///work/cluster.json': fixtureText('sample/cluster.json') }));
  await server.initialize({ workspaceFolders: [{ uri: 'file:///work', name: 'work' }] });
  await server.open(uri, dump);
  await server.notified<{ readonly kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
});
afterEach(() => server.dispose());

const ask = <T>(method: string, params: object = {}): Promise<T> =>
  server.client.sendRequest(method, { textDocument, question, ...params });

/** The rows of a path, an indent a level. */
function rows(parts: readonly TracePart[], indent = ''): readonly string[] {
  return parts.flatMap((part) => {
    if (part.kind === 'passed') return [`${indent}${part.count} of ${part.chain} from ${part.first}`];
    const row = `${indent}${part.step}. ${part.chain} ${part.line}: ${part.action}`;
    return part.kind === 'policy' ? [row] : [row, ...rows(part.parts, `${indent}  `)];
  });
}

describe('a trace over the protocol', () => {
  it("is the command line's, with the names of addresses", async () => {
    const result = await ask<TraceResult>(traceRequest);
    const options = { ...question, cluster: fixturePath('sample/cluster.json') } as const;
    const { output: printed } = await runTrace(fixturePath('sample/worker-1.iptables'), { ...options, format: 'json' });
    if (result.kind !== 'trace') throw new Error(result.reason);
    expect(result.report).toEqual(JSON.parse(printed));
    expect(result.title).toMatch(/^tcp 10\.244\.0\.\d+ -> 10\.96\.40\.20:9000, NEW, first met in PREROUTING$/);
    expect(result.owners).toMatchObject({
      '10.96.40.20': 'booking/tickets',
      '10.244.1.21': expect.stringMatching(/^booking\/tickets-/),
    });
    const { text } = await ask<TraceTextResult>(traceTextRequest, { format: 'text' });
    const { output: inTerminal } = await runTrace(fixturePath('sample/worker-1.iptables'), { ...options, format: 'text' });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
    expect(text).toBe(`${inTerminal.replace(/\u001b\[\d+m/g, '')}\n`);
  });

  it('has the way of an outcome, rule by rule, with what did not match folded up', async () => {
    const { stages, reason } = await ask<TracePathResult>(tracePathRequest, { outcome: 0 });
    expect(reason).toBe('');
    expect(stages.map(({ hook, table }) => `${hook} ${table}`)).toEqual(['PREROUTING nat', 'FORWARD filter', 'POSTROUTING nat']);
    const nat = stages[0];
    expect(nat?.after).toMatch(/-> 10\.244\.\d\.2\d:9000$/);
    const shown = rows(nat?.parts ?? []);
    expect(shown[0]).toMatch(/^1\. PREROUTING \d+: jump KUBE-SERVICES$/);
    expect(shown.some((row) => /^ {4}\d\. KUBE-SVC-MLP2VYCUNGXX2GFQ \d+: jump KUBE-SEP-/.test(row))).toBe(true);
    expect(shown.some((row) => /^ {6}\d\. KUBE-SEP-\w+ \d+: dnat to 10\.244/.test(row))).toBe(true);
    const numbers = stages.flatMap((stage) => rows(stage.parts)).flatMap((row) => /^ *(\d+)\./.exec(row)?.[1] ?? []);
    const result = await ask<TraceResult>(traceRequest);
    const steps = result.kind === 'trace' ? (result.report.outcomes[0]?.steps ?? []) : [];
    expect(numbers.map(Number)).toEqual(steps.map((_, at) => at + 1));
  });

  it('tells of each rule that did not match why that is, as many as are asked for', async () => {
    const { rules } = await ask<TraceRulesResult>(traceRulesRequest, { outcome: 0, first: 0, count: 3 });
    expect(rules.length).toBe(3);
    for (const { line, rule, reasons } of rules) {
      expect(lines[line]).toContain(rule);
      expect(reasons.some(({ holds }) => holds !== true)).toBe(true);
    }
    const [second, third] = (await ask<TraceRulesResult>(traceRulesRequest, { outcome: 0, first: 1, count: 2 })).rules;
    expect([second, third]).toEqual(rules.slice(1));
    expect(
      (await ask<TraceRulesResult>(traceRulesRequest, { outcome: 0, first: 0, count: 100_000 })).rules.length,
    ).toBeLessThanOrEqual(200);
  });

  it('follows edits', async () => {
    const verdicts = async () => {
      const result = await ask<TraceResult>(traceRequest);
      return result.kind === 'trace' ? result.report.outcomes.map(({ verdict }) => verdict) : [];
    };
    expect(new Set(await verdicts())).toEqual(new Set(['accept']));
    const place = { line: lines.findIndex((line) => line.startsWith('-A FORWARD')), character: 0 };
    const contentChanges = [{ range: { start: place, end: place }, text: '-A FORWARD -p tcp -m tcp --dport 9000 -j DROP\n' }];
    await server.client.sendNotification('textDocument/didChange', { textDocument: { uri, version: 2 }, contentChanges });
    expect(new Set(await verdicts())).toEqual(new Set(['drop']));
    const { changes } = await ask<TraceWhyNotResult>(traceWhyNotRequest, { outcome: 0 });
    expect(changes.map(({ words }) => words)).not.toContain('for port 8999 instead of 9000');
    const { stages } = await ask<TracePathResult>(tracePathRequest, { outcome: 0 });
    expect(stages.at(-1)).toMatchObject({ hook: 'FORWARD', table: 'filter' });
  });

  it('offers the ends of packets that the dump and the cluster have', async () => {
    const { from, to } = await ask<TraceEndsResult>(traceEndsRequest);
    expect(from.slice(0, 2).map(({ value }) => value)).toEqual(['outside', 'this-node']);
    expect(from.map(({ value }) => value)).toEqual(expect.arrayContaining([pod, 'node:worker-2']));
    expect(to).toContainEqual(expect.objectContaining({ kind: 'service', value: 'booking/tickets:grpc' }));
    expect(
      to
        .filter(({ kind }) => kind === 'entry')
        .map(({ description }) => description)
        .join(),
    ).toContain('NodePort');
    expect(to).toContainEqual(expect.objectContaining({ kind: 'pod', value: pod, needsPort: true }));
    for (const end of to.filter(({ kind }) => kind === 'service' || kind === 'entry')) {
      const asked = { from: '10.244.0.99', to: end.value, ...(end.protocol === undefined ? {} : { protocol: end.protocol }) };
      expect(await ask<TraceResult>(traceRequest, { question: asked }), end.value).toMatchObject({ kind: 'trace' });
    }
  });

  it('is nothing where a question cannot be answered, and says why', async () => {
    expect(await ask<TraceResult>(traceRequest, { question: { from: pod, to: 'booking/nobody' } })).toEqual({
      kind: 'nothing',
      reason: expect.stringContaining('booking/nobody'),
    });
    expect(await ask<TracePathResult>(tracePathRequest, { outcome: 99 })).toMatchObject({
      stages: [],
      reason: expect.stringMatching(/no such outcome/),
    });
    expect(await ask<TraceResult>(traceRequest, { textDocument: { uri: 'file:///work/other.iptables' } })).toMatchObject({
      kind: 'nothing',
    });
    await expect(ask(traceRequest, { question: { from: pod } })).rejects.toThrow('"question" is missing or not of its type');
    await expect(ask(tracePathRequest, { outcome: -1 })).rejects.toThrow('"outcome"');
  });
});
