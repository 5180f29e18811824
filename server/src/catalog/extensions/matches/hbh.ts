/** The match hbh. Source: iptables-extensions(8) and libip6t_hbh.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const hbhMatch: ExtensionData = {
  name: 'hbh',
  families: ['ipv6'],
  help: 'The hop-by-hop options header.',
  options: [
    { long: '--hbh-len', value: uint32, negatable: true, help: 'Its length in bytes.' },
    { long: '--hbh-opts', value: { type: 'header-options' }, help: 'Its options, each with its length if it matters.' },
  ],
  listed: {
    opening: 'hbh',
    options: [listedAs('--hbh-len', `length:~${anyWord}`), listedAs('--hbh-opts', `opts ${anyWord}`)],
  },
};
