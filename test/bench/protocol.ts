import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestServer, type TestServer } from '../support/language-server.ts';
import { type EditFigures, measureEdits } from './edits.ts';
import { percentile } from './statistics.ts';

/** Milliseconds from the opening of a document to what is waited for. */
export interface Opening {
  /** From the moment an editor tells its client of the document: the client makes the message first. */
  readonly told: number;
  /** From the moment the client writes the message: what is the server's own, and the pipe's. */
  readonly written: number;
}

export interface ProtocolFigures {
  /** To the first diagnostics. */
  readonly open: Opening;
  /** 95th percentiles in milliseconds over many places, after the dump is read. */
  readonly definition: number;
  readonly hover: number;
  /** From an edit to the new diagnostics, by what the edit changes; first of all a comment. */
  readonly edits: readonly EditFigures[];
  /** The most memory that the server process ever had resident, in megabytes; null where the system does not say. */
  readonly memory: number | null;
}

/**
 * Opens a document and waits. The client is the library that VS Code's own is built on: what it does before it writes, every user of VS Code waits for as well.
 * @param wait what is waited for; it is called before the message is written
 */
async function opening(server: TestServer, uri: string, text: string, wait: () => Promise<unknown>): Promise<Opening> {
  const { stdin } = server.process;
  if (stdin === null) throw new Error('the server has no standard input');
  const write = stdin.write.bind(stdin) as (chunk: string | Buffer, ...others: readonly unknown[]) => boolean;
  let written: number | undefined;
  const noted = (chunk: string | Buffer, ...others: readonly unknown[]): boolean => {
    // Only the message itself is as long as the text; its head is a write of its own.
    if (chunk.length >= text.length) written ??= performance.now();
    return write(chunk, ...others);
  };
  Object.assign(stdin, { write: noted });
  const told = performance.now();
  await Promise.all([server.open(uri, text), wait()]);
  const end = performance.now();
  Object.assign(stdin, { write });
  if (written === undefined) throw new Error('the document was not written');
  return { told: end - told, written: end - written };
}

/** To the first diagnostics of a dump that an earlier server of this machine had open. */
export async function measureReopening(uri: string, folder: string, text: string): Promise<Opening> {
  const caches = mkdtempSync(join(tmpdir(), 'iptables-reopened-'));
  const openedIn = async (): Promise<Opening> => {
    const server = await startTestServer({ folder, caches });
    try {
      return await opening(server, uri, text, () => server.diagnostics(uri, 1));
    } finally {
      await server.stop();
    }
  };
  try {
    await openedIn();
    return await openedIn();
  } finally {
    rmSync(caches, { recursive: true, force: true });
  }
}

/** To the answers about a screenful in the middle of a dump that are asked for at once, the last of them. */
export async function measureFirstAnswers(uri: string, folder: string, text: string): Promise<Opening> {
  const refreshes = { workspace: { inlayHint: { refreshSupport: true }, codeLens: { refreshSupport: true } } };
  // Whoever has a folder for it has the server look for what was found before, too.
  const caches = mkdtempSync(join(tmpdir(), 'iptables-opened-'));
  const server = await startTestServer({ folder, caches, capabilities: refreshes });
  try {
    const line = Math.floor(text.split('\n').length / 2);
    const textDocument = { uri };
    const range = { start: { line, character: 0 }, end: { line: line + 60, character: 0 } };
    const answered = await opening(server, uri, text, () =>
      Promise.all([
        server.request('textDocument/semanticTokens/range', { textDocument, range }),
        server.request('textDocument/inlayHint', { textDocument, range }),
        server.request('textDocument/codeLens', { textDocument }),
        server.request('textDocument/hover', { textDocument, position: { line: line + 30, character: 5 } }),
      ]),
    );
    await server.diagnostics(uri, 1);
    return answered;
  } finally {
    await server.stop();
    rmSync(caches, { recursive: true, force: true });
  }
}

const places = 200;

function peakMemory(pid: number | undefined): number | null {
  try {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return peak === undefined ? null : Number(peak) / 1000;
  } catch {
    return null;
  }
}

/** What an editor waits for: a dump of this text opened in a server of its own, with the workspace's snapshot beside it. */
export async function measureProtocol(uri: string, folder: string, text: string): Promise<ProtocolFigures> {
  const server = await startTestServer({ folder });
  try {
    const lines = text.split('\n');
    const open = await opening(server, uri, text, () => server.diagnostics(uri, 1));
    await server.notified<{ kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');

    const jumps = lines.flatMap((line, number) => (line.includes(' -j KUBE-S') ? [number] : []));
    const times = { definition: [] as number[], hover: [] as number[] };
    for (let place = 0; place < places; place += 1) {
      const line = jumps[Math.floor((place * jumps.length) / places)] ?? 0;
      const position = { line, character: (lines[line] ?? '').length - 3 };
      for (const feature of ['definition', 'hover'] as const) {
        const asked = performance.now();
        const answer = await server.request<unknown>(`textDocument/${feature}`, { textDocument: { uri }, position });
        times[feature].push(performance.now() - asked);
        if (answer === null || (Array.isArray(answer) && answer.length === 0))
          throw new Error(`no ${feature} on line ${line + 1}`);
      }
    }

    // Most of them are seldom made, and some take more than all else.
    const memory = peakMemory(server.process.pid);
    const edits = await measureEdits(server, uri, lines, 2);
    return {
      open,
      definition: percentile(times.definition, 0.95),
      hover: percentile(times.hover, 0.95),
      edits,
      memory,
    };
  } finally {
    await server.stop();
  }
}
