import { expect, it } from 'vitest';
import type { Connection } from 'vscode-languageserver';
import type { LiveCluster } from '../../server/src/cluster/live/live-cluster.ts';
import { offerLeftPods } from '../../server/src/lsp/left-pods.ts';

it('what is said of debug pods that are left holds no link, whatever their cluster says', async () => {
  const said: string[] = [];
  const connection = {
    window: {
      showWarningMessage: (text: string) => Promise.resolve(void said.push(text)).then(() => ({ title: 'Remove' })),
      showErrorMessage: (text: string) => void said.push(text),
    },
  };
  const live = {
    context: 'x[a](command:b)\u202e',
    leftPods: async () => [{ namespace: 'x', name: 'y', node: '[a](command:b)' }],
    removeLeftPod: async () => 'It said [a](command:b).',
  };
  await offerLeftPods(connection as unknown as Connection, live as unknown as LiveCluster, 'x');
  expect(said).toHaveLength(2);
  expect(said.join('\n')).not.toMatch(/\]\(|\u202e/);
});
