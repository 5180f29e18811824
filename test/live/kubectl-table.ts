/**
 * What kubectl 1.32 does with a kubeconfig, recorded by running `kubectl get --raw /api/v1/services` against a server that notes what it is
 * sent: the headers that arrived, or kubectl's words on standard error (the server's port and the folder replaced). Beside it what we do.
 */

export interface KubectlCase {
  readonly name: string;
  /** Over the cluster's entry, which has the server and the authority's certificate. */
  readonly cluster?: Readonly<Record<string, unknown>>;
  /** The server is asked by plain http. */
  readonly http?: true;
  readonly user: Readonly<Record<string, unknown>>;
  /** The headers about who asks, as the server gets them; or why nothing is asked. */
  readonly kubectl: Readonly<Record<string, readonly string[]>> | string;
  /** The same of ours; left out where the headers are those of kubectl. */
  readonly ours?: RegExp;
  /** Whether the credential plugin is run. */
  readonly runs?: true;
}

/** The plugin is a script in the kubeconfig's folder that gives the token "from-plugin". */
const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin.sh', interactiveMode: 'Never' };
const bearer = (token: string) => ({ authorization: [`Bearer ${token}`] });
const provider = (name: string, config: Readonly<Record<string, string>>) => ({ 'auth-provider': { name, config } });

export const kubectlTable: readonly KubectlCase[] = [
  { name: 'a token', user: { token: 't' }, kubectl: bearer('t') },
  { name: 'a token over http', http: true, user: { token: 't' }, kubectl: {} },
  { name: 'a password over http', http: true, user: { username: 'u', password: 'p' }, kubectl: {} },
  { name: 'a plugin over http', http: true, user: { exec }, kubectl: {} },
  { name: 'a token file over http', http: true, user: { tokenFile: 'token' }, kubectl: {} },
  { name: 'impersonation over http', http: true, user: { as: 'jane' }, kubectl: { 'impersonate-user': ['jane'] } },
  { name: 'a token file, without its line end', user: { tokenFile: 'token' }, kubectl: bearer('from-file') },
  { name: 'a token file beside a token', user: { token: 't', tokenFile: 'token' }, kubectl: bearer('from-file') },
  {
    name: 'an empty token file',
    user: { tokenFile: 'empty' },
    kubectl: 'Unable to connect to the server: net/http: invalid header field value for "Authorization"',
    ours: /The token file .*empty of user "u" is empty/,
  },
  {
    name: 'a token file that is not there',
    user: { tokenFile: 'none' },
    kubectl: 'error: open FOLDER/none: no such file or directory',
    ours: /The token file .*none of user "u" is not there/,
  },
  {
    name: 'a token with a line end',
    user: { token: 't\n' },
    kubectl: 'Unable to connect to the server: net/http: invalid header field value for "Authorization"',
    ours: /The token of user "u" holds a line end/,
  },
  {
    name: 'a token that is a number',
    user: { token: 123 },
    kubectl: 'json: cannot unmarshal number into Go struct field AuthInfo.users.user.token of type string',
    ours: /token of user "u" is no text/,
  },
  ...(
    [
      [
        'env that is a number',
        { env: 5 },
        'number into Go struct field ExecConfig.users.user.exec.env of type []v1.ExecEnvVar',
        'env of user "u" is not a list',
      ],
      [
        'a number in env',
        { env: [5] },
        'number into Go struct field ExecConfig.users.user.exec.env of type v1.ExecEnvVar',
        'env[0] of user "u" is not an object',
      ],
      [
        'a number for a variable',
        { env: [{ name: 'A', value: 1234 }] },
        'number into Go struct field ExecEnvVar.users.user.exec.env.value of type string',
        'env[0].value of user "u" is not a text',
      ],
      [
        'args that are a number',
        { args: 5 },
        'number into Go struct field ExecConfig.users.user.exec.args of type []string',
        'args of user "u" is not a list',
      ],
      [
        'a number in args',
        { args: [5] },
        'number into Go struct field ExecConfig.users.user.exec.args of type string',
        'args[0] of user "u" is not a text',
      ],
      [
        'provideClusterInfo as a text',
        { provideClusterInfo: 'yes' },
        'string into Go struct field ExecConfig.users.user.exec.provideClusterInfo of type bool',
        'provideClusterInfo of user "u" is not true or false',
      ],
    ] as const
  ).map(
    ([what, fields, words, ours]): KubectlCase => ({
      name: `a plugin with ${what}`,
      user: { exec: { ...exec, ...fields } },
      kubectl: `error: error loading config file "FOLDER/config": json: cannot unmarshal ${words}`,
      ours: new RegExp(`, exec\\.${ours.replace(/[[\].]/g, '\\$&')}\\.$`),
    }),
  ),
  {
    name: 'a plugin that is a list',
    user: { exec: [] },
    kubectl:
      'error: error loading config file "FOLDER/config": json: cannot unmarshal array into Go struct field AuthInfo.users.user.exec of type v1.ExecConfig',
    ours: /exec of user "u" is not an object/,
  },
  {
    name: 'a plugin with a variable without a name',
    user: { exec: { ...exec, env: [{ value: 'x' }] } },
    kubectl: 'error: env variable name must be specified for u to use exec authentication plugin',
    ours: /is given a variable without a name/,
  },
  {
    name: 'a plugin with a NUL',
    user: { exec: { ...exec, env: [{ name: 'A', value: 'secret\0' }] } },
    kubectl: 'Unable to connect to the server: getting credentials: exec: exec: environment variable contains NUL',
    ours: /user "u" is given a NUL, which no program can be given \(env, args\)\.$/,
  },
  {
    name: 'no verification, as a text',
    cluster: { 'insecure-skip-tls-verify': 'true', 'certificate-authority-data': undefined },
    user: { token: 't' },
    kubectl:
      'error: error loading config file "FOLDER/config": json: cannot unmarshal string into Go struct field Cluster.clusters.cluster.insecure-skip-tls-verify of type bool',
    ours: /insecure-skip-tls-verify of cluster "[^"]+" is not true or false/,
  },
  { name: 'a password', user: { username: 'u', password: 'p' }, kubectl: { authorization: ['Basic dTpw'] } },
  {
    name: 'a password beside a token',
    user: { username: 'u', password: 'p', token: 't' },
    kubectl: 'error: more than one authentication method found for u; found [token basicAuth], only one is allowed',
    ours: /User "u" has a token and a password/,
  },
  {
    name: 'all of another user',
    user: { token: 't', as: 'jane', 'as-uid': 'u-1', 'as-groups': ['a', 'b'], 'as-user-extra': { 'Scopes/x%': ['v', 'w'] } },
    kubectl: {
      ...bearer('t'),
      'impersonate-user': ['jane'],
      'impersonate-uid': ['u-1'],
      'impersonate-group': ['a', 'b'],
      'impersonate-extra-scopes%2fx%25': ['v', 'w'],
    },
  },
  {
    name: "another user's groups alone",
    user: { token: 't', 'as-groups': ['a'] },
    kubectl: 'error: requesting uid, groups or user-extra for u without impersonating a user',
    ours: /User "u" asks for another's uid, groups or extra without saying whose \(as\)/,
  },
  {
    name: "another user's uid alone",
    user: { token: 't', 'as-uid': 'a' },
    kubectl: 'error: requesting uid, groups or user-extra for u without impersonating a user',
    ours: /without saying whose \(as\)/,
  },
  {
    name: 'no verification beside an authority',
    cluster: { 'insecure-skip-tls-verify': true },
    user: { token: 't' },
    kubectl: 'error: specifying a root certificates file with the insecure flag is not allowed',
    ours: /insecure-skip-tls-verify beside a certificate authority/,
  },
  {
    name: 'no verification',
    cluster: { 'insecure-skip-tls-verify': true, 'certificate-authority-data': undefined },
    user: { token: 't' },
    kubectl: bearer('t'),
  },
  {
    name: 'an authority twice',
    cluster: { 'certificate-authority': 'ca.crt' },
    user: { token: 't' },
    kubectl:
      'error: certificate-authority-data and certificate-authority are both specified for c. certificate-authority-data will override.',
    ours: /has both certificate-authority and certificate-authority-data/,
  },
  {
    name: 'an authority in a file that is not there',
    cluster: { 'certificate-authority': 'none.crt', 'certificate-authority-data': undefined },
    user: { token: 't' },
    kubectl:
      'error: unable to read certificate-authority FOLDER/none.crt for c due to open FOLDER/none.crt: no such file or directory',
    ours: /no such file or directory.*none\.crt/,
  },
  {
    name: 'an authority that is no certificate',
    cluster: { 'certificate-authority-data': 'aGVsbG8=' },
    user: { token: 't' },
    kubectl: 'error: unable to load root certificates: unable to parse bytes as PEM block',
    ours: /holds no certificate \(PEM\)/,
  },
  ...['socks4', 'socks5h', 'ftp'].map((scheme) => ({
    name: `a proxy by ${scheme}`,
    cluster: { 'proxy-url': `${scheme}://127.0.0.1:1` },
    user: { token: 't' },
    kubectl: `error: invalid 'proxy-url' "${scheme}://127.0.0.1:1" for cluster "c": unsupported scheme "${scheme}", must be http, https, or socks5`,
    ours: new RegExp(`The proxy-url of cluster "c" has the scheme "${scheme}", and must have http, https or socks5`),
  })),
  {
    name: 'a proxy without a scheme',
    cluster: { 'proxy-url': '127.0.0.1:1' },
    user: { token: 't' },
    kubectl: `error: invalid 'proxy-url' "127.0.0.1:1" for cluster "c": could not parse: 127.0.0.1:1`,
    ours: /The proxy-url of cluster "c" is no URL/,
  },
  {
    name: 'gcp',
    user: provider('gcp', { 'access-token': 'x', 'cmd-path': './plugin.sh' }),
    kubectl:
      'error: The gcp auth plugin has been removed. Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.',
    ours: /The auth-provider "gcp" of user "u" was removed .*gke-gcloud-auth-plugin/,
  },
  {
    name: 'azure',
    user: provider('azure', { 'access-token': 'x' }),
    kubectl:
      'error: The azure auth plugin has been removed. Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.',
    ours: /The auth-provider "azure" of user "u" was removed .*kubelogin/,
  },
  {
    name: 'openstack',
    user: provider('openstack', {}),
    kubectl: 'error: no Auth Provider found for name "openstack"',
    ours: /The auth-provider "openstack" of user "u" was removed .*client-keystone-auth/,
  },
  {
    name: 'a provider that never was',
    user: provider('constructor', {}),
    kubectl: 'error: no Auth Provider found for name "constructor"',
    ours: /auth-provider "constructor", which there is none of/,
  },
  {
    name: 'oidc without its issuer',
    user: provider('oidc', { 'id-token': 'a.b.c' }),
    kubectl: 'error: Must provide idp-issuer-url',
    ours: /The auth-provider "oidc" of user "u" has no idp-issuer-url/,
  },
  {
    name: 'oidc without a token',
    user: provider('oidc', { 'idp-issuer-url': 'https://issuer.test', 'client-id': 'k' }),
    kubectl: 'Unable to connect to the server: No valid id-token, and cannot refresh without refresh-token',
    ours: /The sign-in \(oidc\) .* has expired and is not renewed here/,
  },
  {
    name: 'another name in the certificate',
    cluster: { 'tls-server-name': 'other.test' },
    user: { token: 't' },
    kubectl:
      'Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for api-server.test, not other.test',
    ours: /certificate of .* is not trusted: .*other\.test/,
  },
  {
    name: 'the name in the certificate',
    cluster: { 'tls-server-name': 'api-server.test' },
    user: { token: 't' },
    kubectl: bearer('t'),
  },
  { name: 'a plugin', user: { exec }, kubectl: bearer('from-plugin'), runs: true },
  { name: 'a plugin beside a token', user: { exec, token: 't' }, kubectl: bearer('t') },
  { name: 'a plugin beside a token file', user: { exec, tokenFile: 'token' }, kubectl: bearer('from-file') },
  {
    name: 'a plugin beside a password',
    user: { exec, username: 'u', password: 'p' },
    kubectl: { authorization: ['Basic dTpw'] },
  },
  {
    name: 'a plugin beside a provider',
    user: { exec, 'auth-provider': { name: 'oidc' } },
    kubectl: 'error: authProvider cannot be provided in combination with an exec plugin for u',
    ours: /has a credential plugin \(exec\) and an auth-provider/,
  },
  {
    name: 'a plugin of a version that was removed',
    user: { exec: { ...exec, apiVersion: 'client.authentication.k8s.io/v1alpha1' } },
    kubectl: 'error: exec plugin: invalid apiVersion "client.authentication.k8s.io/v1alpha1"',
    ours: /speaks client\.authentication\.k8s\.io\/v1alpha1, which no client does any longer/,
  },
  {
    name: 'a plugin without a version',
    user: { exec: { command: './plugin.sh' } },
    kubectl: 'error: apiVersion must be specified for u to use exec authentication plugin',
    ours: /has no apiVersion/,
  },
  {
    name: 'a plugin without a command',
    user: { exec: { ...exec, command: undefined } },
    kubectl: 'error: command must be specified for u to use exec authentication plugin',
    ours: /has no command/,
  },
  {
    name: 'a plugin without a mode',
    user: { exec: { ...exec, interactiveMode: undefined } },
    kubectl: 'error: interactiveMode must be specified for u to use exec authentication plugin',
    ours: /has no interactiveMode/,
  },
  {
    name: 'a plugin that needs a terminal',
    user: { exec: { ...exec, interactiveMode: 'Always' } },
    kubectl:
      'Unable to connect to the server: getting credentials: exec plugin cannot support interactive mode: standard input is not a terminal',
    ours: /needs a terminal \(interactiveMode: Always\)/,
  },
  {
    name: 'a plugin that answers in another version',
    user: { exec: { ...exec, apiVersion: 'client.authentication.k8s.io/v1beta1' } },
    kubectl:
      'Unable to connect to the server: getting credentials: exec plugin is configured to use API version client.authentication.k8s.io/v1beta1, plugin returned version client.authentication.k8s.io/v1',
    ours: /answered in client\.authentication\.k8s\.io\/v1, and the kubeconfig says client\.authentication\.k8s\.io\/v1beta1/,
    runs: true,
  },
  {
    name: 'a certificate without a key',
    user: { 'client-certificate-data': 'eA==' },
    kubectl: 'error: client-key-data or client-key must be specified for u to use the clientCert authentication method.',
    ours: /has a client certificate and no key/,
  },
  {
    name: 'a server that is no URL of the web',
    cluster: { server: 'ftp://127.0.0.1:9' },
    user: { token: 't' },
    kubectl: 'Unable to connect to the server: unsupported protocol scheme "ftp"',
    ours: /is no http or https URL/,
  },
];
