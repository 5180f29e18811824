import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { prepareQuestions } from '../../server/src/kube/question/prepare.ts';
import { type TraceResult, traceRequest } from '../../server/src/protocol/trace.ts';
import { type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

vi.mock(import('../../server/src/kube/question/prepare.ts'), async (importOriginal) => {
  const original = await importOriginal();
  return { ...original, prepareQuestions: vi.fn(original.prepareQuestions) };
});

const uri = 'file:///work/node-a.iptables';
const dump =
  '*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\nCOMMIT\n';
const prepared = vi.mocked(prepareQuestions);

let server: InProcessServer;

beforeEach(async () => {
  prepared.mockClear();
  server = startInProcessServer();
  await server.initialize();
});
afterEach(() => server.dispose());

it('questions are prepared for each version that is open, once its diagnostics are there', async () => {
  await server.open(uri, dump);
  await server.diagnostics(uri, 1);
  await vi.waitUntil(() => prepared.mock.calls.length === 1);
  const change = { textDocument: { uri, version: 2 }, contentChanges: [{ text: dump.replace('22', '2222') }] };
  await server.client.sendNotification('textDocument/didChange', change);
  await server.diagnostics(uri, 2);
  await vi.waitUntil(() => prepared.mock.calls.length === 2);
  const question = { from: '192.0.2.1', to: '192.0.2.9:2222' };
  const result = await server.client.sendRequest<TraceResult>(traceRequest, { textDocument: { uri }, question });
  expect(result.kind).toBe('trace');
  expect(server.log).toEqual([]);
});

it('what goes wrong with it is told in the log, and nothing else suffers', async () => {
  prepared.mockImplementationOnce(function* () {
    yield;
    throw new Error('of all things');
  });
  await server.open(uri, dump);
  await vi.waitUntil(() => server.log.length > 0);
  expect(server.log[0]).toContain(`questions of ${uri}`);
  const hover = { textDocument: { uri }, position: { line: 1, character: 2 } };
  expect(JSON.stringify(await server.client.sendRequest('textDocument/hover', hover))).toContain('INPUT');
});

it('nothing is prepared for an old version of a dump', async () => {
  await server.open('git:/work/node-a.iptables?ref', dump);
  await server.open(uri, dump);
  await server.diagnostics(uri, 1);
  await vi.waitUntil(() => prepared.mock.calls.length > 0);
  expect(prepared.mock.calls.map(([resolution]) => resolution.origin.fileName)).toEqual([uri]);
});
