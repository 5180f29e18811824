/** How kube-proxy was started: its KubeProxyConfiguration as a file. */
import { CORE_SCHEMA, load } from 'js-yaml';
import { booleanAt, fieldsAt, isFields, textAt } from '../../cluster/fields.ts';
import type { ProxyConfiguration } from '../records.ts';

const mostCharacters = 100_000;

/** kube-proxy's configuration; undefined for a text that is none. Never throws. */
export function readProxyConfiguration(file: string, text: string): ProxyConfiguration | undefined {
  if (text.length > mostCharacters) return undefined;
  try {
    const value = load(text, { schema: CORE_SCHEMA, json: true, maxAliases: 0 });
    if (!isFields(value) || textAt(value, 'kind') !== 'KubeProxyConfiguration') return undefined;
    const iptables = fieldsAt(value, 'iptables');
    return {
      file,
      mode: textAt(value, 'mode').toLowerCase(),
      clusterCIDR: textAt(value, 'clusterCIDR'),
      localhostNodePorts: booleanAt(iptables, 'localhostNodePorts') ?? null,
      masqueradeAll: booleanAt(iptables, 'masqueradeAll') ?? null,
    };
  } catch {
    return undefined;
  }
}
