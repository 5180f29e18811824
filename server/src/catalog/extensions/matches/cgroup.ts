/** The match cgroup. Source: iptables-extensions(8) and libxt_cgroup.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { fault } from '../../values/values.ts';
import { hasGiven } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';

export const cgroupMatch: ExtensionData = {
  name: 'cgroup',
  hooks: ['INPUT', 'OUTPUT', 'POSTROUTING'],
  help: 'The control group of the socket that the packet belongs to.',
  options: [
    { long: '--path', value: { type: 'text', max: 511 }, negatable: true, help: 'Its path in cgroup v2, or one above it.' },
    { long: '--cgroup', value: uint32, negatable: true, help: 'Its net_cls class in cgroup v1.' },
  ],
  kernelCheck: (given) => {
    const isPath = hasGiven(given, '--path');
    if (isPath !== hasGiven(given, '--cgroup')) return undefined;
    return isPath
      ? fault('excluded-option', 'the kernel takes a path or a class of cgroup, not both')
      : fault('missing-option', 'the kernel needs a path or a class of cgroup');
  },
  listed: {
    opening: 'cgroup',
    options: [listedAs('--cgroup', '~(\\d+)'), listedAs('--path', '~(/\\S*)')],
  },
};
