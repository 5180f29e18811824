import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const exported = /^export (?:async )?function\*? /;

/** Lines (1-based) of the functions that a text exports without a comment above them. */
function uncommented(source: string): readonly number[] {
  const lines = source.split('\n');
  return lines.flatMap((line, at) => {
    const above = lines[at - 1] ?? '';
    // Of several signatures the first one has it.
    return exported.test(line) && !above.endsWith('*/') && !exported.test(above) ? [at + 1] : [];
  });
}

describe('doc comments', () => {
  it('are missed where there are none', () => {
    expect(uncommented('/** What it returns. */\nexport function a(): void {}\n\nexport function* b(): void {}\n')).toEqual([4]);
  });

  it('stand above every function that a file exports', () => {
    const files = execFileSync('git', ['ls-files', 'server/src', 'client/src', 'webview/src'], { cwd: root, encoding: 'utf8' })
      .split('\n')
      .filter((name) => name.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(900);
    const missing = files.flatMap((name) => uncommented(readFileSync(join(root, name), 'utf8')).map((line) => `${name}:${line}`));
    expect(missing).toEqual([]);
  });
});
