import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type FlowResult,
  flowRequest,
  type ServiceStatesResult,
  serviceStatesRequest,
} from '../../server/src/protocol/requests.ts';
import { isFlowGraph } from '../../webview/src/model/graph-check.ts';
import { fixtureText } from '../support/fixtures.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const sample = fixtureText('sample/worker-1.iptables');
let server: InProcessServer | undefined;

afterEach(() => server?.dispose());

function running(): InProcessServer {
  if (server === undefined) throw new Error('No server was started.');
  return server;
}

async function mapOf(uri: string, text: string, files: Readonly<Record<string, string>> = {}): Promise<FlowResult> {
  server = startInProcessServer(filesOf(files));
  await server.initialize({ workspaceFolders: [{ uri: 'file:///work', name: 'work' }] });
  await server.open(uri, text);
  if (Object.keys(files).length > 0)
    await server.notified<{ readonly kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
  return server.client.sendRequest(flowRequest, { textDocument: { uri }, to: 'map:' });
}

describe('the map of all Services, over the protocol', () => {
  const uri = 'file:///work/worker-1.iptables';

  describe('with a cluster', () => {
    let answer: FlowResult;
    beforeEach(async () => {
      answer = await mapOf(uri, sample, { 'file:///work/cluster.json': fixtureText('sample/cluster.json') });
    });

    it('has each with the state that the Services view has', async () => {
      if (answer.kind !== 'flow') throw new Error(answer.reason);
      expect(answer).toMatchObject({
        to: 'map:',
        graph: { title: 'All Services of worker-1', nodes: [], edges: [], source: 'cluster.json' },
      });
      expect(isFlowGraph(answer.graph)).toBe(true);
      const services = answer.graph.map?.services ?? [];
      const params = { textDocument: { uri }, targets: services.map(({ to }) => to) };
      const { states } = await running().client.sendRequest<ServiceStatesResult>(serviceStatesRequest, params);
      expect(services.length).toBeGreaterThan(7);
      expect(services.map(({ state }) => [state.kind, state.words])).toEqual(states.map((state) => [state?.kind, state?.words]));
    });

    it('has entries with rules, and Pods with nodes', () => {
      if (answer.kind !== 'flow') throw new Error(answer.reason);
      const lines = sample.split('\n');
      const frontend = answer.graph.map?.services.find(({ to }) => to === 'booking/frontend');
      expect(frontend?.entries.map(({ label }) => label)).toEqual(expect.arrayContaining([expect.stringMatching(/^10\.96\./)]));
      for (const { line, label } of frontend?.entries ?? []) {
        expect(lines[(line ?? 0) - 1]).toContain(/\d+(?=\/tcp$)/.exec(label)?.[0]);
      }
      expect(frontend?.endpoints.length).toBeGreaterThan(1);
      for (const { address, pod, line } of frontend?.endpoints ?? []) {
        expect(lines[(line ?? 0) - 1]).toContain(`--to-destination ${address}`);
        expect(pod?.name).toMatch(/^frontend-/);
        expect(pod?.node).not.toBeNull();
      }
    });
  });

  it('comes before the states where those are wanted later, with the same Services, entries and lines', async () => {
    const whole = await mapOf(uri, sample, { 'file:///work/cluster.json': fixtureText('sample/cluster.json') });
    const params = { textDocument: { uri }, to: 'map:', statesLater: true };
    const first = await running().client.sendRequest<FlowResult>(flowRequest, params);
    if (whole.kind !== 'flow' || first.kind !== 'flow') throw new Error('no map');
    expect(isFlowGraph(first.graph)).toBe(true);
    const listed = ({ graph }: typeof first) =>
      graph.map?.services.map(({ to, line, entries }) => [
        to,
        line,
        entries.map(({ kind, label, line: own }) => [kind, label, own]),
      ]);
    expect(listed(first)).toEqual(listed(whole));
    const services = first.graph.map?.services ?? [];
    expect(new Set(services.flatMap(({ state, entries }) => [state.kind, ...entries.map((entry) => entry.state.kind)]))).toEqual(
      new Set(['pending']),
    );
    expect(services.flatMap(({ endpoints }) => endpoints)).toEqual([]);
    expect(whole.graph.map?.services.map(({ state }) => state.kind)).not.toContain('pending');
  });

  it('says without a cluster what the dump says, and no more', async () => {
    const answer = await mapOf('file:///work/dump.iptables', sample);
    if (answer.kind !== 'flow') throw new Error(answer.reason);
    const { map, notes, title } = answer.graph;
    expect(title).toBe('All Services');
    expect(map?.services.flatMap(({ endpoints }) => endpoints.flatMap(({ pod }) => pod ?? []))).toEqual([]);
    expect(map?.services.some(({ state }) => state.kind === 'differs')).toBe(false);
    expect(notes.map(({ message }) => message).join(' ')).toContain("names come from the dump's comments");
  });

  it('says that an excerpt is one, and that nothing is sure in it', async () => {
    const excerpt = sample
      .split('\n')
      .filter((line) => /^\*nat|^-A KUBE-(SERVICES|SVC|SEP)/.test(line))
      .join('\n');
    const answer = await mapOf('file:///work/part.iptables', excerpt);
    if (answer.kind !== 'flow') throw new Error(answer.reason);
    expect(answer.graph.notes.map(({ message }) => message).join(' ')).toContain('Table nat is an excerpt or cut off');
    expect(answer.graph.map?.services.map(({ state }) => state.kind)).not.toContain('serves');
  });

  it('says why there is none', async () => {
    const answer = await mapOf('file:///work/filter.iptables', '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n');
    expect(answer).toEqual({ kind: 'nothing', reason: "The dump has no nat table, which is where kube-proxy's Services are." });
  });
});
