import { packetsOf } from '../../kube/flow/counters.ts';
import { setting } from '../../node/look-ups/sysctl.ts';
import { atOnce, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import type { Subject } from '../subject.ts';

/** Packets of no connection that conntrack knows: kube-proxy drops them, as their sender would be answered with a reset. Nothing wrong by itself. */
export const invalidDropped: NodeFinding = { codes: {}, look: atOnce(look) };

function look(subject: Subject): Looked {
  const { ruleset, place, facts } = subject;
  for (const table of ruleset.tables) {
    const chain = table.name === 'filter' ? table.chains.get('KUBE-FORWARD') : undefined;
    const line = chain?.rules.find((each) => {
      const { text, target } = ruleset.lines.at(each) ?? { text: '', target: '' };
      return target === 'DROP' && text.includes('--ctstate INVALID ');
    });
    const packets = line === undefined ? null : packetsOf(ruleset, line);
    if (line === undefined || packets === null || packets === 0) continue;
    const { file, line: at } = place(line);
    const liberal = setting(facts, 'net.netfilter.nf_conntrack_tcp_be_liberal')?.value === 1;
    const advice = liberal
      ? ''
      : ' Where many are dropped and connections hang, packets come out of order or late: net.netfilter.nf_conntrack_tcp_be_liberal=1 takes them all the same.';
    return {
      ...nothing,
      fine: [
        `${packets} packets that belong to no connection conntrack knows (INVALID) were dropped by KUBE-FORWARD (${file}, line ${at}): without that rule they would leave with the endpoint's address, and clients would see "connection reset by peer".${advice}`,
      ],
    };
  }
  return nothing;
}
