import { canonicalDump } from '../kube/drift/canonical-dump.ts';
import { outputBytes } from './encode-bytes.ts';
import { readDump } from './read-dump.ts';
import { runSteps } from './run-steps.ts';

/**
 * `canonical DUMP`: the dump in one order, without counters and comment lines, so that a line-by-line comparison shows what differs in meaning. Bytes that are
 * no UTF-8 stay what they are. Throws UsageError.
 */
export function runCanonical(path: string): Buffer {
  const { file, ruleset } = readDump(path);
  return outputBytes(runSteps(canonicalDump(ruleset), `writing ${file} in order`).text);
}
