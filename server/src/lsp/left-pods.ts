import type { Connection } from 'vscode-languageserver';
import { notificationText } from '../base/safe-text.ts';
import type { LeftPod } from '../cluster/live/left-pods.ts';
import type { LiveCluster } from '../cluster/live/live-cluster.ts';

const patience = 10_000;

/** Pods that were offered; the answer to the offer counts until the server ends. */
const offered = new Set<string>();

function nameOf({ namespace, name, node }: LeftPod): string {
  return `${namespace}/${name}${node === '' ? '' : ` on ${node}`}`;
}

/** Asks whether debug pods that an earlier process could not remove are to be removed, once for each. Silent where they may not be listed. */
export async function offerLeftPods(connection: Connection, live: LiveCluster, namespace: string): Promise<void> {
  const found = await live.leftPods(namespace, AbortSignal.timeout(patience)).catch(() => []);
  const pods = found.filter((pod) => !offered.has(`${live.context} ${pod.namespace}/${pod.name}`));
  if (pods.length === 0) return;
  for (const pod of pods) offered.add(`${live.context} ${pod.namespace}/${pod.name}`);
  const [what, are] = pods.length === 1 ? ['A debug pod', 'is'] : ['Debug pods', 'are'];
  const names = pods.map(nameOf).join(', ');
  const text = `${what} of an earlier session ${are} still in ${live.context}, as nobody could remove ${are === 'is' ? 'it' : 'them'} then: ${names}.`;
  const remove = { title: 'Remove' };
  const answer = await connection.window.showWarningMessage(notificationText(text), remove, { title: 'Keep' });
  if (answer?.title !== remove.title) return;
  const problems = (await Promise.all(pods.map((pod) => live.removeLeftPod(pod)))).filter((problem) => problem !== '');
  if (problems.length > 0) connection.window.showErrorMessage(notificationText(problems.join(' ')));
}
