import { describe, expect, it } from 'vitest';
import { isNeverJumpedTo, roleInfo, roleOf } from '../../server/src/kube/identity/roles.ts';
import { rulesetFrom } from '../support/dumps.ts';
import { fixtureNames, fixturePath } from '../support/fixtures.ts';

describe('the role of a chain', () => {
  it.each([
    ['nat', 'KUBE-SERVICES', 'services'],
    ['filter', 'KUBE-SERVICES', 'services'],
    ['nat', 'KUBE-NODEPORTS', 'nodeports'],
    ['filter', 'KUBE-EXTERNAL-SERVICES', 'external-services'],
    ['nat', 'KUBE-SVC-TCOU7JCQXEZGVUNU', 'service'],
    ['nat', 'KUBE-SVC-XXXX', 'service'],
    ['nat', 'KUBE-SVL-S6GYCJULEJ2HSKT7', 'service-local'],
    ['nat', 'KUBE-EXT-S6GYCJULEJ2HSKT7', 'external'],
    ['nat', 'KUBE-FW-S6GYCJULEJ2HSKT7', 'firewall'],
    ['nat', 'KUBE-XLB-S6GYCJULEJ2HSKT7', 'xlb'],
    ['nat', 'KUBE-SEP-LGKJGPHTANOQUJ7I', 'endpoint'],
    ['nat', 'KUBE-MARK-MASQ', 'mark-masq'],
    ['nat', 'KUBE-MARK-DROP', 'mark-drop'],
    ['nat', 'KUBE-POSTROUTING', 'postrouting'],
    ['filter', 'KUBE-FORWARD', 'forward'],
    ['filter', 'KUBE-PROXY-FIREWALL', 'proxy-firewall'],
    ['filter', 'KUBE-FIREWALL', 'kubelet-firewall'],
    ['nat', 'KUBE-FIREWALL', 'proxy-firewall'],
    ['mangle', 'KUBE-PROXY-CANARY', 'canary'],
    ['mangle', 'KUBE-KUBELET-CANARY', 'canary'],
    ['mangle', 'KUBE-IPTABLES-HINT', 'hint'],
    ['nat', 'CNI-HOSTPORT-DNAT', 'cni-hostport'],
    ['nat', 'CNI-DN-2f1b3c4d5e6f708192a3b', 'cni-hostport'],
    ['nat', 'CNI-0123456789abcdef01234567', 'cni'],
    ['nat', 'FLANNEL-POSTRTG', 'cni'],
    ['filter', 'cali-fw-cali12345678901', 'cni'],
    ['nat', 'CILIUM_POST_nat', 'cni'],
    ['nat', 'IP-MASQ-AGENT', 'cni'],
    ['filter', 'DOCKER-USER', 'docker'],
    ['filter', 'DOCKER-ISOLATION-STAGE-1', 'docker'],
    ['filter', 'my-chain', 'user'],
    ['filter', 'constructor', 'user'],
    ['filter', 'KUBE-SVC-', 'user'],
  ])('%s %s is %s', (table, name, role) => {
    expect(roleOf(table, name, false)).toBe(role);
  });

  it('comes with an explanation and a link, for every chain that somebody is known to write', () => {
    expect(roleInfo('nat', 'KUBE-SEP-LGKJGPHTANOQUJ7I', false)).toMatchObject({
      owner: 'kube-proxy',
      explanation: expect.stringContaining('One endpoint'),
      url: expect.stringMatching(/^https:/),
    });
    expect(roleInfo('nat', 'PREROUTING', true)).toMatchObject({
      role: 'builtin',
      explanation: expect.stringContaining('come in'),
    });
    expect(roleInfo('nat', 'my-chain', false).explanation).toBe('');
  });

  it('tells the same name in two tables apart', () => {
    expect(roleInfo('nat', 'KUBE-NODEPORTS', false).explanation).toContain('NodePort');
    expect(roleInfo('filter', 'KUBE-NODEPORTS', false).explanation).toContain('health check');
  });

  it('knows the chains that are never jumped to', () => {
    expect(['KUBE-PROXY-CANARY', 'KUBE-KUBELET-CANARY', 'KUBE-IPTABLES-HINT'].every(isNeverJumpedTo)).toBe(true);
    expect(['KUBE-SERVICES', 'toString', 'my-canary'].some(isNeverJumpedTo)).toBe(false);
  });
});

describe('every chain that these are known to make', () => {
  it.each([
    [
      'kube-proxy',
      'nat KUBE-SERVICES, nat KUBE-NODEPORTS, nat KUBE-POSTROUTING, nat KUBE-MARK-MASQ, nat KUBE-PROXY-CANARY, nat KUBE-SVC-ERIFXISQEP7F7OF4, nat KUBE-SVL-ERIFXISQEP7F7OF4, nat KUBE-EXT-ERIFXISQEP7F7OF4, nat KUBE-FW-ERIFXISQEP7F7OF4, nat KUBE-XLB-ERIFXISQEP7F7OF4, nat KUBE-SEP-ERIFXISQEP7F7OF4, filter KUBE-SERVICES, filter KUBE-EXTERNAL-SERVICES, filter KUBE-NODEPORTS, filter KUBE-FORWARD, filter KUBE-PROXY-FIREWALL, mangle KUBE-PROXY-CANARY, nat KUBE-LOAD-BALANCER, nat KUBE-NODE-PORT, nat KUBE-FIREWALL, filter KUBE-NODE-PORT, filter KUBE-SOURCE-RANGES-FIREWALL, filter KUBE-IPVS-FILTER, filter KUBE-IPVS-OUT-FILTER, nat KUBE-PORTALS-CONTAINER, nat KUBE-PORTALS-HOST, nat KUBE-NODEPORT-CONTAINER, nat KUBE-NODEPORT-HOST, filter KUBE-NODEPORT-NON-LOCAL',
    ],
    [
      'kubelet',
      'nat KUBE-MARK-DROP, filter KUBE-FIREWALL, mangle KUBE-IPTABLES-HINT, mangle KUBE-KUBELET-CANARY, filter KUBE-KUBELET-CANARY',
    ],
    [
      'CNI portmap',
      'nat CNI-HOSTPORT-DNAT, nat CNI-HOSTPORT-SETMARK, nat CNI-HOSTPORT-MASQ, nat CNI-HOSTPORT-SNAT, nat CNI-DN-2f1b3c4d5e6f708192a3b, nat CNI-SN-2f1b3c4d5e6f708192a3b',
    ],
    [
      'CNI',
      'nat CNI-0123456789abcdef01234567, filter CNI-FORWARD, filter CNI-ADMIN, filter CNI-ISOLATION-STAGE-1, filter CNI-ISOLATION-STAGE-2',
    ],
    ['flannel', 'nat FLANNEL-POSTRTG, filter FLANNEL-FWD'],
    [
      'Calico',
      'filter cali-INPUT, filter cali-OUTPUT, filter cali-FORWARD, nat cali-PREROUTING, nat cali-POSTROUTING, nat cali-OUTPUT, nat cali-nat-outgoing, nat cali-fip-dnat, nat cali-fip-snat, filter cali-from-wl-dispatch, filter cali-from-wl-dispatch-1, filter cali-to-wl-dispatch, filter cali-wl-to-host, filter cali-fw-cali12345678901, filter cali-tw-cali12345678901, filter cali-pi-_Y0aBcDeFgHiJkLmNoPqR, filter cali-po-_Y0aBcDeFgHiJkLmNoPqR, filter cali-pri-kns.default, filter cali-pro-kns.default, filter cali-cidr-block, filter cali-from-hep-forward, filter cali-to-hep-forward, filter cali-from-host-endpoint, filter cali-to-host-endpoint, filter cali-fh-eth0, filter cali-th-eth0, filter cali-failsafe-in, filter cali-failsafe-out, raw cali-rpf-skip, filter cali-set-endpoint-mark, filter felix-INPUT',
    ],
    [
      'Cilium',
      'filter CILIUM_INPUT, filter CILIUM_OUTPUT, filter CILIUM_FORWARD, nat CILIUM_PRE_nat, nat CILIUM_POST_nat, nat CILIUM_OUTPUT_nat, mangle CILIUM_PRE_mangle, mangle CILIUM_POST_mangle, raw CILIUM_PRE_raw, raw CILIUM_OUTPUT_raw, filter CILIUM_TRANSIENT_FORWARD, nat OLD_CILIUM_POST_nat',
    ],
    [
      'Docker',
      'nat DOCKER, filter DOCKER, filter DOCKER-USER, filter DOCKER-ISOLATION, filter DOCKER-ISOLATION-STAGE-1, filter DOCKER-ISOLATION-STAGE-2, filter DOCKER-FORWARD, filter DOCKER-CT, filter DOCKER-BRIDGE, filter DOCKER-INGRESS, nat DOCKER_OUTPUT, nat DOCKER_POSTROUTING',
    ],
    ['ip-masq-agent', 'nat IP-MASQ-AGENT, nat IP-MASQ'],
  ])('%s has a role, a maker, an explanation and a link', (maker, chains) => {
    for (const chain of chains.split(', ')) {
      const [table = '', name = ''] = chain.split(' ');
      const known = roleInfo(table, name, false);
      expect(known.role, chain).not.toBe('user');
      expect(known.owner, chain).toContain(maker);
      expect(known.explanation, chain).toMatch(/^[A-Z0-9"'a-z].*\.$/);
      // One or two sentences.
      expect(known.explanation.split(/\. (?=[A-Z])/).length, chain).toBeLessThanOrEqual(2);
      expect(known.url, chain).toMatch(/^https:/);
    }
  });

  it('says who made chains that are no role of Kubernetes', () => {
    expect(roleInfo('filter', 'LIBVIRT_INP', false)).toMatchObject({ role: 'user', owner: 'libvirt' });
    expect(roleInfo('filter', 'f2b-sshd', false)).toMatchObject({ role: 'user', owner: 'fail2ban' });
  });
});

describe('the chains of dumps from everywhere', () => {
  it.each(['lab', 'pasted'])('%s: none of a Kubernetes node is unknown', (folder) => {
    let known = 0;
    const unknown = new Set<string>();
    for (const name of fixtureNames(folder).filter((name) => name.endsWith('tables'))) {
      for (const table of rulesetFrom(fixturePath(name)).tables) {
        for (const chain of table.chains.values()) {
          const { role, explanation, url } = roleInfo(table.name, chain.name, chain.builtin);
          if (role === 'user') {
            if (/^(?:KUBE|CNI|cali|felix|FLANNEL|CILIUM|OLD_CILIUM|DOCKER|IP-MASQ)/.test(chain.name)) unknown.add(chain.name);
            continue;
          }
          known += 1;
          expect(explanation, chain.name).not.toBe('');
          expect(url, chain.name).toMatch(/^https:/);
        }
      }
    }
    expect(known).toBeGreaterThan(100);
    // What is left of names that were cut when they were pasted.
    expect([...unknown].filter((name) => !['KUBE-POS', 'KUBE-M', 'KUBE-'].includes(name))).toEqual([]);
  });
});
