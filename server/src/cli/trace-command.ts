import { jsonText, terminalText } from '../base/safe-text.ts';
import { readAddresses } from '../kube/question/node-knowledge.ts';
import { seenSteps } from '../kube/question/seen.ts';
import { type PacketQuestion, traceQuestion } from '../kube/question/trace.ts';
import type { PacketKind } from '../netfilter/trace-request.ts';
import { type TraceStyle, traceText } from '../netfilter/trace-text.ts';
import { pc } from './colors.ts';
import type { ClusterOptions } from './read-cluster.ts';
import { readResolved } from './read-resolved.ts';
import { nameOfInput, readText } from './read-text.ts';
import { runSteps } from './run-steps.ts';
import { seenText } from './seen-text.ts';
import { UsageError } from './usage-error.ts';

export interface TraceCommandOptions extends ClusterOptions, Omit<PacketQuestion, 'from' | 'to' | 'protocol' | 'kind'> {
  readonly from?: string;
  readonly to?: string;
  /** A file with packets that a kernel was seen to take through the rules, in place of one that is asked for. */
  readonly seen?: string;
  /** tcp where neither it nor the Service asked for says another. */
  readonly proto?: string;
  /** The answer's way back, for a connection that `from` asked `to` for. */
  readonly reply?: boolean;
  /** A later packet of the connection. */
  readonly established?: boolean;
  /** The node that the dump is of. */
  readonly node?: string;
  /** Addresses of the node with commas between; all others are taken to be elsewhere. */
  readonly local?: string;
  readonly format: 'text' | 'json';
}

function kindOf({ reply, established }: TraceCommandOptions): PacketKind {
  if (reply === true && established === true) throw new UsageError('--reply and --established exclude each other');
  return reply === true ? 'answer' : established === true ? 'later' : 'first';
}

function questionOf(options: TraceCommandOptions): PacketQuestion {
  const { from, to, seen, proto, reply, established, node, local, format, cluster, context, ...said } = options;
  if (from === undefined) throw new UsageError("required option '--from <source>' not specified");
  if (to === undefined) throw new UsageError("required option '--to <destination>' not specified");
  return { ...said, from, to, protocol: proto, kind: kindOf(options) };
}

/** `trace DUMP --seen FILE`: the rules that packets were seen to meet, and where the dump says otherwise; status 1 where it does. */
async function runSeen(path: string, seen: string, options: TraceCommandOptions): Promise<TraceCommandAnswer> {
  if (options.from !== undefined || options.to !== undefined)
    throw new UsageError('--seen FILE stands for the packets: leave --from and --to out');
  const local = givenAddresses(options.local);
  const { file, resolution } = await readResolved(path, options);
  const answer = runSteps(seenSteps(resolution, readText(seen), { local }), `sending packets through ${file}`);
  if (!answer.ok) throw new UsageError(`${nameOfInput(seen)}: ${answer.message}`);
  const { report } = answer;
  return {
    output: options.format === 'json' ? jsonText(report) : seenText(report),
    status: report.summary.differ > 0 ? 1 : 0,
  };
}

export interface TraceCommandAnswer {
  readonly output: string;
  readonly status: 0 | 1;
}

/** The node's addresses, by --local; undefined where that is not given. */
export function givenAddresses(local: string | undefined): ReadonlySet<string> | undefined {
  if (local === undefined) return undefined;
  const own = readAddresses(local);
  if ('wrong' in own) throw new UsageError(`--local ${JSON.stringify(own.wrong)} is no address: expected IP[,IP...]`);
  return own;
}

/**
 * `trace DUMP --from --to`: every path of one packet through the rules. With a cluster or with --local, which addresses are the node's is known;
 * without, paths are told apart by it.
 */
export async function runTrace(path: string, options: TraceCommandOptions): Promise<TraceCommandAnswer> {
  if (options.seen !== undefined) return await runSeen(path, options.seen, options);
  const question = questionOf(options);
  const local = givenAddresses(options.local);
  const { file, resolution } = await readResolved(path, options);
  const answer = runSteps(traceQuestion(resolution, question, { local }), `sending the packet through ${file}`);
  if (!answer.ok) throw new UsageError(answer.message);
  const { report } = answer;
  return { output: options.format === 'json' ? jsonText(report) : traceText(report, terminalStyle), status: 0 };
}

const paint = { accept: pc.green, drop: pc.red, reject: pc.red } as const;

/** A trace on a terminal. */
export const terminalStyle: TraceStyle = {
  plain: terminalText,
  heading: (text) => pc.bold(terminalText(text)),
  verdict: (verdict) => paint[verdict](verdict),
  note: (text) => pc.dim(terminalText(text)),
};
