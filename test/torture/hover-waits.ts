/** How long a hover in a small document waits while another document, or a snapshot, is read and asked about: over the protocol, with the built server. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { generateCluster, generateDump } from '../bench/generate.ts';
import { fixtureText } from '../support/fixtures.ts';
import { clusterShapes } from './cluster-shapes.ts';
import { dumpShapes } from './dump-shapes.ts';
import type { Measured, Prepared } from './hover-client.ts';
import { messageBytes } from './raw-client.ts';

/** What is opened beside the small document. */
interface Opened {
  /** Each becomes a document. */
  readonly dumps: readonly string[];
  /** The text of a snapshot beside them. */
  readonly snapshot?: string;
}

interface Opening {
  readonly shape: string;
  readonly opened: () => Opened;
}

/** The longest wait for a shape. */
export interface HoverWait extends Measured {
  readonly shape: string;
}

const characters = 1_500_000;
/** etcd takes no larger object. */
const snapshotCharacters = 1_500_000;

const large = { services: 10_000, endpoints: 5 };

function* openings(): Generator<Opening> {
  for (const { name, textOf } of dumpShapes) yield { shape: name, opened: () => ({ dumps: [textOf(characters)] }) };
  for (const { name, textOf } of clusterShapes) {
    yield {
      shape: `a snapshot's ${name}`,
      opened: () => ({ dumps: [fixtureText('lab/shop/node-a.iptables')], snapshot: textOf(snapshotCharacters) }),
    };
  }
  const snapshotOf = (): string => JSON.stringify(generateCluster(large), null, 1);
  yield { shape: 'a large dump', opened: () => ({ dumps: [generateDump(large)] }) };
  yield {
    shape: 'a large dump and its snapshot',
    opened: () => ({ dumps: [generateDump(large)], snapshot: snapshotOf() }),
  };
  yield {
    shape: 'two large dumps and their snapshot',
    opened: () => ({ dumps: [generateDump(large), generateDump(large)], snapshot: snapshotOf() }),
  };
}

/** What is sent to open a document. */
function prepared(folder: string, text: string, index: number): Prepared {
  const uri = pathToFileURL(join(folder, `${index}.dump`)).href;
  const textDocument = { uri, languageId: 'iptables', version: 1, text };
  const opening = messageBytes({ method: 'textDocument/didOpen', params: { textDocument } });
  return { uri, lines: text.split('\n').length, opening };
}

/**
 * The client is a thread that has but what it sends: what waits for an answer is then the server, and not a client whose V8 goes through all that was made to have something to
 * open, which takes 40 ms.
 */
async function waitsFor({ shape, opened }: Opening): Promise<HoverWait> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-'));
  try {
    const { dumps, snapshot } = opened();
    if (snapshot !== undefined) writeFileSync(join(folder, 'cluster.json'), snapshot);
    const documents = dumps.map((text, index) => prepared(folder, text, index));
    const client = new Worker(new URL('./hover-client.ts', import.meta.url), { workerData: { folder, documents } });
    const [measured] = (await once(client, 'message')) as [Measured];
    return { shape, ...measured };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The longest wait of a hover for each hostile shape. @param only those whose names hold this */
export async function* measureHoverWaits(only = ''): AsyncGenerator<HoverWait> {
  for (const opening of openings()) {
    if (opening.shape.includes(only)) yield await waitsFor(opening);
  }
}
