/** Counts, in a process of its own, how much work reading a small dump is: function calls and bytes, which are the same in every run. Prints JSON. */
import { Session } from 'node:inspector/promises';
import { runToEnd } from '../../server/src/base/steps.ts';
import { snapshotSteps } from '../../server/src/cluster/snapshot.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { buildRuleset, rebuildRuleset } from '../../server/src/ruleset/build.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { changeDocument, readDocument, type SourceDocument } from '../../server/src/syntax/document.ts';
import { generateCluster, generateDump } from './generate.ts';

const shape = { services: 200, endpoints: 10 };
const text = generateDump(shape);
const snapshot = JSON.stringify(generateCluster(shape));

interface Read {
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
}

function read(): Read {
  const document = runToEnd(readDocument(text));
  return { document, ruleset: runToEnd(buildRuleset(document)) };
}

function check(): Read {
  const dump = read();
  runToEnd(lint(dump));
  return dump;
}

/** One-line edits: a comment, a value, a jump, a chain. */
function edit(dump: Read): void {
  const lines = text.split('\n');
  const jump = lines.findIndex((line) => line.startsWith('-A KUBE-SVC-'));
  const declaration = lines.findIndex((line) => line.startsWith(':KUBE-SVC-'));
  let { document, ruleset } = dump;
  for (const [line, added] of [
    [jump, '# note\n'],
    [jump, lines[jump]?.replace('10.128.0.0/9', '10.129.0.0/16').concat('\n') ?? ''],
    [jump, lines[jump + 3]?.concat('\n') ?? ''],
    [declaration, ':TRIED - [0:0]\n'],
  ] as const) {
    const start = { line, character: 0 };
    document = runToEnd(changeDocument(document, { range: { start, end: start }, text: added }));
    ruleset = runToEnd(rebuildRuleset(document, ruleset));
    runToEnd(lint({ document, ruleset }));
  }
}

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

/** How often functions of the server were called since the last time. */
async function calls(): Promise<number> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let count = 0;
  for (const { url, functions } of result) {
    if (!url.includes('/server/src/')) continue;
    for (const { ranges } of functions) count += ranges[0]?.count ?? 0;
  }
  return count;
}

function heldBytes(): number {
  for (let time = 0; time < 3; time += 1) globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

// What is made once, whatever is read.
edit(check());
runToEnd(snapshotSteps(snapshot, 'cluster.json', 0));
const dump = read();
const dumps = [dump];
/** Of one dump more, the least of five times: code that V8 made meanwhile counts into the others, and it makes it when the machine has time. */
const bytes = Math.min(
  ...Array.from({ length: 5 }, () => {
    const before = heldBytes();
    dumps.push(read());
    return heldBytes() - before;
  }),
);
if (dumps.length !== 6) throw new Error('the dumps must be held until here');
await calls();
check();
const checked = await calls();
edit(dump);
const edits = await calls();
runToEnd(snapshotSteps(snapshot, 'cluster.json', 0));
console.log(JSON.stringify({ check: checked, edits, snapshot: await calls(), bytes }));
