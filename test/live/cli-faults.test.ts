import { execFile, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endpointSlices, nodes, pods, services } from '../../server/src/cluster/live/resources.ts';
import { fixturePath } from '../support/fixtures.ts';
import { type ApiObject, answerStatus, type SeenRequest, startApiServer, type TestApiServer } from './api-server.ts';
import { type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';

// Every command that asks a cluster, against everything that an API server can do wrong: status 2, nothing on standard output, one line.

const inspect = resolve(import.meta.dirname, '../../dist/cli/iptables-inspect.cjs');
const dump = fixturePath('sample/worker-1.iptables');
const { items } = JSON.parse(readFileSync(fixturePath('sample/cluster.json'), 'utf8')) as {
  readonly items: readonly ApiObject[];
};

const expectations = join(mkdtempSync(join(tmpdir(), 'iptables-')), 'frontend.packets.yaml');

/** Arguments with which each command has an answer, beside `--context`. */
const commandLines: Readonly<Record<string, readonly string[]>> = {
  check: [dump],
  resolve: [dump],
  flow: [dump, '--to', 'booking/frontend'],
  trace: [dump, '--from', '10.244.9.9', '--to', '10.96.0.1:443'],
  reach: [dump, '--to', 'booking/frontend'],
  test: [dump, expectations],
  diagnose: [dump],
  drift: [dump],
  expected: ['--node', 'worker-1', '--cluster-cidr', '10.244.0.0/16'],
  diff: [dump, dump],
  map: [dump],
};

const bomb = gzipSync(Buffer.alloc(100_000_000));

type Answer = (response: ServerResponse, asked: SeenRequest) => boolean;

const page =
  (text: string): Answer =>
  (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
    return true;
  };
/** A list of what is asked for, with these fields beside its kind. */
const list =
  (fields: (asked: SeenRequest) => string): Answer =>
  (response, asked) => {
    const { kind } = [services, endpointSlices, nodes, pods].find(({ path }) => asked.path === path) ?? { kind: 'Other' };
    return page(`{"kind":"${kind}List",${fields(asked)}}`)(response, asked);
  };
const refuse =
  (code: number, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) =>
    answerStatus(response, code, 'Reason', `the words of ${code}`, headers);

/** What the server does, and what is said of it. */
const faults: Readonly<Record<string, readonly [Answer, RegExp]>> = {
  'credentials are not accepted': [refuse(401), /The credentials are not accepted \(401\)/],
  'nothing is allowed': [refuse(403), /Permission to list services in all namespaces is missing \(403\)/],
  'there is no such API': [refuse(404), /404/],
  'the list expires again and again': [refuse(410), /410/],
  'busy, come back in an hour': [refuse(429, { 'Retry-After': '3600' }), /The server is busy and asks to wait 600 s \(429\)\./],
  'busy without an end': [refuse(429, { 'Retry-After': '1' }), /The server is busy and asks to wait 1 s \(429\)\./],
  'busy, without saying for how long': [refuse(429), /The server is busy and asks to wait \(429\)\./],
  'not ready, come back later': [refuse(503, { 'Retry-After': '120' }), /not ready and asks to wait 120 s \(503\)\./],
  'not ready': [refuse(503), /The server failed \(503\)\. The server says: the words of 503\./],
  'an error': [refuse(500), /The server failed \(500\)/],
  'a redirection': [refuse(302, { Location: 'http://127.0.0.1:1/' }), /The server sends elsewhere \(302\), and credentials/],
  'a page of HTML': [page('<html><h1>Sign in</h1></html>'), /is no JSON object/],
  'an empty answer': [page(''), /is no JSON object/],
  'half an answer': [page('{"kind":"ServiceList","items":['), /is no JSON object/],
  'a packed answer, which would be a hundred megabytes': [
    (response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(bomb);
      return true;
    },
    /is packed \(gzip\), which nobody asked for/,
  ],
  'an answer that is no list': [page('{"kind":"Status"}'), /is no list of/],
  'a list of what is no object': [
    list(() => `"metadata":{},"items":${'['.repeat(50_000)}${']'.repeat(50_000)}`),
    /of which some have no name/,
  ],
  'a list of objects without names': [list(() => '"items":[{"metadata":{"name":""}}]'), /of which some have no name/],
  'nothing in any list': [
    list(() => '"metadata":{},"items":[]'),
    /has no Service, not even default\/kubernetes, which every cluster has/,
  ],
  'another protocol': [
    (response) =>
      response.socket?.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n') === true,
    /changes to another protocol \(101\)/,
  ],
  'no HTTP at all': [
    (response) => {
      response.socket?.end('\u0000garbage\r\n\r\n');
      return true;
    },
    /cannot be reached/,
  ],
  'a list without an end': [
    list(({ query }) => `"metadata":{"continue":"${query.get('continue') ?? ''}x"},"items":[]`),
    /does not end/,
  ],
  'the connection breaks': [
    (response) => {
      response.writeHead(200, { 'Content-Length': '1000' }).write('{');
      setTimeout(() => response.destroy(), 20);
      return true;
    },
    /broke the connection|cannot be reached/,
  ],
  'no answer at all': [(response) => response.socket !== null, /did not give all .* within 30 s|does not answer in time/],
};

let api: TestApiServer;
let folder: Folder;

beforeAll(async () => {
  api = await startApiServer();
  for (const item of items) api.put(item);
  const cluster = fixturePath('sample/cluster.json');
  const written = ['test', dump, '--write', expectations, '--to', 'booking/frontend', '--cluster', cluster];
  expect(spawnSync(process.execPath, [inspect, ...written]).status).toBe(0);
  folder = temporaryFolder();
});

afterAll(async () => {
  await api.close();
  folder.remove();
  rmSync(dirname(expectations), { recursive: true });
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], server = api): Promise<Ended> {
  const kubeconfig = folder.write(`config-${args[0] ?? ''}`, kubeconfigText(server, { token: 'secret' }));
  return new Promise((done) => {
    const child = execFile(
      process.execPath,
      [inspect, ...args],
      { env: { ...process.env, NO_COLOR: '1', KUBECONFIG: kubeconfig, HOME: folder.path } },
      (_error, stdout, stderr) => done({ status: child.exitCode, stdout, stderr }),
    );
  });
}

function everyCommand(): Promise<readonly (Ended & { readonly command: string })[]> {
  return Promise.all(
    Object.entries(commandLines).map(async ([command, args]) => ({
      command,
      ...(await run([command, ...args, '--context', 'test'])),
    })),
  );
}

describe('a command that could not look says so:', () => {
  it('all that take --context are tried here', async () => {
    const { stdout } = await run(['--help']);
    const commands = Array.from(stdout.matchAll(/^ {2}([a-z-]+) \[options\]/gm), ([, command = '']) => command);
    const asking = await Promise.all(
      commands.map(async (command) => [command, (await run([command, '--help'])).stdout] as const),
    );
    const withContext = asking.filter(([, help]) => help.includes('--context <')).map(([command]) => command);
    // What it gets by the API's exec is another matter: node-bundle.test.ts.
    expect([...Object.keys(commandLines), 'collect'].toSorted()).toEqual(withContext.toSorted());
  });

  it('without a fault there are answers', async () => {
    api.intercept = undefined;
    for (const { command, status, stdout } of await everyCommand()) {
      // The sample's node and cluster disagree.
      const isFinding = command === 'drift' || command === 'check' || command === 'diagnose';
      expect([command, status]).toEqual([command, isFinding ? 1 : 0]);
      expect(stdout).not.toBe('');
    }
  });

  it.each(Object.entries(faults))(
    '%s',
    async (_what, [answer, said]) => {
      api.intercept = (asked, response) => answer(response, asked);
      const ended = await everyCommand();
      for (const { command, status, stdout, stderr } of ended) {
        expect([command, status, stdout]).toEqual([command, 2, '']);
        expect(stderr).toMatch(/^iptables-inspect: context test: [^\n]+\n$/);
        expect(stderr).toMatch(said);
      }
    },
    120_000,
  );

  it('nothing listens', async () => {
    const gone = { ...api, url: 'https://127.0.0.1:1' };
    const { status, stdout, stderr } = await run(['resolve', dump, '--context', 'test'], gone);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe('iptables-inspect: context test: Nothing listens at https://127.0.0.1:1.\n');
  });

  it('rights on Services alone: names by what is allowed and by comments; what needs more says what', async () => {
    api.intercept = ({ path }, response) => path !== '/api/v1/services' && answerStatus(response, 403, 'Forbidden', 'no');
    for (const { command, status, stdout, stderr } of await everyCommand()) {
      // Without endpoints nothing can be compared, and Pods that expectations name are not known.
      const isLost = command === 'drift' || command === 'expected' || command === 'test';
      // Of the dump itself these have something to say.
      const wanted = isLost ? 2 : command === 'check' || command === 'diagnose' ? 1 : 0;
      expect([command, status, stdout === '']).toEqual([command, wanted, isLost]);
      expect(stderr).toMatch(/No EndpointSlices: Permission to list endpointslices\.discovery\.k8s\.io .* is missing \(403\)/);
      if (!isLost) expect(stderr).toMatch(/No Nodes: .*\(hints, source ranges\) may be off\./);
    }
  });

  it.runIf(process.platform === 'linux')('the disk is full', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [inspect, 'resolve', dump], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect([status, stderr]).toEqual([2, 'iptables-inspect: standard output: no space left on the device\n']);
  });
});
