import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTest } from '../../server/src/cli/test-command.ts';
import type { ExpectationResult } from '../../server/src/kube/expectation/judge.ts';
import {
  type ExpectationsResult,
  expectationsRequest,
  type JudgeResult,
  judgeRequest,
  type WriteExpectationsResult,
  writeExpectationsRequest,
} from '../../server/src/protocol/trace.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/worker-1.iptables';
const textDocument = { uri };

const file = `packets:
  - from: booking/frontend-6c8f7b9d45-2lqzr
    to: booking/tickets:grpc
    expect: [10.244.1.21:9000, 10.244.2.22:9000]
  - name: Mail goes out
    from: 10.244.0.17
    to: booking/mailer:smtp
    expect: accept
  - from: 10.244.0.17
    to: booking/nobody
    expect: accept
`;

let server: InProcessServer;

beforeEach(async () => {
  server = startInProcessServer(filesOf({ 'file:///work/cluster.json': fixtureText('sample/cluster.json') }));
  await server.initialize({ workspaceFolders: [{ uri: 'file:///work', name: 'work' }] });
  await server.open(uri, fixtureText('sample/worker-1.iptables'));
  await server.notified<{ readonly kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
});
afterEach(() => server.dispose());

const read = (text: string): Promise<ExpectationsResult> => server.client.sendRequest(expectationsRequest, { text });
const judge = (params: object = {}): Promise<JudgeResult> =>
  server.client.sendRequest(judgeRequest, { textDocument, text: file, ...params });

describe('expectations over the protocol', () => {
  it('are read with their places, whether a dump is open or not', async () => {
    const { expectations, problems, node } = await read(file);
    expect(problems).toEqual([]);
    expect(node).toBe('');
    expect(expectations.map(({ name, range }) => [name, range.start.line])).toEqual([
      ['booking/frontend-6c8f7b9d45-2lqzr to booking/tickets:grpc', 1],
      ['Mail goes out', 4],
      ['10.244.0.17 to booking/nobody', 8],
    ]);
    expect(expectations[0]?.question).toMatchObject({ from: 'booking/frontend-6c8f7b9d45-2lqzr', to: 'booking/tickets:grpc' });
  });

  it('are told with what is wrong with their file', async () => {
    const { problems } = await read('packets:\n  - from: 10.0.0.1\n    too: 10.0.0.2:80\n    expect: accept\n');
    expect(problems[0]).toEqual({
      message: expect.stringContaining('"too"'),
      range: { start: { line: 2, character: 4 }, end: { line: 2, character: 7 } },
    });
    expect(await judge({ text: 'packets: 7' })).toEqual({ results: [], reason: expect.stringMatching(/^Line 1, column 10: /) });
  });

  it('are judged as the command line does it, all or some of them', async () => {
    const { results, reason } = await judge();
    expect(reason).toBe('');
    expect(results.map(({ at, status }) => [at, status])).toEqual([
      [0, 'met'],
      [1, 'failed'],
      [2, 'error'],
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'iptables-expectations-'));
    try {
      writeFileSync(join(folder, 'shop.packets.yaml'), file);
      const options = { cluster: fixturePath('sample/cluster.json'), format: 'json' } as const;
      const { output } = await runTest(fixturePath('sample/worker-1.iptables'), join(folder, 'shop.packets.yaml'), options);
      const printed = (JSON.parse(output) as { readonly results: readonly ExpectationResult[] }).results;
      for (const [at, { status, expected, actual, reasons }] of printed.entries())
        expect(results[at]).toMatchObject({ status, expected, actual, reasons });
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(results[1]?.range.start).toEqual({ line: 7, character: 12 });
    expect(results[1]?.trace).toContain('reject');
    expect((await judge({ only: [1] })).results.map(({ at }) => at)).toEqual([1]);
  });

  it('are what is true now, when they are written, and met then', async () => {
    const { text } = await server.client.sendRequest<WriteExpectationsResult>(writeExpectationsRequest, { textDocument });
    const { results } = await judge({ text });
    expect(results.length).toBeGreaterThan(10);
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['met']));
  });

  it('are refused with parameters of another type', async () => {
    await expect(server.client.sendRequest(expectationsRequest, {})).rejects.toThrow('"text"');
    await expect(judge({ only: ['x'] })).rejects.toThrow('"only"');
    expect(await judge({ textDocument: { uri: 'file:///work/other.iptables' } })).toMatchObject({
      reason: expect.stringContaining('not open'),
    });
  });
});
