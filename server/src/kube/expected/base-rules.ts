/** The rules that kube-proxy writes whatever Services there are (pkg/proxy/iptables/proxier.go: iptablesJumpChains, syncProxyRules). */
import { isLoopbackIP } from '../../base/ip.ts';
import type { ProxyOptions } from '../proxy/options.ts';
import { versionTraits } from '../proxy/version.ts';
import { hostNetwork } from './port-rules.ts';
import type { ExpectedRule } from './rule.ts';

type Table = ExpectedRule['table'];

/** kube-proxy's chains that are there whatever Services there are, by table. */
export function baseChains({ version }: ProxyOptions): Readonly<Record<Table, readonly string[]>> {
  const { marksDrops, writesLocalnetRule } = versionTraits(version);
  return {
    filter: [
      'KUBE-EXTERNAL-SERVICES',
      ...(writesLocalnetRule ? ['KUBE-FIREWALL'] : []),
      'KUBE-FORWARD',
      'KUBE-NODEPORTS',
      'KUBE-PROXY-CANARY',
      ...(marksDrops ? [] : ['KUBE-PROXY-FIREWALL']),
      'KUBE-SERVICES',
    ],
    nat: [
      ...(marksDrops ? ['KUBE-MARK-DROP'] : []),
      'KUBE-MARK-MASQ',
      'KUBE-NODEPORTS',
      'KUBE-POSTROUTING',
      'KUBE-PROXY-CANARY',
      'KUBE-SERVICES',
    ],
  };
}

/** "0x4000", as iptables prints marks. */
function mark(value: number): string {
  return `0x${value.toString(16)}`;
}

/** The base rules but the one that must stand last in KUBE-SERVICES, each chain's in order. */
export function baseRules(options: ProxyOptions): readonly ExpectedRule[] {
  const traits = versionTraits(options.version);
  const rules: ExpectedRule[] = [];
  const write = (table: Table, chain: string, before: string, comment: string, tail: string): void => {
    rules.push({ table, chain, head: `-A ${chain}${before}`, comment, tail, port: null, purpose: null });
  };
  const jump = (table: Table, from: string, before: string, comment: string, to: string): void =>
    write(table, from, before, comment, ` -j ${to}`);

  const opening = ' -m conntrack --ctstate NEW';
  const firewall = 'kubernetes load balancer firewall';
  const portals = 'kubernetes service portals';
  const external = 'kubernetes externally-visible service portals';
  // Each jump is put before those that are there, so the last one of the source's list comes first.
  if (traits.writesLocalnetRule) jump('filter', 'INPUT', '', '', 'KUBE-FIREWALL');
  if (!traits.marksDrops) jump('filter', 'INPUT', opening, firewall, 'KUBE-PROXY-FIREWALL');
  jump('filter', 'INPUT', '', 'kubernetes health check service ports', 'KUBE-NODEPORTS');
  jump('filter', 'INPUT', opening, external, 'KUBE-EXTERNAL-SERVICES');
  if (!traits.marksDrops) jump('filter', 'FORWARD', opening, firewall, 'KUBE-PROXY-FIREWALL');
  jump('filter', 'FORWARD', '', 'kubernetes forwarding rules', 'KUBE-FORWARD');
  jump('filter', 'FORWARD', opening, portals, 'KUBE-SERVICES');
  jump('filter', 'FORWARD', opening, external, 'KUBE-EXTERNAL-SERVICES');
  if (traits.writesLocalnetRule) jump('filter', 'OUTPUT', '', '', 'KUBE-FIREWALL');
  if (!traits.marksDrops) jump('filter', 'OUTPUT', opening, firewall, 'KUBE-PROXY-FIREWALL');
  jump('filter', 'OUTPUT', opening, portals, 'KUBE-SERVICES');
  jump('nat', 'PREROUTING', '', portals, 'KUBE-SERVICES');
  jump('nat', 'OUTPUT', '', portals, 'KUBE-SERVICES');
  jump('nat', 'POSTROUTING', '', 'kubernetes postrouting rules', 'KUBE-POSTROUTING');

  if (traits.writesLocalnetRule && options.family === 'ipv4' && options.localhostNodePorts) {
    const elsewhere = ' ! -s 127.0.0.0/8 -d 127.0.0.0/8';
    const known = ' -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP';
    write('filter', 'KUBE-FIREWALL', elsewhere, 'block incoming localnet connections', known);
  }
  if (options.dropsInvalid) {
    const counted = options.nfacct ? ' -m nfacct --nfacct-name  ct_state_invalid_dropped_pkts' : '';
    write('filter', 'KUBE-FORWARD', ' -m conntrack --ctstate INVALID', '', `${counted} -j DROP`);
  }
  const value = mark(options.masqueradeMark);
  const marked = ` -m mark --mark ${value}/${value} -j ACCEPT`;
  write('filter', 'KUBE-FORWARD', '', 'kubernetes forwarding rules', marked);
  const answers = ' -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
  write('filter', 'KUBE-FORWARD', '', 'kubernetes forwarding conntrack rule', answers);

  write('nat', 'KUBE-MARK-MASQ', '', '', ` -j MARK --set-xmark ${value}/${value}`);
  write('nat', 'KUBE-POSTROUTING', '', '', ` -m mark ! --mark ${value}/${value} -j RETURN`);
  write('nat', 'KUBE-POSTROUTING', '', '', ` -j MARK --set-xmark ${value}/0x0`);
  const snat = ` -j MASQUERADE${options.randomFully ? ' --random-fully' : ''}`;
  write('nat', 'KUBE-POSTROUTING', '', 'kubernetes service traffic requiring SNAT', snat);
  return rules;
}

/** What leads from KUBE-SERVICES to KUBE-NODEPORTS, behind all rules for Services. */
export function nodePortJumps(options: ProxyOptions): readonly ExpectedRule[] {
  const { sparesLoopback } = versionTraits(options.version);
  const chain = 'KUBE-SERVICES';
  const comment = 'kubernetes service nodeports; NOTE: this must be the last rule in this chain';
  const jump = (before: string, tail: string): ExpectedRule => ({
    table: 'nat',
    chain,
    head: `-A ${chain}${before}`,
    comment,
    tail: `${tail} -j KUBE-NODEPORTS`,
    port: null,
    purpose: null,
  });
  if (options.nodePortAddresses === null) {
    const isIPv6 = options.family === 'ipv6';
    const spared = isIPv6 ? ' ! -d ::1/128' : options.localhostNodePorts ? '' : ' ! -d 127.0.0.0/8';
    return [jump(sparesLoopback ? spared : '', ' -m addrtype --dst-type LOCAL')];
  }
  // Loopback addresses are left out where NodePorts cannot be reached by them.
  const isLeftOut = (ip: string): boolean =>
    sparesLoopback && isLoopbackIP(ip) && (options.family === 'ipv6' || !options.localhostNodePorts);
  return options.nodePortAddresses.filter((ip) => !isLeftOut(ip)).map((ip) => jump(` -d ${hostNetwork(ip)}`, ''));
}
