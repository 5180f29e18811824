import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeBundle } from '../../server/src/node/judge-bundle.ts';
import { isTar, readTar, type TarFile } from '../../server/src/node/tar.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'iptables-tar-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One header of ustar, with what follows it. */
function entry(name: string, content: string, type = '0', size = content.length): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write(type, 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body]);
}

function texts(files: readonly TarFile[]): readonly string[] {
  return files.map(({ path, bytes }) => `${path}: ${Buffer.from(bytes).toString('utf8')}`);
}

function read(...entries: readonly Buffer[]): readonly string[] {
  const answer = readTar(Buffer.concat([...entries, Buffer.alloc(1024)]));
  return answer.ok ? [...texts(answer.files), ...answer.notes] : [answer.message];
}

describe('a tar archive', () => {
  it.each(['ustar', 'gnu', 'pax', 'oldgnu'])('of tar --format=%s is read, with long names', (format) => {
    const deep = join('bundle', 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(join(folder, deep), { recursive: true });
    writeFileSync(join(folder, deep, 'sysctl.txt'), 'net.ipv4.ip_forward = 1\n');
    writeFileSync(join(folder, 'bundle', 'empty.txt'), '');
    if (format === 'pax') symlinkSync('/etc/passwd', join(folder, 'bundle', 'link'));
    const { stdout, status } = spawnSync('tar', [`--format=${format}`, '--sort=name', '-C', folder, '-cf', '-', 'bundle']);
    expect(status).toBe(0);
    const answer = readTar(stdout);
    expect(answer.ok && texts(answer.files)).toEqual(['bundle/empty.txt: ', `${deep}/sysctl.txt: net.ipv4.ip_forward = 1\n`]);
    expect(answer.ok && answer.notes).toEqual([]);
  });

  it.each(['gnu', 'pax --sparse-version=0.0', 'pax --sparse-version=0.1', 'pax --sparse-version=1.0'])(
    'says of its sparse files that it has not read them (%s)',
    (format) => {
      const bundle = join(folder, 'sparse');
      mkdirSync(bundle, { recursive: true });
      const file = openSync(join(bundle, 'sysctl.txt'), 'w');
      // As many parts as go into several blocks of a header.
      for (let part = 0; part < 60; part += 1) writeSync(file, 'net.ipv4.ip_forward = 1\n', part * 1_000_000);
      closeSync(file);
      writeFileSync(join(bundle, 'z.txt'), 'whole');
      const packed = `--format=${format}`.split(' ');
      const { stdout } = spawnSync('tar', [...packed, '--sparse', '--sort=name', '-C', folder, '-cf', '-', 'sparse']);
      const answer = readTar(stdout);
      expect(answer.ok && texts(answer.files)).toEqual(['sparse/z.txt: whole']);
      expect(answer.ok && answer.notes).toEqual(['A file of the archive is sparse, and left out: pack it without --sparse.']);
    },
  );

  it('takes no name out of what another key of an extended header says', () => {
    const record = (key: string, value: string): string => {
      const rest = ` ${key}=${value}\n`;
      const digits = String(rest.length + 2).length;
      return `${rest.length + digits}${rest}`;
    };
    const forged = record('comment', 'x\n30 path=bundle/cluster.json\n');
    expect(read(entry('x', forged, 'x'), entry('a', 'z'))).toEqual(['a: z']);
    expect(read(entry('x', record('path', 'b\nc') + forged, 'x'), entry('a', 'z'))).toEqual(['b\nc: z']);
    expect(read(entry('x', record('comment', 'x'.repeat(70_000)) + record('path', 'b'), 'x'), entry('a', 'z'))).toEqual(['b: z']);
    for (const broken of ['0 path=b\n', '-9 path=b\n', '9 path', '99999 =\n', '5', '\0'])
      expect(read(entry('x', broken, 'x'), entry('a', 'z'))).toEqual(['a: z']);
  });

  it('leads out of nowhere', () => {
    expect(read(entry('/etc/passwd', 'x'), entry('../up', 'x'), entry('a/../../up', 'x'), entry('./a//b', 'y'))).toEqual([
      'a/b: y',
      '3 files that would lie outside of the archive are left out.',
    ]);
    expect(read(entry('link', '', '2'), entry('device', '', '3'), entry('ok', 'z'))).toEqual(['ok: z']);
  });

  it('says where it is cut or damaged, and keeps what came before', () => {
    expect(read(entry('a', 'x'), entry('b', 'y', '0', 1_000_000))).toEqual([
      'a: x',
      'The archive ends within b, which is left out.',
    ]);
    for (const cut of [entry('a', 'x'), Buffer.concat([entry('a', 'x'), entry('b', 'y').subarray(0, 300)])]) {
      const answer = readTar(cut);
      expect(answer.ok && [...texts(answer.files), ...answer.notes]).toEqual([
        'a: x',
        'The archive has no end: it was cut off, and files may be missing.',
      ]);
    }
    const damaged = entry('b', 'y');
    damaged[0] = 0x63;
    expect(read(entry('a', 'x'), damaged)).toEqual(['a: x', 'The archive is damaged at byte 1024: what follows is left out.']);
  });

  it('says once how many files would lie outside', () => {
    const many = Array.from({ length: 3_000 }, (_, index) => entry(`../${index}`, ''));
    expect(read(...many, entry('ok', 'z'))).toEqual(['ok: z', '3000 files that would lie outside of the archive are left out.']);
  });

  it('is told from other files', () => {
    expect(isTar(entry('a', 'x'))).toBe(true);
    expect(isTar(Buffer.from('# Generated by iptables-save v1.8.9\n'.repeat(30)))).toBe(false);
    expect(isTar(Buffer.alloc(2048))).toBe(false);
    expect(readTar(Buffer.alloc(10))).toEqual({ ok: false, message: 'is no tar archive' });
  });
});

describe('an archive of which little can be read', () => {
  it('is refused with what was wrong in it', () => {
    const answer = judgeBundle('an archive', [], ['The archive is damaged at byte 0: what follows is left out.']);
    expect(answer).toEqual({
      ok: false,
      message:
        'is an archive and no node bundle; expected iptables-save.txt in it (The archive is damaged at byte 0: what follows is left out)',
    });
  });

  it('has twenty notes at most, and how many more there are', () => {
    const rules = { path: 'iptables-save.txt', text: '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n' };
    const notes = Array.from({ length: 5_000 }, (_, index) => `f${index} could not be read: incorrect data check.`);
    const answer = judgeBundle('an archive', [rules], notes);
    if (!answer.ok) throw new Error(answer.message);
    expect(answer.facts.notes.slice(19, 21)).toEqual([notes[19], '4,980 other parts could not be read.']);
  });
});
