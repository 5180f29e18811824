import type { NftPacket } from '../../server/src/node/look-ups/nft-conditions.ts';

/** The first packet of a Pod's connection to another Pod, as nftables sees it where the node hands it on. */
export const forwardedPacket: NftPacket = {
  hook: 'forward',
  layer: 'network',
  source: '10.42.0.30',
  destination: '10.42.1.9',
  protocol: 'tcp',
  sport: 41000,
  dport: 8080,
  in: 'cni0',
  out: 'eth0',
  state: 'new',
  isTranslated: true,
  mark: 0,
  flags: 2,
};
