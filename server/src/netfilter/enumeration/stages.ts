/** From one table to the next: the base chain of each hook, and what conntrack does in between. */
import type { Hook } from '../../catalog/types.ts';
import { hasCutLines, isChainShownWhole, isTableWhole } from '../../ruleset/completeness.ts';
import type { Chain, Table } from '../../ruleset/ruleset.ts';
import { stateAlone } from '../connection.ts';
import { output, outputRouted, prerouting, type Stage } from '../hooks.ts';
import { isOwnAddress } from '../local-address.ts';
import { translatedAtDestination, translatedAtSource } from '../nat.ts';
import { hasConnection, type Packet } from '../packet.ts';
import { rulesFor } from '../rule-index.ts';
import { policyOf } from '../rule-order.ts';
import { supposeEnded } from './not-shown.ts';
import type { Frame, Path } from './path.ts';
import { route, routeSent } from './routing.ts';
import { addStep, assume, end, noteUnshown, type Run } from './state.ts';

/** A hook's base chain with the chains that it is taken to lead to; null where there is none of them. */
function baseFrame(run: Run, table: Table, hook: Hook, base: Chain | undefined, packet: Packet): Frame | null {
  const chains = run.options.hooked?.(table, hook, base) ?? (base === undefined ? [] : [base]);
  let frame: Frame | null = null;
  for (const chain of chains.toReversed()) {
    frame = { chain, rules: rulesFor(run.ruleset, chain, packet), parent: frame, resume: 0 };
  }
  return frame;
}

/** Notes a table or a base chain that the node may have and the text does not show. */
function noteMissing(run: Run, { table: name, hook }: Stage, table: Table | undefined): void {
  // Most nodes have no rules in table security.
  if (table === undefined && run.mayHaveMoreTables && name !== 'security')
    noteUnshown(run, { what: 'table', table: name, chain: '' });
  if (table !== undefined && !isTableWhole(run.ruleset, table))
    noteUnshown(run, { what: 'base chain', table: name, chain: hook });
}

/** Goes on with the next table. */
export function nextStage(path: Path): Path {
  path.frame = null;
  path.stage += 1;
  return path;
}

/** Whether the rules of table nat are asked: for the first packet of a connection, and one that is related but no error about another. */
function asksNat(packet: Packet): boolean {
  if (packet.state === 'NEW') return packet.before === 0 || packet.before === null;
  return packet.state === 'RELATED' && packet.protocol !== 'icmp' && packet.protocol !== 'ipv6-icmp';
}

/** What conntrack does to a packet of a connection that it knows: the same as to the first, or the reverse for answers. */
function translate(packet: Packet, hook: Hook): Packet {
  return hook === 'PREROUTING' || hook === 'OUTPUT' ? translatedAtDestination(packet) : translatedAtSource(packet);
}

/** Whether table mangle gave what this node sends another mark, by which it is routed again where routes are known (ipt_mangle_out). */
function isRemarked({ options }: Run, { routedMark }: Packet): boolean {
  return routedMark !== null && options.wayOut !== undefined;
}

/** Whether a packet of this node has another destination than it was sent to, by which it is routed once more. */
function isRedirected({ options, start }: Run, { destination, asked }: Packet): boolean {
  const sentTo = options.part === 'after-routing' ? asked.destination.address : start.destination;
  return destination.text !== sentTo?.text;
}

/** A packet of this node leaves by lo if it is for the node itself; one whose destination or mark changed is routed once more. */
function afterOutput(run: Run, path: Path): void {
  const { packet } = path;
  path.packet = { ...packet, routedMark: packet.mark };
  if (isOwnAddress(packet.destination, run.knows) === true) path.packet = { ...path.packet, out: 'lo' };
  else if (isRedirected(run, packet) || isRemarked(run, packet)) {
    const known = run.options.wayOut?.(packet) ?? null;
    path.packet = { ...path.packet, out: known, isRerouted: known === null };
  }
}

/** Why table nat is not asked for a packet that comes in or is sent. */
function reasonToPass({ state, translation }: Packet): string {
  if (state === 'UNTRACKED') return 'A packet that is not tracked is not translated: table nat is not asked.';
  if (state === 'RELATED' && translation === null)
    return 'The connection that the error is about is taken to have no NAT: else the error would be translated as answers to it are.';
  return 'NAT is decided by the first packet of a connection: table nat is not asked.';
}

/** Passes a stage without its rules; says why where it has some. */
function passNat(run: Run, path: Path, stage: Stage, frame: Frame | null): void {
  if (frame !== null) {
    assume(
      run,
      run.isLooped ? 'A packet that comes in by lo has its NAT behind it: table nat is not asked.' : reasonToPass(path.packet),
    );
  }
  // What conntrack was told to leave alone keeps its addresses.
  if (!run.isLooped && hasConnection(path.packet)) path.packet = translate(path.packet, stage.hook);
}

/** The packet as a stage finds it: conntrack stands behind table raw, and a hook sees no interface that is not there yet. */
function arriving(packet: Packet, stage: Stage): Packet {
  const isTracked = packet.isTracked || stage.table !== 'raw';
  if (isTracked === packet.isTracked) return stage.hook === packet.hook ? packet : { ...packet, hook: stage.hook };
  return { ...(isKnown(packet) ? packet : asStranger(packet)), isTracked, hook: stage.hook };
}

/** Whether conntrack finds an answer's connection: in the zone where it was put for answers (nf_ct_key_equal). */
function isKnown({ knownIn, zones, state }: Packet): boolean {
  return knownIn === null || state === 'UNTRACKED' || knownIn === zones.reply;
}

/** An answer whose connection conntrack does not find, as that is in another zone. */
function asStranger(packet: Packet): Packet {
  const { source, sport, destination, dport, protocol, flags, icmp } = packet;
  return {
    ...packet,
    state: stateAlone(protocol, flags, icmp),
    direction: 'original',
    before: 0,
    connectionMark: 0,
    asked: { source: { address: source, port: sport }, destination: { address: destination, port: dport } },
    answered: null,
    translation: null,
    dnat: false,
    snat: false,
  };
}

/** What comes behind the last stage of a part of the way; null where the path has ended. */
function afterStages(run: Run, path: Path): Path | null {
  const isUnrouted = path.stages === prerouting || path.stages === output;
  if (!isUnrouted || run.options.part === 'before-routing') return end(run, path, 'accept');
  if (path.stages !== output) return route(run, path);
  path.stages = outputRouted;
  path.stage = 0;
  return isRedirected(run, path.packet) ? routeSent(run, path) : path;
}

/** Whether a packet of this node is routed before a stage: ahead of all rules, unless the way out was said, and where table mangle gave it another mark. */
function isRoutedBefore({ start }: Run, { table, hook }: Stage, { mark }: Packet): boolean {
  if (hook !== 'OUTPUT') return false;
  return table === 'raw' ? start.out === null : table === 'nat' && mark !== start.mark;
}

/** Starts with the base chain of the next table; null when the path has ended. */
export function enterStage(run: Run, path: Path): Path | null {
  for (;;) {
    const stage = path.stages[path.stage];
    if (stage === undefined) {
      if (afterStages(run, path) === null) return null;
      continue;
    }
    if (path.packet.isFromHere && stage.hook === 'POSTROUTING' && path.packet.hook !== 'POSTROUTING') {
      afterOutput(run, path);
    }
    path.packet = arriving(path.packet, stage);
    if (isRoutedBefore(run, stage, path.packet)) {
      if (stage.table === 'nat') path.packet = { ...path.packet, routedMark: path.packet.mark };
      if (routeSent(run, path) === null) return null;
    }
    const table = run.tables.get(stage.table);
    const base = table?.chains.get(stage.hook);
    const frame = table === undefined ? null : baseFrame(run, table, stage.hook, base, path.packet);
    if (base === undefined) noteMissing(run, stage, table);
    if (stage.table === 'nat' && (run.isLooped || !asksNat(path.packet))) passNat(run, path, stage, frame);
    else if (frame !== null) {
      path.frame = frame;
      path.at = 0;
      path.met = false;
      return path;
    }
    path.stage += 1;
  }
}

/** The end of a chain behind its last rule. */
export function passEnd(run: Run, path: Path, frame: Frame): Path | null {
  const { chain } = frame;
  const table = chain.table.name;
  if (hasCutLines(run.ruleset, chain.table)) noteUnshown(run, { what: 'cut', table, chain: '' });
  else if (!isChainShownWhole(run.ruleset, chain)) {
    noteUnshown(run, { what: 'end', table, chain: chain.name });
    supposeEnded(run, path, chain);
  }
  return leaveChain(run, path, frame);
}

/** The end of a chain: back to whoever jumped to it, or the policy. */
export function leaveChain(run: Run, path: Path, frame: Frame): Path | null {
  if (frame.parent !== null) {
    path.frame = frame.parent;
    path.at = frame.resume;
    return path;
  }
  // A goto from a base chain leaves its frame; the base chain is still the one of the stage.
  const stage = path.stages[path.stage];
  const base = stage === undefined ? undefined : run.tables.get(stage.table)?.chains.get(stage.hook);
  if (base === undefined) return nextStage(path);
  const policy = policyOf(run.ruleset, base);
  if (path.met || policy.verdict !== 'accept') {
    addStep(run, path, { chain: base, line: policy.line, kind: 'policy', words: policy.verdict, target: null });
  }
  if (policy.line === null && path.met) {
    assume(
      run,
      `The dump does not say the policy of ${base.name} in table ${base.table.name}: ACCEPT, as long as nobody changes it.`,
    );
  }
  return policy.verdict === 'drop' ? end(run, path, 'drop') : nextStage(path);
}
