import { runToEnd } from '../../server/src/base/steps.ts';
import { chainIndexOf } from '../../server/src/kube/identity/hash-index.ts';
import { lint } from '../../server/src/lint/registry.ts';
import { buildWholeRuleset } from '../../server/src/ruleset/build.ts';
import { readWholeDocument } from '../../server/src/syntax/document.ts';
import { clusterOf } from '../support/dumps.ts';
import { generateCluster, generateDump, type LoadShape } from './generate.ts';
import { median, timed } from './statistics.ts';

export interface ModelFigures {
  readonly lines: number;
  readonly bytes: number;
  /** Medians in milliseconds. */
  readonly parse: number;
  readonly index: number;
  readonly lint: number;
  /** Hashing every Service port and endpoint of the cluster, once. */
  readonly hashes: number;
}

const runs = 5;

/** What reading a generated dump takes within one process, part by part. */
export function measureModel(shape: LoadShape): ModelFigures {
  const text = generateDump(shape);
  const parse: number[] = [];
  const index: number[] = [];
  const findings: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const document = timed(() => readWholeDocument(text));
    const ruleset = timed(() => buildWholeRuleset(document.value));
    parse.push(document.milliseconds);
    index.push(ruleset.milliseconds);
    findings.push(timed(() => runToEnd(lint({ document: document.value, ruleset: ruleset.value }))).milliseconds);
  }
  const snapshot = JSON.stringify(generateCluster(shape));
  const hashes = Array.from({ length: 3 }, () => {
    const cluster = clusterOf(snapshot);
    return timed(() => {
      for (const _ of chainIndexOf(cluster).prepare()) {
        // To the end.
      }
    }).milliseconds;
  });
  return {
    lines: text.split('\n').length - 1,
    bytes: Buffer.byteLength(text),
    parse: median(parse),
    index: median(index),
    lint: median(findings),
    hashes: median(hashes),
  };
}
