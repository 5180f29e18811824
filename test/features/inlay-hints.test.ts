import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { codeLenses, resolveCodeLens } from '../../server/src/features/code-lenses.ts';
import { inlayHints } from '../../server/src/features/inlay-hints.ts';
import type { InlayHintSettings } from '../../server/src/protocol/requests.ts';
import { clusterWith, node, pod, service, slice } from '../kube/objects.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterOf } from '../support/dumps.ts';

const sample = resolve(import.meta.dirname, '../fixtures/sample');
const text = readFileSync(resolve(sample, 'worker-1.iptables'), 'utf8');
const state = dumpState(text, clusterOf(readFileSync(resolve(sample, 'cluster.json'), 'utf8')));
const none: InlayHintSettings = {
  chains: false,
  jumpPlace: 'jump',
  declarations: false,
  rules: false,
  shares: false,
  addresses: false,
};
const all: InlayHintSettings = { ...none, chains: true, shares: true, addresses: true };

/** The first rule that holds these words, with its hints in angle brackets where they stand. */
function shown(words: string, choice: InlayHintSettings): string {
  const lines = text.split('\n');
  const line = lines.findIndex(
    (candidate) => candidate.startsWith('-A') && words.split(' ').every((word) => candidate.includes(word)),
  );
  const range = { start: { line, character: 0 }, end: { line, character: 0 } };
  const hints = runToEnd(inlayHints(state, range, choice)).toSorted((a, b) => b.position.character - a.position.character);
  let result = lines[line] ?? '';
  for (const { position, label } of hints) {
    result = `${result.slice(0, position.character)}<${String(label)}>${result.slice(position.character)}`;
  }
  return result.replace(/ -m comment --comment "[^"]*"/, '');
}

describe('inlay hints', () => {
  it('name the Service behind a jump and the owner of an address', () => {
    expect(shown('10.96.40.10/32 KUBE-SERVICES', all)).toBe(
      '-A KUBE-SERVICES -d 10.96.40.10/32<booking/frontend> -p tcp -m tcp --dport 80 -j KUBE-SVC-3MGBTRC5ATFFL7T7<booking/frontend:http>',
    );
  });

  it('name the Pod, its node, and the real share', () => {
    expect(shown('0.50000000000 KUBE-SEP-LHZID5ROYHOMKZPZ', all)).toMatch(
      /^-A KUBE-SVC-3MGBTRC5ATFFL7T7 -m statistic --mode random --probability 0\.50000000000<33\.3 % of new connections> -j KUBE-SEP-LHZID5ROYHOMKZPZ<booking\/frontend-\S+ on \S+>$/,
    );
  });

  it('can be switched off, each kind by itself', () => {
    expect(shown('10.96.40.10/32 KUBE-SERVICES', { ...all, chains: false })).toMatch(/KUBE-SVC-\w+$/);
    expect(shown('10.96.40.10/32 KUBE-SERVICES', none)).not.toContain('<');
    expect(shown('0.50000000000 KUBE-SEP-LHZID5ROYHOMKZPZ', { ...all, shares: false })).not.toContain('%');
  });
});

describe('hints of whose a chain is', () => {
  const cluster = clusterWith(service('shop/web'), slice('shop/web', { '10.244.0.1': { pod: 'web-1' } }));
  const dump = dumpState(
    `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SVC-TG4Y7II5EGIOXNPD - [0:0]
-A PREROUTING -d 10.96.0.1/32 -p tcp -m comment --comment "shop/web:http cluster IP" -j KUBE-SVC-TG4Y7II5EGIOXNPD
-A KUBE-SVC-TG4Y7II5EGIOXNPD -m comment --comment "shop/web:http" -j RETURN
-A KUBE-SVC-TG4Y7II5EGIOXNPD -j RETURN
COMMIT
`,
    cluster,
  );
  const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
  const hintsWith = (choice: Partial<InlayHintSettings>): readonly string[] =>
    runToEnd(inlayHints(dump, range, { ...none, ...choice })).map(
      ({ position, label }) => `${position.line}:${position.character} ${String(label)}`,
    );

  it('stand behind its declaration, and behind its name at the first of its rules', () => {
    expect(hintsWith({ declarations: true })).toEqual(['2:34 shop/web:http']);
    expect(hintsWith({ rules: true })).toEqual(['4:28 shop/web:http']);
  });

  it('of a jump stand behind it, or at the beginning of the rule', () => {
    expect(hintsWith({ chains: true })).toEqual(['3:113 shop/web:http']);
    expect(hintsWith({ chains: true, jumpPlace: 'rule' })).toEqual(['3:13 → shop/web:http']);
  });
});

describe('the hint behind an address', () => {
  const rules = ['10.96.0.9', '172.18.0.2', '10.244.0.1', '10.244.0.2', '192.0.2.1', '10.244.0.0/24'].map(
    (address) => `-A FORWARD -d ${address} -j ACCEPT`,
  );
  const hintsOf = (...objects: readonly object[]): readonly string[] => {
    const dump = dumpState(`*filter\n:FORWARD ACCEPT [0:0]\n${rules.join('\n')}\nCOMMIT\n`, clusterWith(...objects));
    const range = { start: { line: 0, character: 0 }, end: { line: 99, character: 0 } };
    const hints = runToEnd(inlayHints(dump, range, all));
    return rules.map((_, at) => String(hints.find(({ position }) => position.line === at + 2)?.label ?? ''));
  };
  const known = [
    service('shop/web', { ip: '10.96.0.9' }),
    node('node-a', { ips: ['172.18.0.2'] }),
    slice('shop/web', { '10.244.0.1': { pod: 'web-1' }, '10.244.0.2': {} }),
  ];

  it("says whose it is: a Service's, a node's, a Pod's, of which the EndpointSlices know as well", () => {
    expect(hintsOf(...known)).toEqual(['shop/web', 'node node-a', 'shop/web-1', '', '', '']);
    expect(hintsOf(...known, pod('shop/web-2', { ip: '10.244.0.2' }))).toEqual([
      'shop/web',
      'node node-a',
      'shop/web-1',
      'shop/web-2',
      '',
      '',
    ]);
    expect(hintsOf(service('shop/other', { ip: '10.96.0.8' }))).toEqual(['', '', '', '', '', '']);
  });
});

describe('code lenses', () => {
  it('stand above the first rule of a Service chain and get their text when they are seen', () => {
    const lens = runToEnd(codeLenses(state)).find(({ range }) =>
      (text.split('\n')[range.start.line] ?? '').startsWith('-A KUBE-SVC-3MGBTRC5ATFFL7T7'),
    );
    expect(lens?.command).toBeUndefined();
    expect(lens === undefined ? undefined : resolveCodeLens(state, lens, true).command).toEqual({
      title: 'booking/frontend:http: 3 endpoints, show NAT flow',
      command: 'iptables.showFlow',
      arguments: [state.uri, 'booking/frontend:http'],
    });
  });

  it('have others beside them, that ask about the Service, where the client can', () => {
    const [first, second, third] = runToEnd(codeLenses(state, ['trace', 'reach']));
    expect([second?.range, third?.range]).toEqual([first?.range, first?.range]);
    const resolved = [second, third].map((lens) => (lens === undefined ? undefined : resolveCodeLens(state, lens, true).command));
    const to = expect.stringMatching(/^[\w-]+\/[\w-]+/);
    expect(resolved).toEqual([
      { title: 'trace a packet', command: 'iptables.tracePacket', arguments: [state.uri, to] },
      { title: 'who reaches it', command: 'iptables.showReach', arguments: [state.uri, to] },
    ]);
    expect(runToEnd(codeLenses(state)).length * 3).toBe(runToEnd(codeLenses(state, ['trace', 'reach'])).length);
  });
});
