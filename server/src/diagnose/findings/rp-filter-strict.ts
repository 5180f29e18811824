import { inCIDR } from '../../base/ip.ts';
import { command } from '../../base/shell-text.ts';
import { linkNamed } from '../../node/look-ups/links.ts';
import { ownAddress } from '../../node/look-ups/own-address.ts';
import { reversePath } from '../../node/look-ups/reverse-path.ts';
import { wayOut } from '../../node/look-ups/route.ts';
import { largerSetting, type Setting } from '../../node/look-ups/sysctl.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { podInterfaces, settingEvidence } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** A strict reverse path filter drops what comes in by another interface than answers would leave by. */
export const rpFilterStrict: NodeFinding = {
  codes: {
    'rp-filter-strict':
      'The reverse path filter (rp_filter) is strict where packets and answers take different interfaces: packets are dropped.',
  },
  look: atOnce(look),
};

const counter = 'TcpExtIPReversePathFilter';

/** How many packets the filter has dropped; undefined where that is not known. */
function dropped({ facts }: Subject): (Evidence & { readonly count: number }) | undefined {
  const found = facts.counters?.values.get(counter);
  if (facts.counters === null || found === undefined) return undefined;
  return { file: facts.counters.file, line: found.line, text: `${counter} ${found.value}`, count: Number(found.value) };
}

interface Failing {
  readonly setting: Setting;
  readonly in: string;
  readonly back: string;
}

/** Interfaces towards other machines that are strict: those of Pods and lo aside. */
function strictInterfaces(subject: Subject): readonly string[] {
  const { facts } = subject;
  const ofPods = new Set(podInterfaces(subject));
  const names = new Set(
    (facts.addresses?.records ?? [])
      .filter(({ ip, scope }) => !ip.includes(':') && scope !== 'host')
      .map((each) => each.interface),
  );
  return [...names].filter((name) => {
    if (ofPods.has(name) || name === 'lo' || linkNamed(facts, name)?.isUp === false) return false;
    return largerSetting(facts, name, 'rp_filter')?.value === 1;
  });
}

/** Whether a source is in a network of one of the node's own links, so that it comes in there. */
function isOnLink({ facts }: Subject, source: string): boolean {
  return (facts.addresses?.records ?? []).some(({ ip, prefix }) => prefix < 32 && inCIDR(source, `${ip}/${prefix}`));
}

/** By which interface a packet would come in and be dropped; undefined where none is known. */
function failing(subject: Subject, { start, end }: Journey): Failing | undefined {
  const { facts } = subject;
  if (start.isFromHere || start.source === null || start.family !== 'ipv4' || ownAddress(facts, start.source.text) !== undefined)
    return undefined;
  const packet = {
    source: start.source.text,
    destination: end.dnat ? end.destination.text : start.destination.text,
    mark: start.mark,
  };
  const back = wayOut(facts, { destination: packet.source, source: packet.destination, mark: 0, in: '' }) ?? '';
  // How it comes in is known for what is sent to an address of one interface; who sends by another one is told by the counter alone.
  const isCounted = (dropped(subject)?.count ?? 0) > 0;
  const others = isCounted && !isOnLink(subject, packet.source) ? strictInterfaces(subject) : [];
  for (const name of new Set([...(start.in === null ? [] : [start.in]), ...others])) {
    const answer = reversePath(facts, { ...packet, in: name });
    if (answer.kind === 'fails') return { setting: answer.setting, in: name, back };
  }
  return undefined;
}

function messageOf({ setting, in: name, back }: Failing): string {
  const other = back === '' ? 'there is no route back to their source' : `answers to their source would leave by ${back}`;
  return `${setting.name} is 1 (strict): packets that come in by ${name} are dropped, as ${other}. Such a way is asymmetric, and the kernel takes its packets for spoofed, before any rule of FORWARD or INPUT.`;
}

/**
 * Whether a packet does not even come to be counted: who asks for the node's address on the link (ARP) with a source that the filter takes for
 * spoofed is not answered (arp_process asks the same route), so that no packet is sent. Known of a sender that conntrack never saw.
 */
function asksInVain({ facts }: Subject, asked: Asked | null, { start }: Journey): boolean {
  if (asked === null || asked.question.from === 'outside' || start.source === null || start.source.standsIn === true)
    return false;
  const own = ownAddress(facts, start.destination.text);
  if (own === undefined || own.interface !== start.in || facts.conntrack === null) return false;
  return !facts.conntrack.text.includes(`src=${start.source.text} dst=${start.destination.text} `);
}

const uncounted =
  ' The kernel has counted none of them: it does not answer such a sender that asks for its address on the link (ARP) either, and does not count that.';

function look(subject: Subject, asked: Asked | null): Looked {
  const { facts } = subject;
  if (facts.sysctls === null || facts.routes === null) return nothing;
  const seen = dropped(subject);
  const journeys = (asked?.journeys ?? []).filter((journey) => failing(subject, journey) !== undefined);
  // By which interface packets come in is told by addresses and routes, which is not sure: a filter that has dropped nothing so far is not why.
  if (journeys.length > 0 && seen?.count === 0 && !journeys.every((journey) => asksInVain(subject, asked, journey)))
    return { ...nothing, fine: [spared(subject, journeys)] };
  const [journey] = journeys;
  const fails = journey === undefined ? elsewhere(subject) : failing(subject, journey);
  if (fails === undefined) return { ...nothing, fine: ['The reverse path filter lets pass what comes in (rp_filter).'] };
  const cause = foundCause(
    {
      code: 'rp-filter-strict',
      message: `${messageOf(fails)}${seen?.count === 0 ? uncounted : ''}`,
      evidence: [
        settingEvidence(fails.setting),
        ...(seen === undefined || seen.count === 0 ? [] : [{ file: seen.file, line: seen.line, text: seen.text }]),
      ],
      confirm: [
        command`nstat -az ${counter}`,
        command`sysctl -w net.ipv4.conf.all.log_martians=1   (then look at dmesg)`,
        ...(journey?.start.source === undefined || journey.start.source === null
          ? []
          : [command`ip route get ${journey.start.source.text}`]),
      ],
      mend: [
        command`sysctl -w net.ipv4.conf.all.rp_filter=2`,
        command`sysctl -w net.ipv4.conf.${fails.in}.rp_filter=2   (loose)`,
      ],
    },
    { ends: journeys, isBeforeRules: true },
  );
  return { ...nothing, found: [cause] };
}

/** What is said where the filter would drop packets, and has dropped none. */
function spared(subject: Subject, [journey]: readonly Journey[]): string {
  const fails = journey === undefined ? undefined : failing(subject, journey);
  const what =
    fails === undefined
      ? 'The reverse path filter is strict'
      : `${fails.setting.name} is 1 (strict), and answers leave by ${fails.back === '' ? 'no route' : fails.back}`;
  return `${what}: packets that come in by ${fails?.in ?? 'another interface'} would be dropped, and the kernel has dropped none (${counter} 0). They come in by another interface, or nobody has tried yet.`;
}

/** Without a question about it: what the filter has dropped, where a strict interface is not the one that most answers leave by. */
function elsewhere(subject: Subject): Failing | undefined {
  if ((dropped(subject)?.count ?? 0) === 0) return undefined;
  const outside = '203.0.113.1';
  const back = wayOut(subject.facts, { destination: outside, source: '', mark: 0, in: '' });
  const name = strictInterfaces(subject).find((each) => each !== back);
  const setting = name === undefined ? undefined : largerSetting(subject.facts, name, 'rp_filter');
  return name === undefined || setting === undefined || back === null ? undefined : { setting, in: name, back };
}
