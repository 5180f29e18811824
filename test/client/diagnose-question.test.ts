import { beforeEach, describe, expect, it } from 'vitest';
import { pickDiagnoseQuestion, typeDiagnoseQuestion } from '../../client/src/diagnose/diagnose-question.ts';
import type { ServerAccess } from '../../client/src/server-access.ts';
import { rulesetChangedNotification } from '../../server/src/protocol/requests.ts';
import { type TraceEnd, type TraceEndsResult, traceEndsRequest } from '../../server/src/protocol/trace.ts';
import { EventEmitter, fake, resetVscode, Uri } from '../support/vscode.ts';

const dump = Uri.file('/work/node-a.iptables');
const outside: TraceEnd = { kind: 'outside', value: 'outside', description: 'an address of no Pod and no node' };
const pod: TraceEnd = { kind: 'pod', value: 'shop/web-0', description: '10.244.0.9' };
const known: TraceEndsResult = {
  from: [outside, pod],
  to: [
    { kind: 'service', value: 'shop/web:http', description: '10.96.0.20:80' },
    { kind: 'entry', value: '192.0.2.1:30053', protocol: 'udp', description: 'shop/dns, NodePort' },
    { ...pod, needsPort: true },
  ],
};

const changes = new EventEmitter<{ readonly uri: string }>();

/** A server that has these ends of the dump, and no others. */
function serverWith(ends: () => TraceEndsResult): ServerAccess {
  const server = {
    askOfDump: async (method: string, params: unknown) => {
      expect([method, params]).toEqual([traceEndsRequest, { textDocument: { uri: dump.toString() } }]);
      return ends();
    },
    onNotification: (method: string, listener: (params: { readonly uri: string }) => void) => {
      expect(method).toBe(rulesetChangedNotification);
      return changes.event(listener);
    },
  };
  return server as unknown as ServerAccess;
}

const pickOf = (ends: TraceEndsResult) =>
  pickDiagnoseQuestion(
    serverWith(() => ends),
    dump as never,
  );
const labels = (): readonly string[] => fake.shown.map(({ text }) => text);

beforeEach(() => resetVscode());

describe('the packet of a diagnosis is picked where the dump is open', () => {
  it('none first of all, and then the node is looked at as a whole', async () => {
    fake.answers.push('No packet');
    expect(await pickOf(known)).toEqual({ from: '', to: '' });
    const shown = labels();
    expect(shown.indexOf('$(search) No packet: look at everything')).toBeLessThan(shown.indexOf('$(globe) outside'));
  });

  it('from a Pod to a Service', async () => {
    fake.answers.push('shop/web-0', 'shop/web:http');
    expect(await pickOf(known)).toEqual({ from: 'shop/web-0', to: 'shop/web:http' });
    expect(labels()).toContain('Diagnose: a packet from shop/web-0 to');
  });

  it('with the protocol of an entry, and the port of a Pod', async () => {
    fake.answers.push('outside', '192.0.2.1:30053/udp');
    expect(await pickOf(known)).toEqual({ from: 'outside', to: '192.0.2.1:30053/udp' });
    fake.answers.push('outside', 'shop/web-0', 'tcp', '8080');
    expect(await pickOf(known)).toEqual({ from: 'outside', to: 'shop/web-0:8080/tcp' });
    fake.answers.push('outside', 'shop/web-0', 'icmp');
    expect(await pickOf(known)).toEqual({ from: 'outside', to: 'shop/web-0/icmp' });
    expect(labels()).not.toContain('Another...');
  });

  it('or is typed by addresses', async () => {
    fake.answers.push({ typed: '10.244.0.9' }, { typed: '10.96.0.10:53/UDP' });
    expect(await pickOf(known)).toEqual({ from: '10.244.0.9', to: '10.96.0.10:53/udp' });
    fake.answers.push({ typed: 'fd00::9' }, { typed: '[fd00::10]:53' }, 'udp');
    expect(await pickOf(known)).toEqual({ from: 'fd00::9', to: '[fd00::10]:53/udp' });
  });

  it('or by names where the lists have none, which a bundle around the dump may know', async () => {
    const unknown: TraceEndsResult = { from: [outside], to: [] };
    fake.answers.push({ typed: 'shop/web-0' }, { typed: 'shop/web:http' });
    expect(await pickOf(unknown)).toEqual({ from: 'shop/web-0', to: 'shop/web:http' });
    // Where they have some, half a name finds one, and is none itself.
    fake.answers.push({ typed: 'shop/we' }, { typed: 'shop/we' });
    expect(await pickOf({ ...known, to: known.to.slice(0, 1) })).toEqual({ from: 'shop/web-0', to: 'shop/web:http' });
  });

  it('is none where the user leaves a list or a box', async () => {
    for (const answers of [[undefined], ['outside', undefined], ['outside', 'shop/web-0', undefined]]) {
      resetVscode();
      fake.answers.push(...answers);
      expect(await pickOf(known)).toBeUndefined();
    }
  });

  it('by what the cluster says once it has come', async () => {
    let current: TraceEndsResult = { from: [outside], to: [] };
    const picked = pickDiagnoseQuestion(
      serverWith(() => current),
      dump as never,
    );
    await expect.poll(() => labels()).toContain('$(globe) outside');
    current = known;
    fake.answers.push('shop/web-0', 'shop/web:http');
    changes.fire({ uri: Uri.file('/work/other.iptables').toString() });
    expect(labels()).not.toContain('$(vm) shop/web-0');
    changes.fire({ uri: dump.toString() });
    expect(await picked).toEqual({ from: 'shop/web-0', to: 'shop/web:http' });
  });

  it('and fails as the server does', async () => {
    const server = serverWith(() => {
      throw new Error('the server is down');
    });
    await expect(pickDiagnoseQuestion(server, dump as never)).rejects.toThrow('the server is down');
  });
});

describe('the packet of a bundle, which nobody has read yet, is typed', () => {
  it('and nothing typed is none', async () => {
    fake.answers.push('');
    expect(await typeDiagnoseQuestion()).toEqual({ from: '', to: '' });
    fake.answers.push(' shop/web-0 ', 'shop/web');
    expect(await typeDiagnoseQuestion()).toEqual({ from: 'shop/web-0', to: 'shop/web' });
    fake.answers.push('outside', undefined);
    expect(await typeDiagnoseQuestion()).toBeUndefined();
  });
});
