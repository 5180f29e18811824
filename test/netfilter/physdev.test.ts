import { describe, expect, it } from 'vitest';
import type { BridgePorts } from '../../server/src/netfilter/answer.ts';
import { enumerate } from './support.ts';

/** What becomes of a packet where FORWARD drops what a rule with -m physdev matches: its outcomes, the likely one first. */
function fates(options: string, ports: BridgePorts | undefined): string {
  const rules = `*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m physdev ${options} -j DROP\nCOMMIT\n`;
  const { outcomes } = enumerate(rules, {}, { isLocal: () => false, bridgePorts: () => ports });
  return outcomes.map(({ verdict }) => verdict).join(' or ');
}

describe('-m physdev', () => {
  // As physdev_mt of the kernel has it (net/netfilter/xt_physdev.c).
  const routed: BridgePorts = { in: 'veth1', out: null, all: [], isBridged: false };
  const bridged: BridgePorts = { in: 'veth1', out: 'veth2', all: [], isBridged: true };

  it.each([
    ['--physdev-in veth1', routed, 'drop'],
    ['--physdev-in veth2', routed, 'accept'],
    ['--physdev-in veth', routed, 'accept'],
    ['--physdev-in veth+', routed, 'drop'],
    ['--physdev-in eth+', routed, 'accept'],
    ['! --physdev-in veth1', routed, 'accept'],
    ['! --physdev-in veth2', routed, 'drop'],
    ['--physdev-out veth2', bridged, 'drop'],
    ['--physdev-out veth1', bridged, 'accept'],
    ['! --physdev-out veth1', bridged, 'drop'],
    ['--physdev-is-in', routed, 'drop'],
    ['! --physdev-is-in', routed, 'accept'],
    ['--physdev-is-bridged', bridged, 'drop'],
    ['--physdev-is-bridged', routed, 'accept'],
    ['! --physdev-is-bridged', routed, 'drop'],
    // By which port it leaves is not known of what is routed.
    ['--physdev-out veth2', routed, 'accept or drop'],
  ])('%s of a packet with the ports %o: %s', (options, ports, fate) => {
    expect(fates(options, ports)).toBe(fate);
  });

  it.each([
    ['--physdev-in veth1', 'accept'],
    ['! --physdev-in veth1', 'drop'],
    ['--physdev-is-in', 'accept'],
    ['! --physdev-is-bridged', 'drop'],
  ])('%s of a packet that crosses no bridge: %s', (options, fate) => {
    expect(fates(options, undefined)).toBe(fate);
  });
});
