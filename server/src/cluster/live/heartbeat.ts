import type { Api } from './api.ts';
import type { Timing } from './timing.ts';

export interface Heartbeat {
  /** Since when the server has not answered, though no connection is broken, in milliseconds since 1970; 0 where it does. */
  silentSince(): number;
  stop(): void;
}

/**
 * Notices a server that hangs, which breaks no connection: after a silence it is asked whether it is still there.
 * @param isNeeded whether anything relies on its being there
 * @param onChange told when it falls silent, and when it is heard again
 */
export function startHeartbeat(api: Api, timing: Timing, isNeeded: () => boolean, onChange: () => void): Heartbeat {
  let silentSince = 0;
  let isStopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function beat(): Promise<void> {
    const isQuiet = api.silentFor() >= timing.heartbeat;
    const isThere = !isQuiet || !isNeeded() || (await api.answers(AbortSignal.timeout(timing.heartbeatPatience)));
    const since = isThere ? 0 : api.heardAt();
    if (isStopped || since === silentSince) return;
    silentSince = since;
    onChange();
  }

  function next(): void {
    if (isStopped) return;
    // Whoever waits for it wants to know soon that it is back.
    const interval = silentSince === 0 ? timing.heartbeat : Math.min(timing.heartbeat, timing.longestOffline);
    timer = setTimeout(() => void beat().finally(next), interval);
    // No reason by itself to keep a process alive.
    timer.unref();
  }

  next();
  return {
    silentSince: () => silentSince,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
