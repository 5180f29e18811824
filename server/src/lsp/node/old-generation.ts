/**
 * Has V8 collect what is old as soon as it has grown by a fifth, beside the program. Each version of a large dump leaves tens of megabytes behind, which would pile up to several
 * times of what is in use. While the first dump is read nearly all stays, and to look for what does not is a tenth of the time to its first diagnostics.
 */
export function collectOften(): void {
  // Node.js before 22.3 does not give it, and takes the memory.
  process.getBuiltinModule?.('node:v8')?.setFlagsFromString('--heap-growing-percent=20');
}

/** V8 begins to look where so many percent of what it may grow by are in use; with 0 it decides itself. */
const neverPercent = 100_000;
let held = 0;

/**
 * Has V8 not begin to look for what is no longer in use while a message of megabytes comes in, up to 32 MB beyond where it would: all of it is in use, and the look would take some
 * ten milliseconds of the opening of a document. Gives what ends it, once.
 */
export function holdCollection(): () => void {
  const set = (percent: number): void =>
    process.getBuiltinModule?.('node:v8')?.setFlagsFromString(`--incremental-marking-hard-trigger=${percent}`);
  held += 1;
  if (held === 1) set(neverPercent);
  return () => {
    held -= 1;
    if (held === 0) set(0);
  };
}
