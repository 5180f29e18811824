/** What an enumeration knows and has found, and the paths that it follows. */
import { statementsBetweenPauses } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import { mayHaveMoreTables } from '../../ruleset/completeness.ts';
import type { Chain, Dump, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { Knowledge } from '../answer.ts';
import type { TraceStep, Unshown, Verdict } from '../outcome.ts';
import type { Packet } from '../packet.ts';
import { changedSets } from '../set-changes.ts';
import { isInSet } from '../set-members.ts';
import type { EnumerateOptions } from './options.ts';
import type { Path } from './path.ts';
import { PathQueue } from './path-queue.ts';

export interface Run {
  readonly ruleset: Ruleset;
  /** The packet as it was at the start. */
  readonly start: Packet;
  readonly family: Family;
  readonly options: EnumerateOptions;
  readonly tables: ReadonlyMap<string, Table>;
  readonly knows: Knowledge;
  /** Whether the packet comes in by lo: this node sent it to itself. */
  readonly isLooped: boolean;
  readonly waiting: PathQueue;
  /** How many paths have come to their end. */
  ended: number;
  /** In sentences, for all outcomes. */
  readonly assumptions: Set<string>;
  readonly missing: Set<Chain>;
  /** Parts of the rules that the text does not show, each once. */
  readonly unshown: Map<string, Unshown>;
  /** Whether the node may have tables beside those that the text shows. */
  readonly mayHaveMoreTables: boolean;
  /** The keys of facts and values that some path has asked for. */
  readonly asked: Set<string>;
  steps: number;
  /** Whether some path was not followed. */
  isCut: boolean;
  /** How much may be done before the next pause, counted as `isPauseDue` does. */
  pauseAt: number;
  /** How much was asked and looked up: a rule counts as one, and so do a few looks at what a path takes to be so. */
  work: number;
}

const mostAssumptions = 50;

function tablesOf(dump: Dump | undefined): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>();
  // Where a dump says a table twice, the last one counts: iptables-restore loads one after the other.
  for (const table of dump?.tables ?? []) tables.set(table.name, table);
  return tables;
}

/** The state of an enumeration that begins with a packet. */
export function newRun(ruleset: Ruleset, packet: Packet, options: EnumerateOptions): Run {
  const { family } = packet;
  const dump = options.dump ?? ruleset.dumps.find((candidate) => candidate.family === family);
  return {
    ruleset,
    start: packet,
    family,
    options,
    tables: tablesOf(dump),
    knows: {
      isLocal: options.isLocal ?? (() => undefined),
      seemsLocal: options.seemsLocal,
      isBroadcast: options.isBroadcast,
      isInSet: (name, directions, asked) => {
        const own = isInSet(ruleset, name, directions, asked);
        return own !== undefined || options.sets === undefined ? own : isInSet(options.sets, name, directions, asked);
      },
      ...(options.isListed === undefined ? {} : { isListed: options.isListed }),
      ...(options.listedTimes === undefined ? {} : { listedTimes: options.listedTimes }),
      ...(options.time === undefined ? {} : { time: options.time }),
      ...(options.bridgePorts === undefined ? {} : { bridgePorts: options.bridgePorts }),
      ...(options.frameSource === undefined ? {} : { frameSource: options.frameSource }),
      ...(options.hasWayBack === undefined ? {} : { hasWayBack: options.hasWayBack }),
      isSetChanged: (name) => changedSets(ruleset).has(name),
    },
    isLooped: packet.in === 'lo',
    waiting: new PathQueue(),
    ended: 0,
    assumptions: new Set(),
    missing: new Set(),
    unshown: new Map(),
    mayHaveMoreTables: dump !== undefined && mayHaveMoreTables(ruleset, dump),
    asked: new Set(),
    steps: 0,
    isCut: false,
    pauseAt: statementsBetweenPauses,
    work: 0,
  };
}

/** Whether so much was done since the last pause that there should be one, be it on one path or on many. */
export function isPauseDue(run: Run): boolean {
  const done = run.work + run.steps + run.ended;
  if (done < run.pauseAt) return false;
  run.pauseAt = done + statementsBetweenPauses;
  return true;
}

/** Notes what is taken to be so on all paths. */
export function assume(run: Run, text: string): void {
  if (text !== '' && run.assumptions.size < mostAssumptions) run.assumptions.add(text);
}

const mostUnshown = 50;

/** Notes that the text does not show a part of the rules that a path meets. */
export function noteUnshown(run: Run, unshown: Unshown): void {
  if (run.unshown.size < mostUnshown) run.unshown.set(`${unshown.what} ${unshown.table} ${unshown.chain}`, unshown);
}

/** Notes that a rule or policy did something. */
export function addStep(run: Run, path: Path, step: Omit<TraceStep, 'previous'>): void {
  path.last = { previous: path.last, ...step };
  path.met = true;
  run.steps += 1;
}

/** Ends a path. */
export function end(run: Run, path: Path, verdict: Verdict): null {
  const { probability, oddity, last, packet, assumed } = path;
  path.branch.outcome = { probability, oddity, verdict, last, packet, assumed };
  run.ended += 1;
  return null;
}
