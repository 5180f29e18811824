/** How kube-proxy was started, as far as a cluster's objects say: its ConfigMap (KubeProxyConfiguration), or the arguments in its Pod. */
import { CORE_SCHEMA, load } from 'js-yaml';
import { type Fields, fieldsAt, isFields, objectsAt, textAt, textsAt } from './fields.ts';
import type { ProxyConfig } from './objects.ts';

const mostCharacters = 100_000;
const configApi = 'kubeproxy.config.k8s.io/';

/** `mode` of a KubeProxyConfiguration; undefined where the text is none. */
function modeIn(text: string): string | undefined {
  if (text.length > mostCharacters || !text.includes('KubeProxyConfiguration')) return undefined;
  try {
    const value = load(text, { schema: CORE_SCHEMA, json: true, maxAliases: 0 });
    if (!isFields(value) || !textAt(value, 'apiVersion').startsWith(configApi)) return undefined;
    return textAt(value, 'mode').toLowerCase();
  } catch {
    return undefined;
  }
}

function nameOf(object: Fields): string {
  const metadata = fieldsAt(object, 'metadata');
  return `${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}`;
}

/** kube-proxy's configuration in a ConfigMap's data; undefined where it holds none. */
function configOfConfigMap(object: Fields): ProxyConfig | undefined {
  for (const text of Object.values(fieldsAt(object, 'data'))) {
    const mode = typeof text === 'string' ? modeIn(text) : undefined;
    if (mode !== undefined) return { from: `ConfigMap ${nameOf(object)}`, node: '', mode };
  }
  return undefined;
}

/** `--proxy-mode` of a Pod's kube-proxy; undefined where the Pod has none, or does not say. */
function configOfPod(object: Fields): ProxyConfig | undefined {
  const spec = fieldsAt(object, 'spec');
  for (const container of objectsAt(spec, 'containers')) {
    const words = [...textsAt(container, 'command'), ...textsAt(container, 'args')];
    if (!textAt(container, 'name').includes('kube-proxy') && !words.some((word) => /(?:^|\/)kube-proxy$/.test(word))) continue;
    for (const [index, word] of words.entries()) {
      const given = /(?:^|\s)--proxy-mode(?:=|\s+)([a-z]+)/.exec(word)?.[1];
      const mode = given ?? (word === '--proxy-mode' ? words[index + 1] : undefined);
      if (mode !== undefined) return { from: `Pod ${nameOf(object)}`, node: textAt(spec, 'nodeName'), mode: mode.toLowerCase() };
    }
  }
  return undefined;
}

/** What an object of that kind says of how kube-proxy was started; empty where it says nothing. Never throws. */
export function proxyConfigsOf(kind: string, object: Fields): readonly ProxyConfig[] {
  const config = kind === 'ConfigMap' ? configOfConfigMap(object) : kind === 'Pod' ? configOfPod(object) : undefined;
  return config === undefined ? [] : [config];
}
