/** The target TRACE. Source: iptables-extensions(8) and libxt_TRACE.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';

import { faultOf } from '../../values/values.ts';

export const traceTarget: ExtensionData = {
  name: 'TRACE',
  help: 'Reports every rule that the packet meets. The nft back end takes it in any table.',
  options: [],
  kernelCheck: ({ table }) =>
    table === undefined || table === 'raw'
      ? undefined
      : faultOf('legacy', 'wrong-table', 'the kernel takes TRACE in the table raw only'),
};
