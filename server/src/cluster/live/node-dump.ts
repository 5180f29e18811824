/** A node's iptables rules, read in a container on the node by `iptables-save`, which changes nothing. */
import type { Api } from './api.ts';
import { ApiError, shown } from './api-error.ts';
import { type DebugPodOptions, readInDebugPod } from './debug-pod.ts';
import {
  type Answer,
  type DumpCommand,
  dumpCommands,
  fallbackCommands,
  judge,
  type NodeDump,
  type NodeDumps,
} from './dump-commands.ts';
import type { NodeReader } from './node-readers.ts';
import { isObjectName } from './resources.ts';
import { type CommandResult, runInPod } from './run-in-pod.ts';

/** How often a program is run when its answer is cut short or empty. */
const attempts = 3;

async function ask(run: (argv: readonly string[]) => Promise<CommandResult>, command: DumpCommand): Promise<Answer> {
  let answer: Answer = { kind: 'empty' };
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const before = answer;
    answer = judge(command, await run(command.argv));
    if (answer.kind === 'dump' || answer.kind === 'not-found') return answer;
    // Empty is what a back end without tables says, but also an answer that was cut at its very start: only twice is certain.
    if (answer.kind === 'empty' && before.kind === 'empty' && attempt > 1) return answer;
  }
  return answer;
}

/**
 * Reads a node's rules with every program there is, IPv4 and IPv6.
 * @throws ApiError where the reader cannot be used at all
 */
export async function readNode(api: Api, node: string, reader: NodeReader, options: DebugPodOptions): Promise<NodeDumps> {
  const names = reader.kind === 'pod' ? [node, reader.namespace, reader.pod] : [node, reader.namespace];
  const wrong = names.find((name) => !isObjectName(name));
  if (wrong !== undefined) throw new ApiError('not-found', `There can be nothing named "${shown(wrong, 80)}".`);
  const read =
    reader.kind === 'debug-pod'
      ? await readInDebugPod(api, node, reader, options)
      : await readInContainer(api, reader, options.signal);
  if (read.dumps.length === 0 && read.problems.length === 0) {
    throw new ApiError('not-found', `There are no iptables tables on ${node}: neither back end has one, IPv4 or IPv6.`);
  }
  return read;
}

async function readInContainer(api: Api, reader: NodeReader & { readonly kind: 'pod' }, signal: AbortSignal): Promise<NodeDumps> {
  const dumps: NodeDump[] = [];
  const problems: string[] = [];
  const run = (argv: readonly string[]): Promise<CommandResult> => runInPod(api, reader, argv, signal);
  const take = async (commands: readonly DumpCommand[]): Promise<ReadonlySet<string>> => {
    const found = new Set<string>();
    for (const command of commands) {
      const answer = await ask(run, command);
      if (answer.kind !== 'not-found') found.add(command.family);
      if (answer.kind === 'problem') problems.push(answer.problem);
      if (answer.kind === 'dump') {
        const { family, backend, argv } = command;
        dumps.push({ family, backend, command: argv.join(' '), text: answer.text });
      }
    }
    return found;
  };
  const found = await take(dumpCommands);
  const missing = fallbackCommands.filter(({ family }) => !found.has(family));
  const foundByFallback = await take(missing);
  for (const { family, argv } of missing) {
    if (!foundByFallback.has(family)) problems.push(`The container ${reader.container} has no ${argv[0]}.`);
  }
  return { dumps, problems };
}
