/**
 * `npm run torture`: hostile input for everything that reads and everything that shows, and how work grows with the length of input; `--help` has its options.
 * Prints a table. How long a hover waits is printed and not judged: it is other things that the machine does, too. The longest step is of the server alone.
 */
import { seeded } from '../property/random-edits.ts';
import type { Attack } from '../torture/attack.ts';
import { dumps, questions } from '../torture/dumps.ts';
import { measureGrowth, mostGrowth, sizes } from '../torture/growth.ts';
import { measureHoverWaits } from '../torture/hover-waits.ts';
import { kubeconfigs } from '../torture/kubeconfigs.ts';
import { panelMessages, protocolMessages } from '../torture/messages.ts';
import { expectedPackets, seenPackets } from '../torture/packets.ts';
import { snapshots } from '../torture/snapshots.ts';
import { exports as drawings, text } from '../torture/ways-out.ts';
import { readOptions, refuse, wholeNumber } from './read-options.ts';

const attacks: readonly Attack[] = [
  dumps,
  questions,
  seenPackets,
  expectedPackets,
  snapshots,
  kubeconfigs,
  panelMessages,
  protocolMessages,
  text,
  drawings,
];
const names = [...attacks.map(({ name }) => name), 'growth', 'waits'];
const usage = `Usage: npm run torture -- [OPTIONS]

Hostile input for all that reads and all that shows, how work grows with the length of input, and how long a hover waits.

  --seed N      which inputs; the same number makes the same ones again (default 1)
  --seconds N   how long inputs are tried, all attacks together (default 60); growth and waits come on top, several minutes each
  --only NAME   one of them alone: ${names.join(', ')}
  --shape TEXT  of waits those shapes alone whose names hold the text

Ends with 0 where every claim held, 1 where one did not (its line says FAULT, the seed and the number of the input), 2 where an option cannot be used.
`;
const values = readOptions(usage, {
  seed: { type: 'string', default: '1' },
  seconds: { type: 'string', default: '60' },
  only: { type: 'string' },
  shape: { type: 'string' },
});
const seed = wholeNumber('seed', values.seed, usage);
const seconds = wholeNumber('seconds', values.seconds, usage, 1);
if (values.only !== undefined && !names.includes(values.only)) refuse(`--only takes one of: ${names.join(', ')}.`, usage);
const chosen = attacks.filter(({ name }) => values.only === undefined || values.only === name);
const withGrowth = values.only === undefined || values.only === 'growth';
const withWaits = values.only === undefined || values.only === 'waits';
if (values.shape !== undefined && !withWaits) refuse('--shape is of waits alone.', usage);

/** Milliseconds of the processor that one input may take: what else the machine does is not in them. */
const longest = 1_000;

interface Run {
  readonly inputs: number;
  readonly slowest: number;
  readonly faults: readonly string[];
}

/** Tries an attack for so many milliseconds; stops after a few faults. */
function run({ attempt }: Attack, milliseconds: number): Run {
  const faults: string[] = [];
  let inputs = 0;
  let slowest = 0;
  const end = performance.now() + milliseconds;
  for (; performance.now() < end && faults.length < 5; inputs += 1) {
    // Each input has a seed of its own, so that one can be tried again alone.
    const below = seeded(seed * 1_000_003 + inputs);
    const before = process.threadCpuUsage();
    try {
      attempt(below);
    } catch (error) {
      faults.push(`input ${inputs}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
    const { user, system } = process.threadCpuUsage(before);
    const taken = (user + system) / 1_000;
    slowest = Math.max(slowest, taken);
    if (taken > longest) faults.push(`input ${inputs}: took ${Math.round(taken)} ms`);
  }
  return { inputs, slowest, faults };
}

let inputs = 0;
let faults = 0;
for (const attack of chosen) {
  const result = run(attack, (seconds * 1_000) / chosen.length);
  inputs += result.inputs;
  faults += result.faults.length;
  const count = result.inputs.toLocaleString('en');
  console.log(
    `${attack.name.padEnd(18)} ${count.padStart(10)} inputs, slowest ${Math.round(result.slowest)} ms: ${attack.claim}`,
  );
  for (const fault of result.faults) console.log(`  FAULT (seed ${seed}) ${fault}`);
}
if (withGrowth) {
  console.log(`\ngrowth from ${sizes.join(' over ')}: milliseconds, and the factor over linear (${mostGrowth} at most)`);
  for (const { shape, times, factor } of measureGrowth()) {
    const isTooMuch = factor > mostGrowth;
    if (isTooMuch) faults += 1;
    const figures = times.map((time) => String(Math.round(time)).padStart(6)).join('');
    console.log(`${shape.padEnd(34)}${figures}  ${factor.toFixed(1)}${isTooMuch ? '  FAULT' : ''}`);
  }
}
if (withWaits) {
  console.log(
    '\nhow long a hover in another document waits at most, in milliseconds, the longest step in those of the processor, and what was under way',
  );
  let shapes = 0;
  for await (const { shape, longest: wait, longestStep, during, each } of measureHoverWaits(values.shape)) {
    const long = [...each]
      .filter(([what, time]) => what !== during && time > 50)
      .map(([what, time]) => `${what} ${Math.round(time)}`);
    const figures = [wait, longestStep].map((time) => String(Math.round(time)).padStart(6)).join('');
    console.log(`${shape.padEnd(36)}${figures}  ${[during, ...long].join(', ')}`);
    shapes += 1;
  }
  if (shapes === 0) refuse(`No shape of waits has ${JSON.stringify(values.shape)} in its name.`, usage);
}
console.log(`\n${inputs.toLocaleString('en')} inputs, ${faults} faults, seed ${seed}`);
process.exitCode = faults > 0 ? 1 : 0;
