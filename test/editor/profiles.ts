import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

/** A folder for the profiles of the browsers that test files share; vitest runs it before the first of these files, and what it returns at the end. */
export function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'iptables-browsers-'));
  project.provide('profiles', folder);
  return () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
}
