import { command } from '../../base/shell-text.ts';
import type { NftPacket } from '../../node/look-ups/nft-conditions.ts';
import { type NftEnd, nftVerdict } from '../../node/look-ups/nft-verdict.ts';
import { type NftTables, nftAnswer, nftRuleText } from '../../node/readers/nft.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked, Journey } from '../journey.ts';
import { isOfEbtables, nftTables, packetsAtHooks } from '../nft-packets.ts';
import { accepted, atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { heardOfRefusal } from '../refusals.ts';
import type { Subject } from '../subject.ts';

/** Chains of nft's that no iptables command shows stand at the same hooks, and each of them must let a packet pass. */
export const nftTableDrops: NodeFinding = {
  codes: {
    'nft-table-drops':
      'A table of nftables that iptables does not show drops the packet: its chains stand at the same hooks, and both must let it pass.',
  },
  look: atOnce(look),
};

interface Ended {
  readonly end: NftEnd;
  readonly packet: NftPacket;
}

/** How it ends for the sender, and what that hears of a refusal: of its own packet's alone, and of what follows the answer a reset. */
interface Heard {
  readonly as: 'refused' | 'lost';
  /** A sentence, or empty. */
  readonly text: string;
}

function heardBy({ end: { verdict, rule }, packet }: Ended, { start }: Journey): Heard {
  if (verdict !== 'reject' || rule === null || packet.isAnswer === true) return { as: 'lost', text: '' };
  const answer = nftAnswer(rule, start.family);
  if (packet.isLater === true) return { as: answer === 'tcp-reset' ? 'refused' : 'lost', text: '' };
  return { as: 'refused', text: heardOfRefusal(answer, start) };
}

function endedBy(subject: Subject, tables: NftTables, journey: Journey, asked: Asked): Ended | undefined {
  let unsure: Ended | undefined;
  for (const packet of packetsAtHooks(subject, journey, asked)) {
    const end = nftVerdict(subject.facts, tables, packet);
    if (end?.isSure === true) return { end, packet };
    // Of what follows an answer less is known than of the first packets: where that is not told, theirs count.
    if (end !== undefined && packet.isLater !== true) unsure ??= { end, packet };
  }
  return unsure;
}

function nameOf({ chain }: NftEnd): string {
  return `${chain.family} ${chain.table} ${chain.name}`;
}

function evidenceOf(end: NftEnd): Evidence {
  const { chain, rule } = end;
  const { file } = chain;
  return rule === null
    ? {
        file,
        line: chain.line,
        text: `chain ${nameOf(end)}: hook ${chain.hook} priority ${chain.priority}; policy ${chain.policy}`,
      }
    : { file, line: rule.line, text: `chain ${nameOf(end)}: ${nftRuleText(rule)}` };
}

/** Chains that are hooked in and may drop something, by name. */
function mayDrop({ chains }: NftTables): readonly string[] {
  const hooked = chains.filter(({ hook, type, family }) => hook !== '' && type !== 'nat' && family !== 'arp');
  const dropping = new Set<string>();
  for (const { table, policy, hook, rules } of chains) {
    if (dropping.has(table)) continue;
    const mayDropHere =
      (hook !== '' && policy === 'drop') ||
      // A verdict map by name has its verdicts beside the rules.
      rules.some(({ statements }) => statements.some((each) => /"(?:drop|reject)":|"data":"@/.test(JSON.stringify(each))));
    if (mayDropHere) dropping.add(table);
  }
  return hooked
    .filter(({ table }) => dropping.has(table))
    .map(({ family, table, name, hook }) => `${family} ${table} ${name} (hook ${hook})`);
}

const cut =
  'What nft printed ends in the middle: tables that may drop the packet can be missing (nft -j list ruleset > nft.json).';

function look(subject: Subject, asked: Asked | null): Looked {
  const tables = nftTables(subject.facts);
  if (tables === undefined) return nothing;
  const names = mayDrop(tables);
  const journeys = accepted(asked);
  if (names.length === 0 && tables.isCut === true) return { ...nothing, fine: [cut], open: journeys };
  if (names.length === 0)
    return { ...nothing, fine: ['nftables has no table besides those of iptables that could drop packets.'] };
  const ended = journeys.flatMap((journey) => {
    const found = asked === null ? undefined : endedBy(subject, tables, journey, asked);
    return found === undefined ? [] : [{ journey, ...found }];
  });
  const sure = ended.filter(({ end }) => end.isSure);
  const [first] = sure;
  if (first === undefined) {
    const [unsure] = ended;
    const shown = names.slice(0, 6).join(', ');
    const isFollowed =
      journeys.length > 0 && journeys.every((journey) => packetsAtHooks(subject, journey, { answers: [], later: [] }).length > 0);
    const text =
      unsure === undefined
        ? `Besides iptables' chains packets meet those of other tables of nftables, which may drop some: ${shown}${isFollowed ? '; they let this packet pass' : ''}.`
        : `Besides iptables' chains packets meet those of other tables of nftables: ${shown}. Whether ${nameOf(unsure.end)} lets this packet pass could not be told (${evidenceOf(unsure.end).text}); look with: nft list table ${unsure.end.chain.family} ${unsure.end.chain.table}`;
    if (tables.isCut === true) return { ...nothing, fine: [text, cut], open: journeys };
    return { ...nothing, fine: [text], open: ended.map(({ journey }) => journey) };
  }
  const { end, packet } = first;
  const { chain } = end;
  const heard = heardBy(first, first.journey);
  const what = packet.isLater === true ? 'what follows the answer' : packet.isAnswer === true ? 'the answer' : 'the packet';
  const does = end.verdict === 'drop' ? 'drops' : 'refuses';
  const by = end.rule === null ? `its policy ${does} ${what}, which no rule of it accepts` : `a rule of it ${does} ${what}`;
  const whose = isOfEbtables(chain) ? `ebtables' table ${chain.table}` : `nftables' table ${chain.family} ${chain.table}`;
  const cause = {
    code: 'nft-table-drops',
    message: `Chain ${chain.name} of ${whose} stands at the hook ${packet.hook} beside iptables' chains, and ${by}. iptables lets it pass, and shows nothing of that table: every chain at a hook must let a packet pass.${heard.text === '' ? '' : ` ${heard.text}`}`,
    evidence: [evidenceOf(end)],
    confirm: isOfEbtables(chain)
      ? [command`ebtables -t ${chain.table} -L ${chain.name} --Lc`]
      : [command`nft list chain ${chain.family} ${chain.table} ${chain.name}`, command`nft list hooks`],
    mend: isOfEbtables(chain)
      ? [command`take the rule out of ebtables' chain ${chain.name} (ebtables -t ${chain.table} -D ...), where it is configured`]
      : [
          command`let the packet pass in table ${chain.family} ${chain.table} (whoever writes it: firewalld, nftables.conf, ...), or take the table away: nft delete table ${chain.family} ${chain.table}`,
        ],
  };
  return {
    ...nothing,
    found: [foundCause(cause, { ends: sure.map(({ journey }) => journey), as: heard.as })],
  };
}
