/** Nothing that lasts longer than this keeps a process that was told to end. */
const longestCleanUp = 5_000;

const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Has `cleanUp` run before the process ends: after "exit", when its input or channel is closed or its parent is gone, on a signal. The library ends the
 * process by process.exit in all of these, at once and from places that cannot be reached otherwise, so that is where to wait.
 */
export function cleanUpBeforeExit(cleanUp: () => Promise<void>): void {
  const exit = process.exit.bind(process);
  let isEnding = false;

  function end(code: number): void {
    if (isEnding) return;
    isEnding = true;
    setTimeout(() => exit(code), longestCleanUp);
    cleanUp().then(
      () => exit(code),
      () => exit(code),
    );
  }

  process.exit = ((code?: number | string | null) => end(Number(code ?? process.exitCode ?? 0))) as typeof process.exit;
  // A parent that is gone is noticed by the library within some seconds; a closed channel says so at once.
  process.on('disconnect', () => end(0));
  for (const [signal, number] of Object.entries(signals)) process.on(signal, () => end(128 + number));
}
