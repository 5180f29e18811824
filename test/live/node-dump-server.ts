/** A server with a Service and a node, made anew for each test, and a connection to it. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach } from 'vitest';
import { connect } from '../../server/src/cluster/live/live.ts';
import type { LiveCluster } from '../../server/src/cluster/live/live-cluster.ts';
import type { NodeReader } from '../../server/src/cluster/live/node-readers.ts';
import type { Timing } from '../../server/src/cluster/live/timing.ts';
import { fixturePath } from '../support/fixtures.ts';
import { type ApiObject, type ExecRequest, startApiServer, type TestApiServer } from './api-server.ts';
import { environmentOf, type Folder, kubeconfigText, temporaryFolder } from './kubeconfigs.ts';
import { node, pod, service, slice } from './objects.ts';

export const dump = readFileSync(fixturePath('sample/worker-1.iptables'), 'utf8');
export const signal = new AbortController().signal;
export const notFound = {
  status: 'Failure',
  reason: 'InternalError',
  message:
    'error executing command in container: failed to exec in container: OCI runtime exec failed: exec failed: unable to start container process: exec: "iptables-nft-save": executable file not found in $PATH: unknown',
};

export let api: TestApiServer;
export let folder: Folder;
export let live: LiveCluster;
export let ran: ExecRequest[] = [];

beforeEach(async () => {
  api = await startApiServer();
  folder = temporaryFolder();
  ran = [];
  api.put(service('shop', 'web', '10.96.20.10'));
  api.put(slice('shop', 'web', [['10.244.0.11', 'web-1']]));
  api.put(node('node-a', '192.0.2.1'));
  connectWith(folder.write('config', kubeconfigText(api, { token: 'secret' })));
});

/** Connects with another kubeconfig, or with other times; closed when the test is over. */
export function connectWith(file: string, timing?: Timing): void {
  const more = timing === undefined ? {} : { timing };
  live = connect('test', { environment: environmentOf(folder, [file]), onChange: () => undefined, ...more });
}

afterEach(async () => {
  live.close();
  await api.close();
  folder.remove();
});

export function hostPod(name: string, container: string, labels: Readonly<Record<string, string>>, context: object): ApiObject {
  return pod('kube-system', name, 'node-a', {
    metadata: { namespace: 'kube-system', name, labels },
    spec: { nodeName: 'node-a', hostNetwork: true, containers: [{ name: container, securityContext: context }] },
    status: { phase: 'Running', containerStatuses: [{ name: container, state: { running: {} } }] },
  });
}

export const kubeProxy = hostPod('kube-proxy-x7f2p', 'kube-proxy', { 'k8s-app': 'kube-proxy' }, { privileged: true });
export const reader: NodeReader = {
  kind: 'pod',
  isKubeProxy: true,
  namespace: 'kube-system',
  pod: 'kube-proxy-x7f2p',
  container: 'kube-proxy',
};

/** Answers each program by name; what is not named prints nothing. */
export function programs(answers: Readonly<Record<string, () => ReturnType<TestApiServer['exec']>>>): void {
  api.exec = (request) => {
    ran.push(request);
    return answers[request.argv[0] ?? '']?.() ?? { stdout: [] };
  };
}

export function commands(): readonly string[] {
  return ran.map(({ argv }) => argv.join(' '));
}
