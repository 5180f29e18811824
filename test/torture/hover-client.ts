/** The client that asks for hovers: the program of a thread. It is given what it opens, and tells how long hovers waited. */
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { type RawClient, startRawClient } from './raw-client.ts';

/** A document that is about to be opened. */
export interface Prepared {
  readonly uri: string;
  readonly lines: number;
  /** The message that opens it. */
  readonly opening: Uint8Array;
}

/** The longest wait. */
export interface Measured {
  /** Milliseconds. */
  readonly longest: number;
  /** What was under way then: "open", or the method that had been asked for. */
  readonly during: string;
  /** The longest that the server was at work without a look at what came in, in milliseconds of its processor time. */
  readonly longestStep: number;
  /** The longest for each thing that was under way. */
  readonly each: ReadonlyMap<string, number>;
}

const betweenHovers = 1;

/** A file of what must come of packets, about as long as a hostile dump. */
const expectations = `packets:\n${'  - from: 10.0.0.1\n    to: a/b:http\n    expect: [10.0.0.2:80, 10.0.0.3:80]\n'.repeat(20_000)}`;

/** Milliseconds of each hover, by what was under way. */
async function* hovers(client: RawClient, textDocument: object, isOver: () => boolean): AsyncGenerator<number> {
  while (!isOver()) {
    const asked = performance.now();
    await client.request('textDocument/hover', { textDocument, position: { line: 2, character: 4 } });
    yield performance.now() - asked;
    await after(betweenHovers);
  }
}

interface Asked {
  readonly client: RawClient;
  readonly textDocument: { readonly uri: string };
  /** How many it has. */
  readonly lines: number;
  readonly now: (what: string) => void;
}

async function askAll({ client, textDocument, lines, now }: Asked): Promise<void> {
  const ask = (method: string, params: object = {}): Promise<string> => {
    now(method);
    return client.request(method, { textDocument, ...params });
  };
  const middle = { line: Math.floor(lines / 2), character: 12 };
  const screen = { start: { line: middle.line, character: 0 }, end: { line: middle.line + 60, character: 0 } };
  const everything = { start: { line: 0, character: 0 }, end: { line: lines, character: 0 } };
  for (const method of ['documentSymbol', 'foldingRange', 'codeLens', 'documentLink']) await ask(`textDocument/${method}`);
  await ask('textDocument/semanticTokens/full', { partialResultToken: 1 });
  await ask('textDocument/semanticTokens/full');
  for (const method of ['semanticTokens/range', 'inlayHint']) await ask(`textDocument/${method}`, { range: screen });
  await ask('textDocument/inlayHint', { range: everything });
  for (const method of [
    'hover',
    'definition',
    'typeDefinition',
    'implementation',
    'documentHighlight',
    'completion',
    'signatureHelp',
  ])
    await ask(`textDocument/${method}`, { position: middle });
  for (const method of ['prepareRename', 'linkedEditingRange', 'prepareCallHierarchy'])
    await ask(`textDocument/${method}`, { position: middle });
  await ask('textDocument/references', { position: middle, context: { includeDeclaration: true } });
  await ask('textDocument/rename', { position: middle, newName: 'OTHER' });
  await ask('textDocument/selectionRange', { positions: [middle] });
  await ask('textDocument/codeAction', { range: screen, context: { diagnostics: [] } });
  await ask('textDocument/codeAction', { range: screen, context: { diagnostics: [], only: ['source.fixAll'] } });
  await ask('textDocument/formatting', { options: { tabSize: 2, insertSpaces: true } });
  await ask('workspace/symbol', { query: 'web' });
  for (const method of ['flowTargets', 'services', 'drift', 'annotate', 'traceEnds', 'writeExpectations'])
    await ask(`iptables/${method}`);
  await ask('iptables/expectations', { text: expectations });
  await ask('iptables/flow', { to: 'map' });
  await ask('iptables/flow', { position: middle });
  await ask('iptables/flow', { position: middle, chain: true });
  await ask('iptables/reach', { to: '' });
  await ask('iptables/trace', { question: { from: '10.128.0.1', to: '10.96.0.10:80' } });
}

async function edit({ client, textDocument, lines, now }: Asked): Promise<void> {
  const { uri } = textDocument;
  for (const [at, line] of [0, Math.floor(lines / 2), lines - 1].entries()) {
    const version = 2 + at;
    now('an edit');
    const start = { line, character: 0 };
    const found = client.message(
      new RegExp(`publishDiagnostics","params":\\{"uri":"[^"]*${uri.slice(-6)}","version":${version},`),
    );
    client.notify('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ range: { start, end: start }, text: '-A INPUT -j NONE\n' }],
    });
    await found;
  }
}

async function measure(folder: string, documents: readonly Prepared[]): Promise<Measured> {
  const uriOf = (name: string): string => pathToFileURL(join(folder, name)).href;
  const client = await startRawClient(uriOf(''), { textDocument: { semanticTokens: { requests: { range: true } } } });
  const small = { uri: uriOf('small.iptables') };
  const opened = client.message(/publishDiagnostics.*small\.iptables/);
  client.notify('textDocument/didOpen', {
    textDocument: {
      ...small,
      languageId: 'iptables',
      version: 1,
      text: '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT\n',
    },
  });
  await opened;
  const each = new Map<string, number>();
  let under = 'open';
  let isOver = false;
  const now = (what: string): void => {
    under = what;
  };
  const measured = (async () => {
    let before = under;
    for await (const wait of hovers(client, small, () => isOver)) {
      for (const what of new Set([before, under])) each.set(what, Math.max(each.get(what) ?? 0, wait));
      before = under;
    }
  })();
  const found = documents.map(({ uri }) => client.message(new RegExp(`publishDiagnostics.*${uri.slice(-6)}","version"`)));
  for (const { opening } of documents) client.send(Buffer.from(opening.buffer, opening.byteOffset, opening.length));
  const isRefused = (await Promise.all(found)).map((head) => head.includes('it is not read'));
  for (const [index, { uri, lines }] of documents.entries()) {
    // Nothing is said of its edits.
    if (isRefused[index]) continue;
    const asked = { client, textDocument: { uri }, lines, now };
    await askAll(asked);
    await edit(asked);
  }
  now('close');
  for (const { uri } of documents) client.notify('textDocument/didClose', { textDocument: { uri } });
  isOver = true;
  await measured;
  const longestStep = await client.stop();
  const [during = 'open', longest = 0] = [...each].reduce((a, b) => (b[1] > a[1] ? b : a), ['open', 0] as const);
  return { longest, during, longestStep, each };
}

const { folder, documents } = workerData as { readonly folder: string; readonly documents: readonly Prepared[] };
parentPort?.postMessage(await measure(folder, documents));
