import { startTestServer, type TestServer } from '../support/language-server.ts';
import { percentile } from './statistics.ts';

/** Milliseconds. */
export interface TypingFigures {
  /** What one request takes at a place, 95th percentile over many places, of the method that takes longest. */
  readonly request: number;
  /** The method that takes longest. */
  readonly slowest: string;
  /** The same of a screenful of lines. */
  readonly screenful: number;
  /** How long behind its keystroke a completion list comes while somebody types, 95th percentile and longest. */
  readonly completion: number;
  readonly longest: number;
}

const places = 200;
const keystrokes = 50;
const betweenKeystrokes = 50;
const screen = 60;
const head = '-A KUBE-SERVICES';
const written = ' -p tcp -m comment --comment "x" -m tcp --dport 80 -j KUBE-SVC-ABCDEFGHIJ';

const atPlaces = [
  'hover',
  'definition',
  'typeDefinition',
  'documentHighlight',
  'completion',
  'signatureHelp',
  'prepareRename',
  'linkedEditingRange',
  'prepareCallHierarchy',
] as const;
const ofScreens = ['inlayHint', 'semanticTokens/range'] as const;

interface Asked {
  readonly server: TestServer;
  readonly uri: string;
  readonly lines: readonly string[];
}

function screenAround(line: number): object {
  return { start: { line: Math.max(0, line - screen / 2), character: 0 }, end: { line: line + screen / 2, character: 0 } };
}

/** The 95th percentiles of methods, each asked for at places that are spread over the rules. */
async function askAtPlaces({ server, uri, lines }: Asked): Promise<ReadonlyMap<string, number>> {
  const rules = lines.flatMap((line, number) => (line.startsWith('-A ') ? [number] : []));
  const times = new Map<string, number[]>();
  for (let place = 0; place < places; place += 1) {
    const line = rules[Math.floor((place * rules.length) / places)] ?? 0;
    const words = (lines[line] ?? '').split(' ');
    const character = words.slice(0, 1 + (place % words.length)).join(' ').length;
    for (const method of [...atPlaces, ...ofScreens]) {
      const isScreen = (ofScreens as readonly string[]).includes(method);
      const where = isScreen ? { range: screenAround(line) } : { position: { line, character } };
      const asked = performance.now();
      await server.request(`textDocument/${method}`, { textDocument: { uri }, ...where });
      const taken = times.get(method) ?? [];
      taken.push(performance.now() - asked);
      times.set(method, taken);
    }
  }
  return new Map([...times].map(([method, taken]) => [method, percentile(taken, 0.95)]));
}

/** Milliseconds from each keystroke to its completion list, of somebody who writes a rule of 50 characters, 20 of them a second. */
async function type({ server, uri, lines }: Asked): Promise<readonly number[]> {
  const line = lines.findIndex((content) => content.startsWith(`${head} `)) + 1;
  const start = { line, character: 0 };
  await server.change(uri, 2, [{ range: { start, end: start }, text: `${head}\n` }]);
  await server.diagnostics(uri, 2);
  const textDocument = { uri };
  const range = screenAround(line);
  const times: number[] = [];
  const press = async (key: number): Promise<void> => {
    const at = { line, character: head.length + key };
    const position = { line, character: at.character + 1 };
    const asked = performance.now();
    await server.change(uri, key + 3, [{ range: { start: at, end: at }, text: written.charAt(key) }]);
    const list = server.request('textDocument/completion', { textDocument, position });
    const others = [
      server.request('textDocument/signatureHelp', { textDocument, position }),
      server.request('textDocument/inlayHint', { textDocument, range }),
      server.request('textDocument/semanticTokens/range', { textDocument, range }),
    ];
    await list;
    times.push(performance.now() - asked);
    await Promise.all(others);
  };
  const pressed: Promise<void>[] = [];
  const begun = performance.now();
  for (let key = 0; key < keystrokes; key += 1) {
    pressed.push(press(key));
    await new Promise((done) => setTimeout(done, Math.max(0, begun + (key + 1) * betweenKeystrokes - performance.now())));
  }
  await Promise.all(pressed);
  return times;
}

/** How long a person waits who reads a dump of this text and writes a rule into it, with the workspace's snapshot beside it. */
export async function measureTyping(uri: string, folder: string, text: string): Promise<TypingFigures> {
  const server = await startTestServer({ folder });
  try {
    await server.open(uri, text);
    await server.diagnostics(uri, 1);
    await server.notified<{ kind: string }>('iptables/clusterStatus', ({ kind }) => kind === 'snapshot');
    const asked: Asked = { server, uri, lines: text.split('\n') };
    // The first time what the cluster says differs is being found.
    await askAtPlaces(asked);
    const methods = await askAtPlaces(asked);
    const [slowest = '', request = Number.NaN] =
      [...methods].filter(([method]) => (atPlaces as readonly string[]).includes(method)).sort(([, a], [, b]) => b - a)[0] ?? [];
    const screenful = Math.max(...ofScreens.map((method) => methods.get(method) ?? Number.NaN));
    const lists = await type(asked);
    return { request, slowest, screenful, completion: percentile(lists, 0.95), longest: Math.max(...lists) };
  } finally {
    await server.stop();
  }
}
