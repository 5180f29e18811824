import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadKubeconfig } from '../../server/src/cluster/live/kubeconfig.ts';
import { KubeconfigError } from '../../server/src/cluster/live/kubeconfig-files.ts';
import { type Attack, type Below, hostileText, mutateValue, pick } from './attack.ts';

const folder = mkdtempSync(join(tmpdir(), 'iptables-torture-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'config');
const environment = { env: { HOME: folder, KUBECONFIG: file }, files: [], serviceAccount: join(folder, 'none') };

const exec = {
  apiVersion: 'client.authentication.k8s.io/v1',
  command: './plugin',
  interactiveMode: 'Never',
  env: [{ name: 'A', value: 'b' }],
};
const users = [
  { token: 't' },
  { tokenFile: 'token', as: 'jane', 'as-groups': ['a', 'b'], 'as-user-extra': { scopes: ['x'] } },
  { username: 'u', password: 'p' },
  { exec },
  { 'client-certificate': 'a.crt', 'client-key': 'a.key' },
  {
    'auth-provider': { name: 'oidc', config: { 'id-token': 'a.b.c', 'client-id': 'k', 'idp-issuer-url': 'https://issuer.test' } },
  },
  { 'auth-provider': { name: 'gcp', config: { 'cmd-path': 'id' } } },
];

function configOf(below: Below): unknown {
  const scheme = pick(below, ['https', 'https', 'https', 'http']);
  const cluster = {
    server: `${scheme}://10.0.0.1:6443`,
    'tls-server-name': 'x',
    'proxy-url': pick(below, ['', 'socks5://127.0.0.1:1']),
  };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user: pick(below, users) }],
  };
}

/** Damaged kubeconfigs. */
export const kubeconfigs: Attack = {
  name: 'kubeconfigs',
  claim: 'a damaged kubeconfig is read or refused in a sentence, and has no credentials for a server by http',
  attempt: (below) => {
    const text = JSON.stringify(mutateValue(configOf(below), below, 8 + below(40)) ?? null);
    const cut = below(20) === 0 ? text.slice(0, below(text.length)) + hostileText(below) : text;
    writeFileSync(file, cut);
    try {
      const kubeconfig = loadKubeconfig(environment);
      for (const { name } of kubeconfig.contexts) {
        const config = kubeconfig.configFor(name);
        if (!config.server.startsWith('http:')) continue;
        const user: object = config.getCurrentUser() ?? {};
        if (Object.keys(user).join() !== 'name') throw new Error(`credentials for ${config.server} in ${cut}`);
      }
    } catch (error) {
      if (!(error instanceof KubeconfigError)) throw error;
      if (error.message.length > 5_000) throw new Error(`a sentence of ${error.message.length} characters`);
    }
  },
};
