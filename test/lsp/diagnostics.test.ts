import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { diagnosticsOf } from '../../server/src/features/diagnostics.ts';
import { finding } from '../../server/src/lint/support/finding.ts';
import { readSettings } from '../../server/src/lsp/settings.ts';
import { type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const broken = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j NOWHERE\nCOMMIT\n';

let server: InProcessServer;

beforeEach(() => {
  server = startInProcessServer();
});
afterEach(() => server.dispose());

describe('an old version of a dump', () => {
  it.each(['git:/work/node-a.iptables?ref', 'vscode-local-history:/work/node-a.iptables', 'gitlens://x/node-a.iptables'])(
    'has hovers, and no diagnostics: %s',
    async (old) => {
      await server.initialize();
      await server.open(old, broken);
      const hover = { textDocument: { uri: old }, position: { line: 2, character: 4 } };
      expect(JSON.stringify(await server.client.sendRequest('textDocument/hover', hover))).toContain('INPUT');
      // What is opened behind it is looked at behind it.
      await server.open('file:///work/node-a.iptables', broken);
      expect((await server.diagnostics('file:///work/node-a.iptables', 1)).diagnostics).toHaveLength(1);
      expect(server.published.map(({ uri }) => uri)).not.toContain(old);
    },
  );
});

describe('inlay hints', () => {
  it('are asked for again as soon as the settings are others', async () => {
    let refreshes = 0;
    server.client.onRequest('workspace/inlayHint/refresh', () => {
      refreshes += 1;
      return null;
    });
    await server.initialize({ capabilities: { workspace: { inlayHint: { refreshSupport: true } } } });
    await server.client.sendNotification('workspace/didChangeConfiguration', { settings: null });
    await expect.poll(() => refreshes).toBe(1);
  });
});

describe('more findings than may be shown', () => {
  const place = (line: number) => ({ line, start: 0, end: 1 });
  const findings = Array.from({ length: 30 }, (_, line) =>
    finding(
      place(line),
      line === 20 ? 'undeclared-chain' : 'orphaned-chain',
      line === 20 ? 'error' : 'warning',
      `of line ${line}`,
    ),
  );

  it('are as many as the limit, the gravest among them, and one that counts the others', () => {
    const shown = runToEnd(diagnosticsOf(findings, 'file:///a', 10));
    expect(shown).toHaveLength(10);
    expect(shown[0]?.message).toBe('21 further findings are not shown (setting iptables.maxDiagnostics)');
    expect(shown.map(({ message }) => message)).toContain('of line 20');
    expect(runToEnd(diagnosticsOf(findings, 'file:///a', 30))).toHaveLength(30);
    expect(runToEnd(diagnosticsOf(findings, 'file:///a', 0))).toHaveLength(1);
  });

  it('are by default no more than VS Code shows of a file', () => {
    expect(readSettings(undefined).maxDiagnostics).toBe(1_000);
  });

  it('show what hides in a name', () => {
    const hidden = finding(place(0), 'undeclared-chain', 'error', 'NO\u200bPE\u202e');
    expect(runToEnd(diagnosticsOf([hidden], 'file:///a', 10))[0]?.message).toBe('NO<U+200B>PE<U+202E>');
  });
});
