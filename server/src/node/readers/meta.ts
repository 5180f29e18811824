/** What a bundle says of itself: meta.json. */
import { fieldsOfJson, textAt, timeAt } from '../../cluster/fields.ts';
import type { BundleMeta } from '../records.ts';

/** The bundle's own facts; undefined for a text that is no JSON object. Never throws. */
export function readMeta(file: string, text: string): BundleMeta | undefined {
  const fields = fieldsOfJson(text);
  if (fields === undefined) return undefined;
  return {
    file,
    node: textAt(fields, 'node'),
    time: timeAt(fields, 'time'),
    kernel: textAt(fields, 'kernel'),
    iptables: textAt(fields, 'iptables'),
    proxyVersion: textAt(fields, 'kubeProxy'),
    proxyMode: textAt(fields, 'kubeProxyMode').toLowerCase(),
  };
}
