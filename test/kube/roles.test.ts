import { describe, expect, it } from 'vitest';
import { isNeverJumpedTo, roleInfo, roleOf } from '../../server/src/kube/roles.ts';

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
