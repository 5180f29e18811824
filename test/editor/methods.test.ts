/** Every request that docs/protocol.md says to be answered, asked by VS Code's own providers. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { markedDump, methodMarks } from '../support/method-marks.ts';
import { describeWith } from '../support/requirements.ts';
import { openWorkbench, saysSoon, soon, type Workbench } from './workbench.ts';

/** VS Code asks for tokens by range, and has a command of its own for a lens. */
const notAsked: ReadonlySet<string> = new Set(['textDocument/semanticTokens/full', 'workspace/executeCommand']);
const marks = methodMarks.filter(({ method }) => !notAsked.has(method));

describeWith(['code-server', 'chromium'], 'the requests of the protocol in VS Code', () => {
  let workbench: Workbench;

  beforeAll(async () => {
    workbench = await openWorkbench({
      workspace: resolve(import.meta.dirname, '../fixtures/sample'),
      file: 'marked.iptables',
      files: { 'marked.iptables': markedDump, 'marks.json': JSON.stringify({ file: 'marked.iptables', marks }) },
      other: resolve(import.meta.dirname, 'method-probe'),
    });
  });

  afterAll(() => workbench?.close());

  it('each say at their markers what stands there', async () => {
    await saysSoon(workbench.language(), 'iptables');
    await workbench.statusSays('cluster.json');
    await saysSoon(await workbench.problems('SPARE'), 'orphaned-chain');
    const path = join(workbench.folder, 'answers.json');
    await workbench.run('Method Probe: Ask');
    await soon(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('}')).toBe(true);
    const answers = JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, readonly string[]>>;
    const said = marks.map(({ method }) => [method, (answers[method] ?? []).join('\n')]);
    expect(said).toEqual(marks.map(({ method, text }) => [method, expect.stringContaining(text)]));
  });
});
