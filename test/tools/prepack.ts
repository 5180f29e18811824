/** What `npm pack` and `npm publish` run first: the bundles, and the list and licences of what is in them. */
import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { writeThirdParty } from './third-party.ts';

const root = resolve(import.meta.dirname, '../..');
// Standard output is npm's: with --json it is read by a program.
execFileSync(process.execPath, [join(root, 'esbuild.mjs')], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
writeThirdParty();
