import { describe, expect, it } from 'vitest';
import { diagnosed, withChanges } from '../support/bundles.ts';
import { healthy, nodePort } from './bundle-changes.ts';

const lastRule = '-m addrtype --dst-type LOCAL -j KUBE-NODEPORTS';
const hook = /^.*-A PREROUTING .*-j KUBE-SERVICES\n/m;

/** What is said of a NodePort whose rules are passed over, with the dump changed. */
function said(change: (text: string) => string): string {
  const [from, to] = nodePort;
  const { causes } = diagnosed(withChanges(healthy, { 'iptables-save.txt': change }), { from, to });
  return causes.find(({ code }) => code === 'service-passed-over')?.message ?? '';
}

describe('rules of a NodePort that its packets pass over', () => {
  it('are for other addresses of the node, where the jump to them names some', () => {
    const message = said((text) => text.replace(lastRule, '-d 172.18.0.99/32 -j KUBE-NODEPORTS'));
    expect(message).toContain('the jump to KUBE-NODEPORTS is for other addresses of the node alone (nodePortAddresses');
  });

  it('are for all addresses, where the jump leaves out loopback alone: something else is wrong', () => {
    const message = said((text) => text.replace(lastRule, `! -d 127.0.0.0/8 ${lastRule}`).replace(hook, ''));
    expect(message).toContain('no rule of PREROUTING leads this packet to KUBE-SERVICES');
  });
});
