import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSnapshots, type SnapshotStatus, type Snapshots } from '../../server/src/lsp/clusters/snapshot-files.ts';
import { fileLabels } from '../../server/src/lsp/clusters/snapshot-search.ts';
import { nodeFiles } from '../../server/src/lsp/node/files.ts';

let folder = '';
let told: string[] = [];
let changes = 0;
let snapshots: Snapshots;
/** What the next readings wait for, once they have the text. */
let held: Promise<void>[] = [];

beforeEach(() => {
  held = [];
  folder = mkdtempSync(join(tmpdir(), 'iptables-snapshots-'));
  told = [];
  changes = 0;
  snapshots = createSnapshots(
    {
      ...nodeFiles,
      async read(file) {
        const content = await nodeFiles.read(file);
        await held.shift();
        return content;
      },
    },
    () => new Promise((resolve) => setImmediate(resolve)),
    () => {
      changes += 1;
    },
    (problem) => told.push(problem),
  );
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function uri(name: string): string {
  return pathToFileURL(join(folder, name)).toString();
}

/** Writes a snapshot with one Service of that name. */
function snapshot(name: string, service: string): void {
  const item = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'shop', name: service },
    spec: { clusterIP: '10.96.0.1' },
  };
  write(name, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item] }));
}

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

/** Opens a dump and a workspace with a setting, as an editor does. */
async function statusOf(dump: string, folders: readonly string[] = [''], setting = ''): Promise<SnapshotStatus> {
  await snapshots.addDump(uri(dump));
  await snapshots.configure(
    folders.map(uri).map((root) => root.replace(/\/$/, '')),
    setting,
  );
  return snapshots.statusFor(uri(dump));
}

/** Has a change read, with the text that is there now, and in the middle of that another one, which is told of as the first. */
async function changeWhileRead(name: string, first: () => void, second: () => void): Promise<void> {
  let goOn = (): void => undefined;
  held = [
    new Promise((resolve) => {
      goOn = resolve;
    }),
  ];
  first();
  const changes = [snapshots.filesChanged([uri(name)])];
  await vi.waitUntil(() => held.length === 0);
  second();
  changes.push(snapshots.filesChanged([uri(name)]));
  // Where the second one does not wait for the first it is done by then.
  await Promise.race([changes[1], new Promise((resolve) => setTimeout(resolve, 200))]);
  goOn();
  await Promise.all(changes);
}

function serviceOf({ cluster }: SnapshotStatus): string | undefined {
  return cluster.services[0]?.name;
}

describe('the snapshot of a dump', () => {
  it.each([
    ['beside the dump', 'node-a.iptables', 'cluster.json'],
    ['in a folder below the dump', 'node-a.iptables', 'snapshots/cluster.json'],
    ['in a folder far below', 'node-a.iptables', 'a/b/c/d/e/f/cluster.yaml.json'],
    ['above the dump', 'dumps/today/node-a.iptables', 'cluster.json'],
    ['in another branch', 'dumps/today/node-a.iptables', 'clusters/east/state.json'],
  ])('is found by its content %s', async (_where, dump, file) => {
    snapshot(file, 'web');
    write('package.json', '{"name":"x"}');
    const status = await statusOf(dump);
    expect([status.uri, serviceOf(status), status.problem]).toEqual([uri(file), 'web', '']);
  });

  it('is what its file says last, also where it changes while it is read', async () => {
    snapshot('cluster.json', 'start');
    expect(serviceOf(await statusOf('node-a.iptables'))).toBe('start');
    await changeWhileRead(
      'cluster.json',
      () => snapshot('cluster.json', 'older'),
      () => snapshot('cluster.json', 'newer'),
    );
    expect(serviceOf(snapshots.statusFor(uri('node-a.iptables')))).toBe('newer');
  });

  it('is read once more, and not thousands of times, where each of thousands of changes is told by itself', async () => {
    snapshot('cluster.json', 'start');
    await statusOf('node-a.iptables');
    snapshot('cluster.json', 'changed');
    changes = 0;
    await Promise.all(
      Array.from({ length: 2_000 }, (_, at) => snapshots.filesChanged([uri('cluster.json'), uri(`x-${at}.json`)])),
    );
    expect([serviceOf(snapshots.statusFor(uri('node-a.iptables'))), changes]).toEqual(['changed', 1]);
  });

  it('is none where its file goes while it is read', async () => {
    snapshot('cluster.json', 'start');
    await statusOf('node-a.iptables');
    await changeWhileRead(
      'cluster.json',
      () => snapshot('cluster.json', 'older'),
      () => rmSync(join(folder, 'cluster.json')),
    );
    const status = snapshots.statusFor(uri('node-a.iptables'));
    expect([status.uri, serviceOf(status)]).toEqual([undefined, undefined]);
  });

  it('is found below a dump that was opened without a workspace', async () => {
    snapshot('snapshots/cluster.json', 'web');
    expect(serviceOf(await statusOf('node-a.iptables', []))).toBe('web');
    expect(serviceOf(await statusOf('elsewhere/node-b.iptables', []))).toBe('web');
  });

  it('is the nearest one; of others as near it is said that they are there', async () => {
    snapshot('east/cluster.json', 'east');
    snapshot('west/cluster.json', 'west');
    const east = await statusOf('east/node-a.iptables');
    expect([east.label, serviceOf(east), east.asNear]).toEqual(['east/cluster.json', 'east', []]);
    const west = await statusOf('west/node-a.iptables');
    expect([west.label, serviceOf(west), west.cluster.source.label]).toEqual(['west/cluster.json', 'west', 'west/cluster.json']);
    const root = await statusOf('node-a.iptables');
    expect([root.label, root.asNear]).toEqual(['east/cluster.json', ['west/cluster.json']]);
  });

  it('is named by no more than tells it from the others, as they come and go', async () => {
    snapshot('east/cluster.json', 'east');
    expect((await statusOf('east/node-a.iptables')).label).toBe('cluster.json');
    snapshot('west/cluster.json', 'west');
    await snapshots.filesChanged([uri('west/cluster.json')]);
    const told = snapshots.statusFor(uri('east/node-a.iptables'));
    expect([told.label, told.cluster.source.label]).toEqual(['east/cluster.json', 'east/cluster.json']);
    rmSync(join(folder, 'west/cluster.json'));
    await snapshots.filesChanged([uri('west/cluster.json')]);
    expect(snapshots.statusFor(uri('east/node-a.iptables')).label).toBe('cluster.json');
  });
});

describe('the setting for a snapshot', () => {
  beforeEach(() => snapshot('cluster.json', 'near'));

  it.each([
    ['a path', 'sub/prod.json', [''], 'prod'],
    ['a path from the folder above', '../cluster.json', ['sub'], 'near'],
    ['a glob', 'sub/*.json', [''], 'prod'],
    ['a glob of any depth', '**/prod.json', [''], 'prod'],
    ['a path in one of two folders', 'prod.json', ['other', 'sub'], 'prod'],
  ])('may be %s', async (_what, setting, folders, service) => {
    snapshot('sub/prod.json', 'prod');
    mkdirSync(join(folder, 'other'));
    expect(serviceOf(await statusOf('node-a.iptables', folders, setting))).toBe(service);
    expect(told).toEqual([]);
  });

  it('may be an absolute path or glob, outside the workspace too', async () => {
    snapshot('sub/prod.json', 'prod');
    expect(serviceOf(await statusOf('node-a.iptables', ['work'], join(folder, 'sub/prod.json')))).toBe('prod');
    expect(serviceOf(await statusOf('node-a.iptables', ['work'], join(folder, 'sub/*.json')))).toBe('prod');
  });

  it('that is a glob without a match leads to no other snapshot, and is named', async () => {
    const status = await statusOf('node-a.iptables', [''], 'sub/*.json');
    const problem = '"sub/*.json" (iptables.cluster.snapshot) matches no file.';
    expect([status.uri, status.cluster.source.kind, status.problem]).toEqual([undefined, 'none', problem]);
    expect(told).toEqual([problem]);
    snapshot('sub/prod.json', 'prod');
    await snapshots.filesChanged([uri('sub/prod.json')]);
    expect(serviceOf(snapshots.statusFor(uri('node-a.iptables')))).toBe('prod');
  });

  it('that is a path without a file leads to no other snapshot, and is named', async () => {
    const status = await statusOf('node-a.iptables', [''], 'sub/prod.json');
    expect([status.label, status.cluster.source.kind, status.problem]).toEqual(['prod.json', 'none', 'there is no such file']);
    expect(told).toEqual(['prod.json: there is no such file']);
    snapshot('sub/prod.json', 'prod');
    await snapshots.filesChanged([uri('sub/prod.json')]);
    expect(serviceOf(snapshots.statusFor(uri('node-a.iptables')))).toBe('prod');
  });

  it('that leads to a device or a pipe is refused, and nobody waits for it', async () => {
    const status = await statusOf('node-a.iptables', [''], '/dev/zero');
    expect([status.cluster.source.kind, status.problem]).toEqual(['none', 'is a pipe or a device, not a file']);
  });

  it('does not fall back to another snapshot while its file is broken', async () => {
    write('sub/prod.json', '{"apiVersion":"v1","kind":"List","items":[');
    const status = await statusOf('node-a.iptables', [''], 'sub/prod.json');
    expect(status.cluster.source.kind).toBe('none');
    expect(status.problem).toMatch(/The JSON is cut off/);
  });
});

describe('names of files', () => {
  it.each([
    [['/a/cluster.json'], ['cluster.json']],
    [
      ['/a/x/cluster.json', '/b/x/cluster.json', '/b/state.json'],
      ['a/x/cluster.json', 'b/x/cluster.json', 'state.json'],
    ],
    [
      ['/cluster.json', '/a/cluster.json'],
      ['/cluster.json', 'a/cluster.json'],
    ],
  ])('%j are %j', (paths, labels) => {
    const uris = paths.map((path) => `file://${path}`);
    const found = fileLabels(uris);
    expect(uris.map((file) => found.get(file))).toEqual(labels);
  });
});
