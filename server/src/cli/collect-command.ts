import { collectScript } from '../node/collect-script.ts';
import { UsageError } from './usage-error.ts';

export interface CollectCommandOptions {
  readonly script?: boolean;
}

/** `collect --script`: the script that collects a node bundle. Throws UsageError where nothing is asked for. */
export function runCollect(options: CollectCommandOptions): string {
  if (options.script === true) return collectScript;
  throw new UsageError(
    'collect needs --script: a shell script for the node, as in: ssh NODE "sudo sh -s" < collect.sh > bundle.tar',
  );
}
