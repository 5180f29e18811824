import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readBundleFolder } from '../../server/src/cli/read-bundle.ts';
import { readFolder } from '../../server/src/lsp/bundles.ts';
import { nodeFiles } from '../../server/src/lsp/node/files.ts';
import { type DiagnoseResult, diagnoseRequest } from '../../server/src/protocol/trace.ts';
import { bundleFiles } from '../support/bundles.ts';
import { filesOf, type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

// The server and the command line say the same of what they leave out of a bundle.

let folder = '';
let odd = '';
let server: InProcessServer | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-parts-'));
  odd = join(folder, 'odd');
  mkdirSync(odd);
  for (const { path, text } of bundleFiles('healthy')) if (path.startsWith('ip')) writeFileSync(join(odd, path), text);
  execFileSync('mkfifo', [join(odd, 'conntrack.txt')]);
  symlinkSync('/etc/hostname', join(odd, 'cluster.json'));
  symlinkSync('/etc', join(odd, 'sysctl'));
  symlinkSync('/etc/hostname', join(odd, 'something'));
});
afterEach(async () => {
  await server?.dispose();
  server = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const wanted = [
  'cluster.json was not read: it is a link, and none is followed here.',
  'conntrack.txt was not read: it is a pipe or a device, not a file.',
  'sysctl was not read: it is a link, and none is followed here.',
];

async function diagnosed(path: string): Promise<DiagnoseResult> {
  server = startInProcessServer(nodeFiles);
  await server.initialize();
  return server.client.sendRequest<DiagnoseResult>(diagnoseRequest, {
    source: pathToFileURL(path).href,
    from: '',
    to: '',
  });
}

describe.skipIf(process.platform === 'win32')('parts of a bundle that are no files', () => {
  it('of a folder are said by the server as by the command line', async () => {
    const { notes } = await readFolder(nodeFiles, `${pathToFileURL(odd).href}/`);
    expect(notes).toEqual(wanted);
    expect(readBundleFolder(odd).notes.slice(0, wanted.length)).toEqual(wanted);
    const { text, reason } = await diagnosed(odd);
    expect(reason).toBe('');
    for (const each of wanted) expect(text).toContain(each);
  });

  it('of an archive, too', async () => {
    const archive = join(folder, 'odd.tar.gz');
    execFileSync('tar', ['--sort=name', '-C', odd, '-czf', archive, '.']);
    const { text, reason } = await diagnosed(archive);
    expect(reason).toBe('');
    for (const each of wanted) expect(text).toContain(each);
  });

  it('are said where a folder cannot be listed', async () => {
    const gone = `${pathToFileURL(join(folder, 'gone')).href}/`;
    expect(await readFolder(nodeFiles, gone)).toEqual({
      files: [],
      notes: ['The folder could not be read: there is no such file.'],
    });
  });
});

describe('files that were compressed one by one', () => {
  it('hold together no more than what one may hold', async () => {
    const packed = join(folder, 'packed');
    mkdirSync(packed);
    const half = gzipSync(Buffer.alloc(150_000_000));
    for (const name of ['a.gz', 'b.gz']) writeFileSync(join(packed, name), half);
    const { files, notes } = await readFolder(nodeFiles, `${pathToFileURL(packed).href}/`);
    expect([files.map(({ path }) => path), notes]).toEqual([
      ['a'],
      ['b.gz could not be read: it and the files before it are too large.'],
    ]);
  });
});

describe('a bundle with the settings of a hundred interfaces', () => {
  it('is no more than the server reads', async () => {
    const paths = Array.from({ length: 5_100 }, (_, each) => `proc/sys/net/ipv4/conf/veth${each % 100}/s${each}`);
    const access = filesOf(Object.fromEntries(paths.map((path) => [`file:///many/${path}`, '1\n'])));
    const { files, notes } = await readFolder(access, 'file:///many/');
    expect([files.length, notes]).toEqual([paths.length, []]);
  });
});
