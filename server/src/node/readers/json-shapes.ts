/** What `ip -j` and `bridge -j` print under the names that are read. A record with something else there is not understood: what it means is not known. null is what `ip` prints for what it does not know. */
import type { Shape } from '../../cluster/shape.ts';

export const addressShape: Shape = {
  ifname: 'text',
  addr_info: { each: { local: 'text', prefixlen: 'number', scope: 'text', secondary: 'boolean' } },
};

export const linkShape: Shape = {
  ifname: 'text',
  ifindex: 'number',
  mtu: 'number',
  flags: { each: 'text' },
  master: 'text',
  address: 'text',
  link: 'text',
  promiscuity: 'number',
  linkinfo: {
    info_kind: 'text',
    info_slave_kind: 'text',
    info_data: { link: 'text', nf_call_iptables: 'boolean or number', table: 'text or number', port: 'number' },
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
  table: 'text or number',
  prefsrc: 'text',
  metric: 'number',
  flags: { each: 'text' },
  pref: 'text',
  nexthops: { each: hop },
};

export const neighbourShape: Shape = { dst: 'text', dev: 'text', lladdr: 'text', state: { each: 'text' }, probes: 'number' };

export const policyRuleShape: Shape = {
  priority: 'number',
  src: 'text',
  srclen: 'number',
  dst: 'text',
  dstlen: 'number',
  fwmark: 'text or number',
  fwmask: 'text or number',
  iif: 'text',
  oif: 'text',
  ipproto: 'text or number',
  table: 'text or number',
  action: 'text',
  goto: 'text or number',
  suppress_prefixlen: 'number',
};
