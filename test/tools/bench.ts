/** `npm run bench`: what reading a large dump takes, as ratios against iptables itself in the same run where it is installed; `--help` has its options. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { measureCounts, recordCounts } from '../bench/counts.ts';
import { measureDrawing } from '../bench/drawing.ts';
import { generateCluster, generateDump } from '../bench/generate.ts';
import { type Growth, growthServices, measureGrowth } from '../bench/growth.ts';
import { growthPage, thisMachine } from '../bench/growth-page.ts';
import { measureAllMethods } from '../bench/methods.ts';
import { methodsPage } from '../bench/methods-page.ts';
import { measureModel } from '../bench/model.ts';
import { measureFirstAnswers, measureProtocol, measureReopening, type Opening } from '../bench/protocol.ts';
import { measureQuestions } from '../bench/questions.ts';
import { restoreTestTime } from '../bench/real-iptables.ts';
import { median } from '../bench/statistics.ts';
import { measureTyping } from '../bench/typing.ts';
import { launchBrowser } from '../support/browser.ts';
import { chromiumPath } from '../support/requirements.ts';
import { readOptions, wholeNumber } from './read-options.ts';

const root = resolve(import.meta.dirname, '../..');
const usage = `Usage: npm run bench -- [OPTIONS]

What reading a large dump takes, beside iptables itself where it is installed, as a table.

  --json          figures in place of the table
  --services N    how many Services the dump has (default 5000)
  --endpoints N   how many endpoints each has (default 10)
  --quick         leaves the growth out
  --record        counts the work that a small dump is, and records the counts that test/bench/counts.test.ts compares with
  --docs          measures dumps of 1,000 to 860,000 lines and writes docs/speed.md
  --methods       measures every request of the protocol in such a dump, and writes docs/requests.md

Ends with 2 where an option cannot be used.
`;
const values = readOptions(usage, {
  json: { type: 'boolean', default: false },
  quick: { type: 'boolean', default: false },
  docs: { type: 'boolean', default: false },
  methods: { type: 'boolean', default: false },
  record: { type: 'boolean', default: false },
  services: { type: 'string', default: '5000' },
  endpoints: { type: 'string', default: '10' },
});
const shape = {
  services: wholeNumber('services', values.services, usage, 1),
  endpoints: wholeNumber('endpoints', values.endpoints, usage, 1),
};
const pairs = 5;

/** A figure, and how it compares with `iptables-nft-restore --test` in the same run. */
interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: 'ms' | 'MB' | '/s';
  readonly ratio: number | null;
  /** The bound that the project sets itself, in the ratio or the unit. */
  readonly goal: string;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** How long flows of large Services take to be drawn; none where there is no Chromium. */
async function drawingRows(): Promise<readonly Row[]> {
  if (chromiumPath() === null) return [];
  const browser = await launchBrowser();
  try {
    const rows: Row[] = [];
    for (const [endpoints, goals] of [
      [1000, ['300 ms', '60 /s']],
      [5000, ['', '']],
    ] as const) {
      const figures = await measureDrawing(browser, endpoints);
      const what = `${endpoints} endpoints`;
      const drawn = figures.asked + figures.drawn;
      rows.push({ what: `${what}, request to drawn`, value: drawn, unit: 'ms', ratio: null, goal: goals[0] });
      rows.push({
        what: `${what}, frames while panning`,
        value: figures.framesPerSecond,
        unit: '/s',
        ratio: null,
        goal: goals[1],
      });
    }
    return rows;
  } finally {
    await browser.close();
  }
}

/** Milliseconds of a whole process that checks the file, as for the first time or, with a folder of caches, once more. */
function checkTime(file: string, caches?: string): number {
  const started = performance.now();
  const bin = join(root, 'dist/cli/iptables-inspect.cjs');
  const { status, stderr } = spawnSync(
    process.execPath,
    [bin, 'check', ...(caches === undefined ? ['--no-cache'] : []), '--format', 'json', file],
    {
      env: { ...process.env, ...(caches === undefined ? {} : { XDG_CACHE_HOME: caches, LOCALAPPDATA: caches }) },
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    },
  );
  if (status === null || status > 1) throw new Error(`iptables-inspect check failed: ${stderr}`);
  return performance.now() - started;
}

if (values.record) {
  const counts = measureCounts();
  recordCounts(counts);
  console.log(JSON.stringify(counts));
  process.exit(0);
}
if (
  spawnSync(process.execPath, [join(root, 'esbuild.mjs')], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0
) {
  process.exit(1);
}
if (values.docs) {
  const dumps: Growth[] = [];
  for (const services of growthServices) {
    say(`${services} Services ...`);
    dumps.push(await measureGrowth(services, services > 5_000 ? 1 : 2));
  }
  const version = spawnSync('iptables-nft', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  writeFileSync(join(root, 'docs/speed.md'), growthPage(dumps, thisMachine(version.trim())));
  process.exit(0);
}
const folder = mkdtempSync(join(tmpdir(), 'iptables-bench-'));
if (values.methods) {
  writeFileSync(join(root, 'docs/requests.md'), methodsPage(await measureAllMethods(folder, shape), thisMachine('')));
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}
try {
  say(`generating ${shape.services} Services with ${shape.endpoints} endpoints ...`);
  const text = generateDump(shape);
  const file = join(folder, 'node-0.iptables');
  writeFileSync(file, text);
  writeFileSync(join(folder, 'cluster.json'), JSON.stringify(generateCluster(shape)));

  say('whole processes, in turn ...');
  checkTime(file);
  checkTime(file, folder);
  const checks: number[] = [];
  const again: number[] = [];
  const nft: number[] = [];
  const ratios: number[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const real = restoreTestTime('iptables-nft-restore', file);
    const ours = checkTime(file);
    checks.push(ours);
    again.push(checkTime(file, folder));
    if (real === null) continue;
    nft.push(real);
    ratios.push(ours / real);
  }
  const reference = nft.length > 0 ? median(nft) : null;
  const against = (value: number): number | null => (reference === null ? null : value / reference);
  const openingRows = (what: string, { told, written }: Opening, goal: string): readonly Row[] => [
    { what, value: told, unit: 'ms', ratio: against(told), goal },
    { what: `${what}, once written`, value: written, unit: 'ms', ratio: against(written), goal: '' },
  ];

  say('parts, in one process ...');
  const model = measureModel(shape);
  say('questions about packets ...');
  const questions = measureQuestions(shape);
  say('over the protocol ...');
  const uri = pathToFileURL(file).href;
  const protocol = await measureProtocol(uri, pathToFileURL(folder).href, text);
  const first = await measureFirstAnswers(uri, pathToFileURL(folder).href, text);
  const reopened = await measureReopening(uri, pathToFileURL(folder).href, text);
  say('somebody who types ...');
  const typing = await measureTyping(uri, pathToFileURL(folder).href, text);
  if (chromiumPath() !== null) say('the drawing, in Chromium ...');
  const drawing = await drawingRows();
  const growth = values.quick
    ? []
    : [0.12, 1, 2].map((factor) => {
        say(`growth, ${factor} times as many Services ...`);
        return measureModel({ ...shape, services: Math.round(shape.services * factor) });
      });

  const rows: Row[] = [
    ...(reference === null
      ? []
      : [{ what: 'iptables-nft-restore --test', value: reference, unit: 'ms', ratio: 1, goal: '' } as const]),
    {
      what: 'check, whole process',
      value: median(checks),
      unit: 'ms',
      ratio: ratios.length > 0 ? median(ratios) : null,
      goal: 'ratio 0.36',
    },
    { what: 'check of the same once more', value: median(again), unit: 'ms', ratio: against(median(again)), goal: 'ratio 0.2' },
    ...openingRows('open to first diagnostics', protocol.open, 'ratio 0.4'),
    ...openingRows('open to a screenful', first, '150 ms'),
    ...openingRows('opened again, to the same', reopened, '100 ms'),
    { what: 'parse', value: model.parse, unit: 'ms', ratio: against(model.parse), goal: '' },
    { what: 'index', value: model.index, unit: 'ms', ratio: against(model.index), goal: '' },
    { what: 'lint', value: model.lint, unit: 'ms', ratio: against(model.lint), goal: '' },
    { what: 'hashes of the cluster', value: model.hashes, unit: 'ms', ratio: against(model.hashes), goal: 'below parse + index' },
    { what: 'prepared for questions', value: questions.prepare, unit: 'ms', ratio: null, goal: '' },
    { what: 'its longest step', value: questions.prepareStep, unit: 'ms', ratio: null, goal: '' },
    { what: 'first packet followed', value: questions.first, unit: 'ms', ratio: null, goal: '5 ms' },
    { what: 'a packet followed', value: questions.trace, unit: 'ms', ratio: null, goal: '5 ms' },
    { what: 'who reaches one Service', value: questions.reach, unit: 'ms', ratio: null, goal: '50 ms' },
    { what: 'who reaches all of them', value: questions.reachAll, unit: 'ms', ratio: null, goal: '5000 ms' },
    { what: '1,000 expectations', value: questions.expectations, unit: 'ms', ratio: null, goal: '2000 ms' },
    { what: 'definition, 95th percentile', value: protocol.definition, unit: 'ms', ratio: null, goal: '10 ms' },
    { what: 'hover, 95th percentile', value: protocol.hover, unit: 'ms', ratio: null, goal: '10 ms' },
    { what: `slowest request, 95th: ${typing.slowest}`, value: typing.request, unit: 'ms', ratio: null, goal: '10 ms' },
    { what: 'a screenful, 95th percentile', value: typing.screenful, unit: 'ms', ratio: null, goal: '20 ms' },
    { what: 'typing: completion, 95th percentile', value: typing.completion, unit: 'ms', ratio: null, goal: '' },
    { what: 'typing: completion, longest', value: typing.longest, unit: 'ms', ratio: null, goal: '50 ms' },
    ...protocol.edits.flatMap(({ kind, median: usual, slow }) => [
      { what: `edit, median: ${kind}`, value: usual, unit: 'ms', ratio: null, goal: '40 ms' } as const,
      { what: `edit, 95th: ${kind}`, value: slow, unit: 'ms', ratio: null, goal: '80 ms' } as const,
    ]),
    ...(protocol.memory === null
      ? []
      : [{ what: 'server memory, peak', value: protocol.memory, unit: 'MB', ratio: null, goal: '500 MB' } as const]),
    ...drawing,
  ];
  if (values.json) {
    const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cpus: cpus().length };
    console.log(JSON.stringify({ machine, shape, lines: model.lines, bytes: model.bytes, rows, growth }, null, 2));
  } else {
    console.log(`\n${model.lines} lines, ${(model.bytes / 1e6).toFixed(1)} MB; Node.js ${process.version}\n`);
    for (const { what, value, unit, ratio, goal } of rows) {
      const compared = ratio === null ? '' : `${ratio.toFixed(2)} of iptables`;
      console.log(
        `${what.padEnd(38)}${`${value.toFixed(value < 10 ? 1 : 0)} ${unit}`.padStart(10)}  ${compared.padEnd(18)}${goal === '' ? '' : `goal: ${goal}`}`.trimEnd(),
      );
    }
    for (const { lines, parse, index, lint: linted } of growth) {
      const total = parse + index + linted;
      console.log(
        `growth: ${String(lines).padStart(7)} lines  ${total.toFixed(0).padStart(6)} ms  ${((total * 1000) / lines).toFixed(2)} µs a line`,
      );
    }
    if (reference === null) console.log('\nNo ratios: needs root and iptables (apt-get install iptables).');
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
