/** What the matches of protocols with ports have in common. */
import type { ListedOption } from '../../extension.ts';
import { anyWord, listedAs } from './listed.ts';

/** "tcp spts:1:2 dpt:!80" */
export const listedPorts: readonly ListedOption[] = [
  listedAs('--source-port', `spts?:~${anyWord}`),
  listedAs('--destination-port', `dpts?:~${anyWord}`),
];
