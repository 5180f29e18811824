import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { KubeEnvironment } from '../../server/src/cluster/live/kubeconfig-files.ts';

/** A folder of files that is removed after the test. */
export interface Folder {
  readonly path: string;
  /** Writes a file and gives its path. */
  write(name: string, text: string, mode?: number): string;
  remove(): void;
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'iptables-live-'));
  return {
    path,
    write(name, text, mode = 0o600) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode });
      return file;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** An environment that knows these kubeconfig files and nothing of the machine's own. */
export function environmentOf(
  folder: Folder,
  files: readonly string[],
  env: Readonly<Record<string, string>> = {},
): KubeEnvironment {
  return {
    env: { HOME: folder.path, PATH: process.env['PATH'] ?? '', KUBECONFIG: files.join(':'), ...env },
    files: [],
    serviceAccount: join(folder.path, 'serviceaccount'),
  };
}

/** A kubeconfig with one context "test". `user` is the user's entry as JSON, `namespace` the context's. */
export function kubeconfigText(
  server: { readonly url: string; readonly certificate: string },
  user: object,
  namespace = '',
): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [
      { name: 'test', context: { cluster: 'test-cluster', user: 'test-user', ...(namespace === '' ? {} : { namespace }) } },
    ],
    clusters: [
      {
        name: 'test-cluster',
        cluster: {
          server: server.url,
          'certificate-authority-data': Buffer.from(server.certificate).toString('base64'),
        },
      },
    ],
    users: [{ name: 'test-user', user }],
  });
}
