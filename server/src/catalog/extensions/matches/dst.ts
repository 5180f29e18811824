/** The match dst. Source: iptables-extensions(8) and libip6t_dst.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { anyWord, listedAs } from '../support/listed.ts';

export const dstMatch: ExtensionData = {
  name: 'dst',
  families: ['ipv6'],
  help: 'The destination options header.',
  options: [
    { long: '--dst-len', value: uint32, negatable: true, help: 'Its length in bytes.' },
    { long: '--dst-opts', value: { type: 'header-options' }, help: 'Its options, each with its length if it matters.' },
  ],
  listed: {
    opening: 'dst',
    options: [listedAs('--dst-len', `length:~${anyWord}`), listedAs('--dst-opts', `opts ${anyWord}`)],
  },
};
