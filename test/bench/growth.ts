/** How commands, requests and iptables' own programs grow with a dump: whole processes and a server, of dumps of 1,000 to 860,000 lines. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generateCluster, generateDump } from './generate.ts';
import { measureProtocol } from './protocol.ts';
import { restoreTestTime } from './real-iptables.ts';
import { median } from './statistics.ts';

/** Services with ten endpoints each, for dumps of about 1,000, 10,000, 43,000, 215,000, 430,000 and 860,000 lines. */
export const growthServices: readonly number[] = [22, 231, 1_000, 5_000, 10_000, 20_000];
const endpoints = 10;

export interface GrowthFigure {
  /** "check", "hover, 95th percentile". */
  readonly what: string;
  readonly kind: 'iptables' | 'command' | 'request';
  readonly unit: 'ms' | 'MB';
  /** Undefined where it cannot be measured here. */
  readonly value: number | undefined;
}

export interface Growth {
  readonly lines: number;
  readonly bytes: number;
  readonly figures: readonly GrowthFigure[];
}

const program = resolve(import.meta.dirname, '../../dist/cli/iptables-inspect.cjs');

/** Milliseconds of a whole process. @throws where it could not look */
function commandTime(args: readonly string[], caches: string): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, XDG_CACHE_HOME: caches, LOCALAPPDATA: caches },
  });
  const milliseconds = performance.now() - started;
  if (status !== 0 && status !== 1) throw new Error(`${args[0]} failed: ${stderr}`);
  return milliseconds;
}

/** Every program once in turn, and again so many times; of each the quickest, as others run on a machine as well. */
function quickest(programs: ReadonlyMap<string, () => number | null>, runs: number): ReadonlyMap<string, number | undefined> {
  const least = new Map<string, number | undefined>();
  for (let run = 0; run < runs; run += 1) {
    for (const [what, time] of programs) {
      const now = time() ?? undefined;
      least.set(what, now === undefined ? undefined : Math.min(now, least.get(what) ?? now));
    }
  }
  return least;
}

/** Measures one dump. Takes some seconds, of the largest about a minute. */
export async function measureGrowth(services: number, runs: number): Promise<Growth> {
  const folder = mkdtempSync(join(tmpdir(), 'iptables-growth-'));
  try {
    const shape = { services, endpoints };
    const text = generateDump(shape);
    const dump = join(folder, 'node-0.iptables');
    const other = join(folder, 'node-1.iptables');
    const cluster = join(folder, 'cluster.json');
    const caches = join(folder, 'caches');
    mkdirSync(caches);
    writeFileSync(dump, text);
    writeFileSync(other, text.replace('KUBE-MARK-MASQ -j MARK', 'KUBE-MARK-MASQ -m comment --comment new -j MARK'));
    writeFileSync(cluster, JSON.stringify(generateCluster(shape)));
    const to = `load/svc-${services >> 1}:http`;
    const withCluster = ['--cluster', cluster];
    const command =
      (...args: readonly string[]): (() => number) =>
      () =>
        commandTime(args, devNull);
    commandTime(['check', dump], caches);
    const iptables = quickest(
      new Map([
        ['iptables-nft-restore --test', () => restoreTestTime('iptables-nft-restore', dump)],
        ['iptables-legacy-restore --test', () => restoreTestTime('iptables-legacy-restore', dump)],
      ]),
      runs,
    );
    const commands = quickest(
      new Map([
        ['check', command('check', dump)],
        ['check, once more', () => commandTime(['check', dump], caches)],
        ['check --cluster', command('check', dump, ...withCluster)],
        ['resolve', command('resolve', dump, ...withCluster, '--format', 'json')],
        ['trace', command('trace', dump, ...withCluster, '--from', 'this-node', '--to', to)],
        ['flow', command('flow', dump, ...withCluster, '--to', to)],
        ['reach', command('reach', dump, ...withCluster, '--to', to)],
        ['drift', command('drift', dump, ...withCluster)],
        ['diff', command('diff', dump, other)],
        ['canonical', command('canonical', dump)],
      ]),
      runs,
    );
    const asked = await measureProtocol(pathToFileURL(dump).href, pathToFileURL(folder).href, text);
    const figures = (kind: 'iptables' | 'command', times: ReadonlyMap<string, number | undefined>): readonly GrowthFigure[] =>
      Array.from(times, ([what, value]) => ({ what, kind, unit: 'ms', value }));
    return {
      lines: text.split('\n').length - 1,
      bytes: Buffer.byteLength(text),
      figures: [
        ...figures('iptables', iptables),
        ...figures('command', commands),
        { what: 'open to first diagnostics', kind: 'request', unit: 'ms', value: asked.open.told },
        {
          what: 'edit to diagnostics, median',
          kind: 'request',
          unit: 'ms',
          value: median(asked.edits.map((edit) => edit.median)),
        },
        ...asked.edits.map(
          ({ kind, slow }): GrowthFigure => ({
            what: `edit of ${kind} to diagnostics, 95th percentile`,
            kind: 'request',
            unit: 'ms',
            value: slow,
          }),
        ),
        { what: 'hover, 95th percentile', kind: 'request', unit: 'ms', value: asked.hover },
        { what: 'definition, 95th percentile', kind: 'request', unit: 'ms', value: asked.definition },
        { what: 'memory of the server, peak', kind: 'request', unit: 'MB', value: asked.memory ?? undefined },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
