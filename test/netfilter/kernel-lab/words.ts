/** A disagreement with the kernel in words: the packet, both ways, and the rule where they part. */
import type { Ruleset } from '../../../server/src/ruleset/ruleset.ts';
import { ruleText } from '../../../server/src/syntax/saved-layout.ts';
import { difference, type Followed, kernelPath, ourPath, type Sent } from './fresh.ts';
import type { Lab } from './lab.ts';

const stepWords = { first: 'first packet', reply: 'answer', third: 'packet after the answer' } as const;

function packetWords({ wire, packet, exchange }: Sent): string {
  const { from, to, sport, dport, protocol, flags, icmpType, ttl, tos } = wire;
  const ends = protocol === 'icmp' ? `${from} to ${to} type ${icmpType}` : `${from} port ${sport} to ${to} port ${dport}`;
  const where = packet.isFromHere ? `from a process of user ${exchange.uid}` : `in by ${packet.in ?? '?'}`;
  const more = protocol === 'tcp' ? ` flags ${flags}` : '';
  return `${stepWords[wire.step]}: ${protocol} ${ends}${more} ttl ${ttl} tos ${tos}, ${where}, ${packet.state}`;
}

/** The text of a rule that is "nat PREROUTING 3". */
function ruleAt({ rules, family }: Followed, place: string | undefined): string {
  const [tableName = '', chainName = '', number] = place?.split(' ') ?? [];
  const chain = tableOf(rules, family, tableName)?.chains.get(chainName);
  const line = chain?.rules[Number(number) - 1];
  const source = line === undefined ? undefined : rules.lines.at(line);
  return source === undefined ? 'the end of the rules' : ruleText(source);
}

function tableOf({ dumps }: Ruleset, family: Followed['family'], name: string) {
  return dumps.find((dump) => dump.family === family)?.tables.find((table) => table.name === name);
}

/** The packet, the kernel's way, ours, and where they part. */
export function disagreement(name: string, sent: Sent, followed: Followed, lab: Lab): string {
  const kernel = kernelPath(sent.kernel, followed.places);
  const { left } = sent.kernel;
  const end =
    left === undefined ? 'dropped' : `left at ${left.hook} as ${left.from} port ${left.sport} to ${left.to} port ${left.dport}`;
  const ours = sent.outcomes.slice(0, 4).flatMap((outcome) => {
    const path = ourPath(outcome);
    const at = kernel.findIndex((step, index) => step !== path[index]);
    const parting = at >= 0 ? at : kernel.length < path.length ? kernel.length : -1;
    return [
      `  ours (${outcome.probability}): ${outcome.verdict}: ${path.join('; ')}`,
      ...(parting < 0
        ? [`    ${difference(outcome, sent, lab) || 'the same'}`]
        : [`    the kernel: ${ruleAt(followed, kernel[parting])}`, `    ours:       ${ruleAt(followed, path[parting])}`]),
      ...(outcome.assumed === null
        ? []
        : [`    if ${outcome.assumed.holds ? outcome.assumed.fact.yes : outcome.assumed.fact.no}`]),
    ];
  });
  return [`${name}, ${packetWords(sent)}`, `  the kernel: ${end}: ${kernel.join('; ')}`, ...ours].join('\n');
}
