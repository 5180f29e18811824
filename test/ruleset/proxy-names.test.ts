/** Which of kube-proxy's chains a name is of: all letters of it count, and the dash behind them. */
import { describe, expect, it } from 'vitest';
import { endpoint, external, notOfProxy, ofProxy, proxyNames, service } from '../../server/src/ruleset/proxy-names.ts';
import { rulesetOf } from '../support/dumps.ts';

describe('the name of a chain', () => {
  it.each<readonly [name: string, said: number]>([
    ['KUBE-SVC-NPX46M4PTMTKRN6Y', service],
    ['KUBE-SVL-NPX46M4PTMTKRN6Y', service],
    ['KUBE-SEP-IAZPHGLZVO2SWOVD', endpoint],
    ['KUBE-EXT-NPX46M4PTMTKRN6Y', external],
    ['KUBE-XLB-NPX46M4PTMTKRN6Y', external],
    ['KUBE-FW-NPX46M4PTMTKRN6Y', external],
    ['KUBE-SERVICES', ofProxy],
    ['KUBE-SEPARATE', ofProxy],
    ['KUBE-SVC', ofProxy],
    ['KUBE-FWD', ofProxy],
    // One letter is another.
    ['KUBE-AVC-X', ofProxy],
    ['KUBE-SAC-X', ofProxy],
    ['KUBE-SVA-X', ofProxy],
    ['KUBE-AEP-X', ofProxy],
    ['KUBE-SAP-X', ofProxy],
    ['KUBE-MARK-MASQ', ofProxy],
    ['KUBE', notOfProxy],
    ['XKUBE-SVC-X', notOfProxy],
    ['CNI-SVC-X', notOfProxy],
  ])('%s', (name, said) => {
    const { chains } = rulesetOf(`*nat\n:${name} - [0:0]\nCOMMIT\n`).tables[0] ?? expect.fail();
    expect(Array.from(proxyNames(chains))).toEqual([said]);
  });
});
