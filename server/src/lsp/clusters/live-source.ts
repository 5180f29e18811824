import type { Cluster } from '../../cluster/cluster.ts';
import type { LiveCluster } from '../../cluster/live/live-cluster.ts';
import type { Runtime } from '../runtime.ts';

/** What decides on the live cluster. */
export interface LiveChoice {
  /** False in an untrusted workspace: then nothing is read or connected, whatever else is said. */
  readonly trusted: boolean;
  /** The context that the user has picked, empty for none; undefined where nothing was picked. */
  readonly picked: string | undefined;
  /** The context by the setting; empty for none. */
  readonly setting: string;
  /** Kubeconfig files by the setting; empty for kubectl's own. */
  readonly kubeconfig: string;
}

/** The chosen live cluster, and what is in the way of it. */
export interface LiveView {
  readonly context: string;
  /** undefined while the API client is loaded, and where there is a problem. */
  readonly live: LiveCluster | undefined;
  readonly cluster: Cluster | undefined;
  /** Why there is no connection to try, in a sentence; empty otherwise. */
  readonly problem: string;
}

/** Why an untrusted workspace reaches no cluster. */
export const restricted = 'In Restricted Mode no cluster is contacted. Trust the workspace first.';

type LiveModule = Awaited<ReturnType<NonNullable<Runtime['live']>>>;

/** Holds at most one live cluster, of the chosen context. */
export interface LiveSource {
  /** undefined where no context is chosen. */
  current(): LiveView | undefined;
  /** Connects, changes or leaves, as the choice says; does nothing where it says the same as before. */
  choose(choice: LiveChoice): void;
  choice(): LiveChoice;
  /** The API client. @throws Error with a sentence where there is none or may be none */
  load(): Promise<LiveModule>;
  /** Tries again, what failed before it could connect too. */
  refresh(): void;
  /** `listener` is told of each live cluster once, when it is first known. */
  whenKnown(listener: (live: LiveCluster) => void): void;
  /** Resolves once nothing that was made in a cluster is left there, of the ones before too. */
  close(): Promise<void>;
}

const noChoice: LiveChoice = { trusted: false, picked: undefined, setting: '', kubeconfig: '' };

/** The context in use under a choice; empty for none. */
export function chosenContext({ trusted, picked, setting }: LiveChoice): string {
  return trusted ? (picked ?? setting) : '';
}

async function loadTrusted(loadModule: Runtime['live'], { trusted }: LiveChoice): Promise<LiveModule> {
  if (!trusted) throw new Error(restricted);
  if (loadModule === undefined) throw new Error('In a browser without a remote machine no cluster can be reached.');
  return loadModule();
}

/** @param onChange told when the cluster or what is known of its state has changed */
export function createLiveSource(loadModule: Runtime['live'], onChange: () => void): LiveSource {
  let choice = noChoice;
  let context = '';
  let live: LiveCluster | undefined;
  let problem = '';
  // Connecting takes a moment, in which another context may be chosen: what comes late is of an older generation.
  let generation = 0;
  const closing = new Set<Promise<void>>();
  let tellKnown: (live: LiveCluster) => void = () => undefined;
  let isTold = false;

  function leave(): void {
    if (live === undefined) return;
    const left = live.close();
    closing.add(left);
    void left.finally(() => closing.delete(left));
    live = undefined;
    isTold = false;
  }

  function changed(): void {
    if (live?.cluster() !== undefined && !isTold) {
      isTold = true;
      tellKnown(live);
    }
    onChange();
  }

  async function open(): Promise<void> {
    generation += 1;
    const mine = generation;
    leave();
    problem = '';
    context = chosenContext(choice);
    onChange();
    if (context === '') return;
    try {
      const module = await loadTrusted(loadModule, choice);
      if (mine !== generation) return;
      live = module.connect(context, {
        environment: module.environmentWith(choice.kubeconfig),
        onChange: () => {
          if (mine === generation) changed();
        },
      });
    } catch (error) {
      if (mine !== generation) return;
      problem = error instanceof Error ? error.message : String(error);
    }
    onChange();
  }

  return {
    current: () => (context === '' ? undefined : { context, live, cluster: live?.cluster(), problem }),
    choose(newChoice) {
      const isSame = chosenContext(newChoice) === context && newChoice.kubeconfig === choice.kubeconfig;
      choice = newChoice;
      if (!isSame) void open();
    },
    choice: () => choice,
    load: () => loadTrusted(loadModule, choice),
    refresh() {
      if (live === undefined) void open();
      else live.refresh();
    },
    whenKnown(listener) {
      tellKnown = listener;
    },
    async close() {
      generation += 1;
      leave();
      context = '';
      await Promise.allSettled(closing);
    },
  };
}
