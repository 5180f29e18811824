/** Where packets have come in, and where they are about to leave. */
import type { Hook } from '../../types.ts';

/** Packets here have an interface that they came in through. */
export const incomingHooks: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD'];

/** Packets here have an interface that they will leave through. */
export const outgoingHooks: readonly Hook[] = ['FORWARD', 'OUTPUT', 'POSTROUTING'];
