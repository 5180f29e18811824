import { readFileSync } from 'node:fs';
import type { Cluster } from '../../server/src/cluster/cluster.ts';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import type { Ruleset } from '../../server/src/ruleset/ruleset.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';

export function rulesetOf(text: string, fileName = ''): Ruleset {
  return buildWholeRuleset(readWholeDocument(text, fileName));
}

export function rulesetFrom(path: string): Ruleset {
  return rulesetOf(readFileSync(path, 'utf8'), path);
}

/** A snapshot's text as a cluster; a snapshot that is none fails the test with what is wrong with it. */
export function clusterOf(text: string, label = 'cluster.json', readAt = 0): Cluster {
  const result = readSnapshot(text, label, readAt);
  if (!result.ok) throw new Error(result.error.message);
  return result.cluster;
}

export function clusterFrom(path: string): Cluster {
  return clusterOf(readFileSync(path, 'utf8'), path);
}
