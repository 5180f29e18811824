/** A question about a packet, followed through the rules of a dump: what the command line prints and the editor shows. */
import { inCIDR, isIPv6, parseHostPort } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import type { EnumerateOptions } from '../../netfilter/enumeration/options.ts';
import { followRequest, reportOf, type Traced, type TraceReport } from '../../netfilter/trace-report.ts';
import type { TraceRequest } from '../../netfilter/trace-request.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { ownAddresses } from '../flow/packet-sources.ts';
import { otherProxyNote } from '../flow/resolve-target.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { assumedHooks, assumedHooksNotes, isForNodeAlone } from '../proxy/assumed-hooks.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { questionEnds } from './ends.ts';

export type QuestionTrace =
  | { readonly ok: true; readonly report: TraceReport; readonly traced: Traced }
  /** One sentence: what was wrong, and what is expected. */
  | { readonly ok: false; readonly message: string };

/**
 * Whether an address is the node's, by a cluster; undefined where it does not say. What lies in the node's own Pod network and is no Pod's may be a
 * bridge's address.
 */
function clusterAddresses(resolution: Resolution, dump: Dump): ((address: string) => boolean | undefined) | undefined {
  const { record } = dumpNode(resolution, dump);
  if (record === null) return undefined;
  const { cluster } = resolution;
  const isOwn = ownAddresses(resolution, dump);
  return (address) => {
    if (isOwn(address)) return true;
    const inOwnNetwork = record.podCIDRs.some((network) => inCIDR(address, network));
    return inOwnNetwork && cluster.podsAt(address).length === 0 && cluster.endpointsAt(address).length === 0 ? undefined : false;
  };
}

/**
 * How kube-proxy's chains are hooked in where an excerpt does not show it, as `flow` takes it; `hooked` gathers those for which it was done.
 * @param isOwn whether the packet is for this node, where that is known
 */
function hooks(ruleset: Ruleset, hooked: Set<string>, isOwn: boolean | undefined): NonNullable<EnumerateOptions['hooked']> {
  return (table, hook, base) => {
    const chains = assumedHooks(ruleset, table, hook).filter((chain) => isOwn !== false || !isForNodeAlone(chain));
    for (const chain of chains) hooked.add(`${chain.name} (${table.name})`);
    return base === undefined ? chains : [base, ...chains];
  };
}

/**
 * Every path of the packet that a question by names means. Which addresses are the node's is told by `isOwn`, else by the cluster; where nothing
 * tells, paths are told apart by it. Pauses every few thousand rules; never throws.
 * @param question `from`, `to` and `protocol` as `questionEnds` takes them, all else as it is
 */
export function* traceQuestion(
  resolution: Resolution,
  question: TraceRequest,
  isOwn?: (address: string) => boolean,
): Steps<QuestionTrace> {
  const { ruleset } = resolution;
  const { from, to, protocol, hook } = question;
  const meant = yield* questionEnds(resolution, { from, to, protocol, hook });
  if (!meant.ok) return meant;
  const { notes, ...ends } = meant.ends;
  const destination = parseHostPort(ends.to)?.ip ?? '';
  const family = isIPv6(destination) ? 'ipv6' : 'ipv4';
  const dump = ruleset.dumps.find((candidate) => candidate.family === family);
  const isLocal = isOwn ?? (dump === undefined ? undefined : clusterAddresses(resolution, dump));
  const hooked = new Set<string>();
  const known: EnumerateOptions = {
    hooked: hooks(ruleset, hooked, isLocal?.(destination)),
    ...(isLocal === undefined ? {} : { isLocal }),
  };
  const answer = yield* followRequest(ruleset, { ...question, ...ends }, known);
  if (!answer.ok) return answer;
  const report = withNotes(reportOf(ruleset, answer.traced), [
    ...notes,
    ...assumedHooksNotes(hooked),
    otherProxyNote(resolution),
  ]);
  return { ok: true, report, traced: answer.traced };
}

/** The report with what else is to be known before it is believed; empty notes are none. */
function withNotes(report: TraceReport, notes: readonly string[]): TraceReport {
  return { ...report, assumptions: [...notes.filter((note) => note !== ''), ...report.assumptions] };
}
