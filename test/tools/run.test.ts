import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

// A checkout in which nobody has installed anything: `npm run -s inspect` is what README.md tells first.

let checkout = '';

beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), 'iptables-checkout-'));
  mkdirSync(join(checkout, 'test/tools'), { recursive: true });
  mkdirSync(join(checkout, 'server/src'), { recursive: true });
  writeFileSync(join(checkout, 'esbuild.mjs'), "import 'esbuild';\n");
  cpSync(resolve(import.meta.dirname, 'run.mjs'), join(checkout, 'test/tools/run.mjs'));
});
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

it.each(['inspect', 'server'])('%s in a fresh checkout says in one line what is missing', (program) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(checkout, 'test/tools/run.mjs'), program], {
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: 'Nothing is installed yet. Once in a checkout: npm ci\n',
  });
});
