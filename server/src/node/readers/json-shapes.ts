/** What `ip -j` and `bridge -j` print under the names that are read. A record with something else there is not understood: what it means is not known. */
import { type Fields, isFields, valueAt } from '../../cluster/fields.ts';

/** `word`: text or a number; `switch`: a truth value or a number; a shape: an object with such values; a list of one: a list of such. */
type Kind = 'text' | 'number' | 'boolean' | 'word' | 'switch' | Shape | readonly [Kind];
interface Shape {
  readonly [key: string]: Kind;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** What counts nothing below 0, or in parts. */
function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}

function isOfKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'text':
      return isText(value);
    case 'number':
      return isCount(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'word':
      return isText(value) || isCount(value);
    case 'switch':
      return typeof value === 'boolean' || isCount(value);
    default:
      break;
  }
  if (Array.isArray(kind)) return Array.isArray(value) && value.every((each) => isOfKind(each, kind[0]));
  return isFields(value) && isShaped(value, kind as Shape);
}

/** Whether all that a record has under the names of a shape is of the right kind. What is absent, or null as `ip` prints it for what it does not know, is. */
export function isShaped(fields: Fields, shape: Shape): boolean {
  return Object.entries(shape).every(([key, kind]) => {
    const value = valueAt(fields, key);
    return value === undefined || value === null || isOfKind(value, kind);
  });
}

export const addressShape: Shape = {
  ifname: 'text',
  addr_info: [{ local: 'text', prefixlen: 'number', scope: 'text', secondary: 'boolean' }],
};

export const linkShape: Shape = {
  ifname: 'text',
  ifindex: 'number',
  mtu: 'number',
  flags: ['text'],
  master: 'text',
  address: 'text',
  link: 'text',
  promiscuity: 'number',
  linkinfo: {
    info_kind: 'text',
    info_slave_kind: 'text',
    info_data: { link: 'text', nf_call_iptables: 'switch', table: 'word', port: 'number' },
    info_slave_data: { hairpin: 'boolean', isolated: 'boolean' },
  },
};

export const bridgePortShape: Shape = {
  ifname: 'text',
  master: 'text',
  state: 'text',
  hairpin: 'boolean',
  isolated: 'boolean',
  locked: 'boolean',
};

export const forwardingShape: Shape = { mac: 'text', ifname: 'text', dst: 'text' };

const hop: Shape = { dev: 'text', gateway: 'text', via: { host: 'text' } };

export const routeShape: Shape = {
  ...hop,
  dst: 'text',
  type: 'text',
  table: 'word',
  prefsrc: 'text',
  metric: 'number',
  flags: ['text'],
  pref: 'text',
  nexthops: [hop],
};

export const neighbourShape: Shape = { dst: 'text', dev: 'text', lladdr: 'text', state: ['text'], probes: 'number' };

export const policyRuleShape: Shape = {
  priority: 'number',
  src: 'text',
  srclen: 'number',
  dst: 'text',
  dstlen: 'number',
  fwmark: 'word',
  fwmask: 'word',
  iif: 'text',
  oif: 'text',
  ipproto: 'word',
  table: 'word',
  action: 'text',
  goto: 'word',
  suppress_prefixlen: 'number',
};
