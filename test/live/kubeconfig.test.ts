import { execFileSync, spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadKubeconfig } from '../../server/src/cluster/live/kubeconfig.ts';
import { KubeconfigError, type KubeEnvironment } from '../../server/src/cluster/live/kubeconfig-files.ts';
import { proxyFor } from '../../server/src/cluster/live/proxy.ts';
import { environmentOf, type Folder, temporaryFolder } from './kubeconfigs.ts';

let folder: Folder;

beforeEach(() => {
  folder = temporaryFolder();
});

afterEach(() => folder.remove());

function config(name: string, server: string, more = ''): string {
  return `
apiVersion: v1
kind: Config
${more}
contexts:
- name: ${name}
  context: {cluster: ${name}, user: ${name}, namespace: shop}
clusters:
- name: ${name}
  cluster: {server: '${server}', certificate-authority: pki/ca.crt}
users:
- name: ${name}
  user: {token: t, client-certificate: pki/me.crt, client-key: /etc/me.key}
`;
}

function load(files: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return loadKubeconfig(environmentOf(folder, files, env));
}

describe('kubeconfig', () => {
  it('is the files that KUBECONFIG lists, of which some may not exist', () => {
    const a = folder.write('a/config', config('a', 'https://a.test'));
    const b = folder.write('b/config', config('b', 'https://b.test', 'current-context: b'));
    const { contexts, origin } = load([a, join(folder.path, 'none'), b]);
    expect(contexts).toEqual([
      { name: 'a', cluster: 'a', server: 'https://a.test', user: 'a', namespace: 'shop', current: false, program: '' },
      { name: 'b', cluster: 'b', server: 'https://b.test', user: 'b', namespace: 'shop', current: true, program: '' },
    ]);
    expect(origin).toBe(`${a}, ${b}`);
  });

  it('takes of entries with one name the first, and the first current context', () => {
    const a = folder.write('a', config('x', 'https://first.test', 'current-context: x'));
    const b = folder.write('b', config('x', 'https://second.test', 'current-context: y'));
    const { contexts } = load([a, b]);
    expect(contexts.map(({ server, current }) => [server, current])).toEqual([['https://first.test', true]]);
  });

  it('is ~/.kube/config without KUBECONFIG', () => {
    folder.write('.kube/config', config('home', 'https://home.test'));
    expect(loadKubeconfig(environmentOf(folder, [])).contexts[0]?.name).toBe('home');
  });

  it('may be named by a setting instead, with ~ for the home folder', () => {
    folder.write('work/config', config('work', 'https://work.test'));
    const environment: KubeEnvironment = { ...environmentOf(folder, ['/none']), files: ['~/work/config'] };
    expect(loadKubeconfig(environment).contexts[0]?.name).toBe('work');
  });

  it('has paths relative to its own file', () => {
    const a = folder.write('a/config', config('a', 'https://a.test'));
    const client = load([a]).configFor('a');
    expect(client.getCurrentCluster()?.caFile).toBe(join(folder.path, 'a/pki/ca.crt'));
    expect(client.getCurrentUser()).toMatchObject({ certFile: join(folder.path, 'a/pki/me.crt'), keyFile: '/etc/me.key' });
  });

  it.skipIf(process.platform === 'win32')('may be a pipe, which is not waited for without an end', async () => {
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(() => load([pipe], { IPTABLES_INSPECT_PIPE_SECONDS: '0.2' })).toThrow(
      new KubeconfigError(`${pipe} is a pipe, and nothing came for 0.2 seconds.`),
    );
    const written = folder.write('config', config('kind', 'https://10.0.0.1:6443'));
    const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', written, pipe]);
    expect(load([pipe], { IPTABLES_INSPECT_PIPE_SECONDS: '30' }).contexts.map(({ name }) => name)).toEqual(['kind']);
    writer.kill();
  });

  it.skipIf(process.platform === 'win32')('may name no pipe as a certificate, to which nobody may ever write', () => {
    const pipe = join(folder.path, 'pki');
    execFileSync('mkfifo', [pipe]);
    const file = folder.write('config', config('a', 'https://a.test').replace('pki/ca.crt', 'pki'));
    expect(() => load([file]).configFor('a')).toThrow(
      new KubeconfigError(`The certificate-authority pki in ${file} is no file of a certificate or key.`),
    );
  });

  it("is a Pod's own credentials where there is no file", async () => {
    folder.write('serviceaccount/token', 'pod-token\n');
    folder.write('serviceaccount/ca.crt', 'certificate');
    const loaded = load([], { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' });
    expect(loaded.contexts).toMatchObject([{ name: 'in-cluster', server: 'https://[fd00::1]:443', current: true }]);
    const options: RequestOptions = {};
    await loaded.configFor('in-cluster').applyToHTTPSOptions(options);
    expect(options.headers).toEqual({ Authorization: 'Bearer pod-token' });
    expect(String(options.ca)).toBe('certificate');
  });

  it('does not fall back to localhost', () => {
    expect(() => load([])).toThrow(
      `There is no kubeconfig: ${folder.path}/.kube/config does not exist, KUBECONFIG names no file, and this is no Pod.`,
    );
    expect(() => load(['/none/a', '/none/b'])).toThrow('There is no kubeconfig. None of these files exists: /none/a, /none/b.');
  });

  it.each([
    ['contexts: [', /^The kubeconfig .* is not valid YAML: /],
    // What stands there may be a password that lacks its quotes.
    ['users: [{user: {password: *Secret}}]', /^The kubeconfig .* is not valid YAML: unidentified alias \(1:\d+\)\.$/],
    ['users: [{user: {password: !Secret}}]', /^The kubeconfig .* is not valid YAML: unknown scalar tag \(1:\d+\)\.$/],
    ['users: [{user: {password: !a!Secret}}]', /^The kubeconfig (?!.*Secret).* is not valid YAML: [^!"]+\(1:\d+\)\.$/],
    ['- a', /is no kubeconfig: it holds no mapping/],
    [
      'clusters: [{name: 7, cluster: {server: "https://a.test", certificate-authority: 9}}]',
      /^The kubeconfig .* cannot be read: /,
    ],
    ['', /There is no context "a" in .*It has none/],
    [config('b', 'https://b.test'), /There is no context "a" in .*There are: b\./],
    [`clusters: [${'{},'.repeat(1_000_001)}]`, /is too large to be a kubeconfig\.$/],
    [config('a', 'https://me:secret@a.test'), /The server of cluster "\w+" has a password in its URL(?!.*secret)/],
    [
      `contexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "https://a", certificate-authority: ${'n'.repeat(400)}}}]`,
      /^The certificate-authority n{297}\.\.\. in .* cannot be read \(ENAMETOOLONG\)\.$/,
    ],
    [
      'contexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "https://a", certificate-authority: "a\\0b"}}]',
      /^The certificate-authority a b in .* cannot be read \(ERR_INVALID_ARG_VALUE\)\.$/,
    ],
    [
      'contexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: "https://a", certificate-authority: /dev/zero}}]',
      /^The certificate-authority \/dev\/zero in .* is no file of a certificate or key\.$/,
    ],
    [config('a', 'ftp://a.test'), /The server of cluster "a" is no http or https URL: ftp:/],
    ['contexts: [{name: a, context: {cluster: c}}]', /Context "a" is of cluster "c", which is not there/],
    [
      'contexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: "https://a"}}]',
      /Context "a" is of user "u", which is not there/,
    ],
    ['contexts: [{name: a, context: {cluster: c}}]\nclusters: [{name: c, cluster: {}}]', /cluster "c", which has no server/],
  ])('says what is wrong with %j', (text, message) => {
    const file = folder.write('config', text);
    expect(() => load([file]).configFor('a')).toThrow(message);
  });

  it('says that it may not be read', () => {
    const file = folder.write('config', '');
    chmodSync(file, 0);
    const isRoot = process.geteuid?.() === 0;
    // root may read everything, so for a moment we are nobody.
    if (isRoot) {
      chmodSync(folder.path, 0o755);
      process.seteuid?.(65_534);
    }
    try {
      expect(() => load([file])).toThrow(/^Permission to read the kubeconfig .* is denied\.$/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('is not fooled by names from the prototype', () => {
    const file = folder.write('config', 'contexts: [{name: a, context: {cluster: constructor, user: __proto__}}]');
    expect(() => load([file]).configFor('a')).toThrow(/cluster "constructor", which is not there/);
  });

  it('names the program that is run for credentials', () => {
    const file = folder.write(
      'config',
      'contexts: [{name: a, context: {cluster: a, user: a}}]\nusers: [{name: a, user: {exec: {command: aws, args: [eks, get-token]}}}]',
    );
    expect(load([file]).contexts[0]?.program).toBe('aws');
  });
});

describe('the proxy for a server', () => {
  const env = { HTTPS_PROXY: 'http://proxy.test:3128', NO_PROXY: '.corp.test,192.0.2.0/24,plain.test' };
  it.each([
    ['https://api.test', 'http://proxy.test:3128'],
    ['https://a.corp.test:6443', undefined],
    ['https://plain.test', undefined],
    ['https://sub.plain.test', undefined],
    ['https://notplain.test', 'http://proxy.test:3128'],
    ['https://192.0.2.7:6443', undefined],
    ['https://198.51.100.7:6443', 'http://proxy.test:3128'],
    ['https://127.0.0.1:6443', undefined],
    ['https://localhost', undefined],
    ['https://[::1]:6443', undefined],
    ['http://api.test', undefined],
  ])('%s is %s', (server, proxy) => {
    expect(proxyFor(server, env)).toBe(proxy);
  });

  it('may be written without a scheme, and be switched off for all', () => {
    expect(proxyFor('https://api.test', { https_proxy: 'proxy.test:3128' })).toBe('http://proxy.test:3128');
    expect(proxyFor('https://api.test', { https_proxy: 'proxy.test:3128', no_proxy: '*' })).toBeUndefined();
  });
});
