const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does work that must be taken back where the program is told to end in the middle of it: the work is told so, and once it has settled the process ends by
 * that signal, as a shell expects. A second signal ends it at once.
 * @returns what the work gives; rejects as it does
 */
export async function untilSignal<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const ended = new AbortController();
  let by: NodeJS.Signals | undefined;
  const stop = (): void => {
    for (const signal of signals) process.removeListener(signal, end);
  };
  function end(signal: NodeJS.Signals): void {
    by = signal;
    stop();
    ended.abort();
  }
  for (const signal of signals) process.on(signal, end);
  try {
    return await work(ended.signal);
  } finally {
    stop();
    if (by !== undefined) process.kill(process.pid, by);
  }
}
