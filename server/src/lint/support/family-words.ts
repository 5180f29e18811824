/** A rule of one family in the words of the other, where each of its words has one there. */
import type { Line } from '../../syntax/line.ts';
import type { RuleStatement, Word } from '../../syntax/statement.ts';
import type { Edit } from './line-edit.ts';

type Words = readonly (readonly [ipv4: string, ipv6: string])[];

/** Extensions and their options that do the same. Source: libipt_ttl.c and libip6t_hl.c, libipt_TTL.c and libip6t_HL.c, libxt_icmp.h. */
const options: Words = [
  ['--ttl-eq', '--hl-eq'],
  ['--ttl-gt', '--hl-gt'],
  ['--ttl-lt', '--hl-lt'],
  ['--ttl-set', '--hl-set'],
  ['--ttl-dec', '--hl-dec'],
  ['--ttl-inc', '--hl-inc'],
  ['--icmp-type', '--icmpv6-type'],
];
const matches: Words = [
  ['ttl', 'hl'],
  ['icmp', 'icmp6'],
];
const targets: Words = [['TTL', 'HL']];
const protocols: Words = [['icmp', 'ipv6-icmp']];
/** A number of one family is another message in the other. Source: RFC 792, RFC 4443. */
const icmpTypes: Words = [
  ['8', '128'],
  ['0', '129'],
  ['3', '1'],
  ['11', '3'],
  ['12', '4'],
];
/** Source: libipt_REJECT.c, libip6t_REJECT.c. */
const rejections: Words = [
  ['icmp-net-unreachable', 'icmp6-no-route'],
  ['icmp-host-unreachable', 'icmp6-addr-unreachable'],
  ['icmp-port-unreachable', 'icmp6-port-unreachable'],
  ['icmp-admin-prohibited', 'icmp6-adm-prohibited'],
];

const byOption: Readonly<Record<string, Words>> = {
  '--match': matches,
  '--jump': targets,
  '--protocol': protocols,
  '--icmp-type': icmpTypes,
  '--icmpv6-type': icmpTypes,
  '--reject-with': rejections,
};

/** The rule in the other family’s words, and the rule kept for the program of its own family. */
export function* otherFamily(line: Line, rule: RuleStatement): Generator<Edit> {
  const { text, context } = line;
  const isIpv6 = context.family === 'ipv6';
  const translated = (word: Word, words: Words): string | undefined =>
    words.find((pair) => pair[isIpv6 ? 0 : 1] === word.text)?.[isIpv6 ? 1 : 0];
  let whole = '';
  let from = 0;
  let isWhole = true;
  for (const { name, word, values } of rule.options) {
    for (const each of [word, ...values]) {
      const other = each === word ? translated(each, options) : translated(each, byOption[name] ?? []);
      isWhole &&= other !== undefined || !/^--icmp/.test(name) || !/^\d/.test(each.text);
      if (other === undefined || each.quoted || each.start < from) continue;
      whole += text.slice(from, each.start) + other;
      from = each.end;
    }
  }
  if (from > 0 && isWhole)
    yield {
      start: 0,
      end: text.length,
      text: whole + text.slice(from),
      title: `Write it in the words of ${isIpv6 ? 'IPv6' : 'IPv4'}`,
    };
  const [family, option, other] = isIpv6 ? ['IPv4', '-4', 'ip6tables-restore'] : ['IPv6', '-6', 'iptables-restore'];
  const { end } = rule.chain;
  yield {
    start: end,
    end,
    text: ` ${option}`,
    title: `Say that the rule is for ${family} alone (${option}): ${other} skips it then`,
  };
}
