/** What client-go refuses of a kubeconfig's clusters and users, and with it every kubectl; test/live/kubectl-table.ts has its words. */
import { booleanAt, type Fields, fieldsAt, listAt, objectsAt, textAt, textsAt, valueAt } from '../fields.ts';
import { unsendableIn } from './credential-plugin.ts';

const proxySchemes = ['http:', 'https:', 'socks5:'];

function has(fields: Fields, key: string): boolean {
  return textAt(fields, key) !== '';
}

/** Why a proxy cannot be used, in words that follow its name; empty where it can (client-go, parseProxyURL). */
export function proxyRefusal(url: string): string {
  if (!url.includes('://') || !URL.canParse(url)) return 'is no URL';
  const { protocol } = new URL(url);
  return proxySchemes.includes(protocol) ? '' : `has the scheme "${protocol.slice(0, -1)}", and must have http, https or socks5`;
}

/** Why a cluster's entry cannot be used, in a sentence; empty where it can (client-go, validateClusterInfo and TLSConfigFor). */
export function clusterRefusal(name: string, cluster: Fields): string {
  const authority = ['certificate-authority', 'certificate-authority-data'].filter((key) => has(cluster, key));
  if (authority.length > 1) return `Cluster "${name}" has both certificate-authority and certificate-authority-data.`;
  if (authority.length > 0 && booleanAt(cluster, 'insecure-skip-tls-verify') === true) {
    return `Cluster "${name}" has insecure-skip-tls-verify beside a certificate authority: one contradicts the other.`;
  }
  const data = textAt(cluster, 'certificate-authority-data');
  if (data !== '' && !isPem(data)) return `The certificate-authority-data of cluster "${name}" holds no certificate (PEM).`;
  const proxy = textAt(cluster, 'proxy-url');
  const why = proxy === '' ? '' : proxyRefusal(proxy);
  return why === '' ? '' : `The proxy-url of cluster "${name}" ${why}.`;
}

function isPem(base64: string): boolean {
  return Buffer.from(base64, 'base64').toString('latin1').includes('-----BEGIN ');
}

/** Providers that client-go once had, and what to use instead. */
const removedProviders: Readonly<Record<string, string>> = {
  gcp: 'Use the credential plugin gke-gcloud-auth-plugin ("gcloud container clusters get-credentials" writes the entry).',
  azure: 'Use the credential plugin kubelogin ("kubelogin convert-kubeconfig" rewrites the entry).',
  openstack: 'Use the credential plugin client-keystone-auth.',
};

function providerRefusal(name: string, provider: Fields): string {
  const kind = textAt(provider, 'name');
  if (kind === '') return '';
  const instead = removedProviders[kind];
  if (Object.hasOwn(removedProviders, kind) && instead !== undefined) {
    return `The auth-provider "${kind}" of user "${name}" was removed from Kubernetes' clients. ${instead}`;
  }
  if (kind !== 'oidc') return `User "${name}" has the auth-provider "${kind}", which there is none of.`;
  const config = fieldsAt(provider, 'config');
  const missing = ['idp-issuer-url', 'client-id'].find((key) => !has(config, key));
  return missing === undefined ? '' : `The auth-provider "oidc" of user "${name}" has no ${missing}.`;
}

export const execVersions = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

function execRefusal(name: string, exec: Fields): string {
  const version = textAt(exec, 'apiVersion');
  const mode = textAt(exec, 'interactiveMode');
  if (!has(exec, 'command')) return `The credential plugin of user "${name}" has no command.`;
  if (version === '') return `The credential plugin of user "${name}" has no apiVersion.`;
  if (!execVersions.includes(version)) {
    return `The credential plugin of user "${name}" speaks ${version}, which no client does any longer; there are v1 and v1beta1 of it.`;
  }
  const variables = objectsAt(exec, 'env').map((entry) => [textAt(entry, 'name'), textAt(entry, 'value')]);
  if (variables.some(([variable]) => variable === ''))
    return `The credential plugin of user "${name}" is given a variable without a name (env).`;
  if ([...variables.flat(), ...textsAt(exec, 'args')].some((text) => text.includes('\0')))
    return `The credential plugin of user "${name}" is given a NUL, which no program can be given (env, args).`;
  if (mode === '' && version === execVersions[0]) return `The credential plugin of user "${name}" has no interactiveMode.`;
  return ['', 'Never', 'IfAvailable', 'Always'].includes(mode)
    ? ''
    : `The interactiveMode of the credential plugin of user "${name}" is none: ${mode}.`;
}

function isSet(user: Fields, key: string): boolean {
  return Object.keys(fieldsAt(user, key)).length > 0;
}

/** Why a user's entry cannot be used, in a sentence; empty where it can (client-go, validateAuthInfo). */
export function userRefusal(name: string, user: Fields): string {
  for (const what of ['client-certificate', 'client-key']) {
    if (has(user, what) && has(user, `${what}-data`)) return `User "${name}" has both ${what} and ${what}-data.`;
  }
  const hasCertificate = has(user, 'client-certificate') || has(user, 'client-certificate-data');
  const hasKey = has(user, 'client-key') || has(user, 'client-key-data');
  if (hasCertificate && !hasKey) return `User "${name}" has a client certificate and no key to it.`;
  if (has(user, 'token') && (has(user, 'username') || has(user, 'password'))) {
    return `User "${name}" has a token and a password: only one of them can be sent.`;
  }
  const unsendable = unsendableIn(textAt(user, 'token'));
  if (unsendable !== '') return `The token of user "${name}" holds ${unsendable}, which cannot be sent.`;
  if (isSet(user, 'exec')) {
    if (isSet(user, 'auth-provider')) return `User "${name}" has a credential plugin (exec) and an auth-provider.`;
    const refusal = execRefusal(name, fieldsAt(user, 'exec'));
    if (refusal !== '') return refusal;
  }
  return providerRefusal(name, fieldsAt(user, 'auth-provider')) || impersonationRefusal(name, user);
}

/** Nobody else's rights are asked for by halves: what cannot be sent is refused, as with less of it other rights would be shown. */
function impersonationRefusal(name: string, user: Fields): string {
  const groups = valueAt(user, 'as-groups') ?? [];
  const extra = valueAt(user, 'as-user-extra') ?? {};
  const isList = Array.isArray(groups) && textsAt(user, 'as-groups').length === groups.length;
  if (!isList) return `The as-groups of user "${name}" are no list of names.`;
  const extras = Object.entries(fieldsAt(user, 'as-user-extra'));
  const isMap =
    typeof extra === 'object' &&
    !Array.isArray(extra) &&
    extras.every(
      ([key]) => textsAt(fieldsAt(user, 'as-user-extra'), key).length === listAt(fieldsAt(user, 'as-user-extra'), key).length,
    );
  if (!isMap) return `The as-user-extra of user "${name}" is no mapping of names to lists.`;
  if (!has(user, 'as') && (has(user, 'as-uid') || groups.length > 0 || extras.length > 0)) {
    return `User "${name}" asks for another's uid, groups or extra without saying whose (as).`;
  }
  const values = [textAt(user, 'as'), textAt(user, 'as-uid'), ...textsAt(user, 'as-groups')];
  const extraValues = extras.flatMap(([key]) => textsAt(fieldsAt(user, 'as-user-extra'), key));
  return [...values, ...extraValues].some((text) => /(?!\t)\p{Cc}/u.test(text))
    ? `User "${name}" asks for another's rights (as) by a name with a control character, which cannot be sent.`
    : '';
}

/** A key of as-user-extra within a header's name (client-go, headerKeyEscape). */
function headerKey(key: string): string {
  return Array.from(Buffer.from(key), (byte) => {
    const character = String.fromCharCode(byte);
    return /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }).join('');
}

/** Headers carry bytes; Go sends the UTF-8 of a name. */
function headerValue(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The headers that ask for another user's rights (as, as-uid, as-groups, as-user-extra). */
export function impersonationHeaders(user: Fields): Readonly<Record<string, string | string[]>> {
  if (!has(user, 'as')) return {};
  const groups = textsAt(user, 'as-groups').map(headerValue);
  const extra = fieldsAt(user, 'as-user-extra');
  return {
    'Impersonate-User': headerValue(textAt(user, 'as')),
    ...(has(user, 'as-uid') ? { 'Impersonate-Uid': headerValue(textAt(user, 'as-uid')) } : {}),
    ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }),
    ...Object.fromEntries(
      Object.keys(extra).map((key) => [`Impersonate-Extra-${headerKey(key)}`, textsAt(extra, key).map(headerValue)]),
    ),
  };
}
