import { resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { openWorkbench, type Workbench } from './workbench.ts';

/**
 * One window for all tests of a describe block, to be used inside them only: it is opened before the first, closed after the last (folders
 * that it needs are removed by an `afterAll` that stands before this), and each test that fails leaves a picture "failed-NAME-...".
 */
export function workbenchOfTests(name: string, open: () => Promise<Workbench>): Workbench {
  const shared: Partial<Workbench> = {};
  beforeAll(async () => {
    Object.assign(shared, await open());
  });
  afterAll(() => shared.close?.());
  beforeEach(({ onTestFailed, task }) => {
    onTestFailed(() => shared.screenshot?.(`failed-${name}-${task.id}`));
  });
  return shared as Workbench;
}

/** The same, on a copy of the sample's folder with its dump open; `more` is added to it. */
export function sampleWorkbenchOfTests(name: string, more: Partial<Parameters<typeof openWorkbench>[0]> = {}): Workbench {
  const workspace = resolve(import.meta.dirname, '../fixtures/sample');
  return workbenchOfTests(name, () => openWorkbench({ workspace, file: 'worker-1.iptables', ...more }));
}
