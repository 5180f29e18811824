/** Short runs without what V8 does for long ones. */

type V8 = Pick<typeof import('node:v8'), 'setFlagsFromString'>;

/** A dump of so many bytes is checked before code that is optimized for it is of use. */
const mostBytes = 65_536;
const mostSeconds = 0.1;
const compilers = ['maglev', 'turbofan'];

let left: { readonly v8: V8; readonly until: number } | undefined;

/** What sets V8's flags; undefined where it is not known how they stand: by default in this Node.js, on these processors, where nobody gave any. */
function knownV8(): V8 | undefined {
  const isKnown = process.version.startsWith('v24.') && (process.arch === 'x64' || process.arch === 'arm64');
  const isGiven = process.execArgv.length > 0 || /jitless/.test(process.env['NODE_OPTIONS'] ?? '');
  return isKnown && !isGiven ? process.getBuiltinModule('node:v8') : undefined;
}

/**
 * Has V8 optimize nothing of what is run from now on, for a tenth of a second at most, where so few bytes are looked at. Else it optimizes 40 functions while a small dump is checked, and is
 * ready when that is done: that takes a tenth of the time and of the memory, most of it on another processor. To load what sets flags takes 2 ms.
 */
export function leaveUnoptimized(bytes: number, v8Of: () => V8 | undefined = knownV8): void {
  if (bytes > mostBytes || left !== undefined) return;
  const v8 = v8Of();
  if (v8 === undefined) return;
  left = { v8, until: process.uptime() + mostSeconds };
  for (const name of compilers) v8.setFlagsFromString(`--no-${name}`);
}

/** Has V8 optimize again, as always. Code that is kept is made for the flags of V8 that are set then. */
export function optimizeAgain(): void {
  for (const name of compilers) left?.v8.setFlagsFromString(`--${name}`);
  left = undefined;
}

/** Has V8 optimize again where a run is not as short as it looked. To be called often. */
export function optimizeLongRun(): void {
  if (left !== undefined && process.uptime() > left.until) optimizeAgain();
}
