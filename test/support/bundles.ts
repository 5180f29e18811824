/** Node bundles for tests: recorded ones, what a change makes of them, and what is diagnosed of them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { snapshotSteps } from '../../server/src/cluster/snapshot.ts';
import { diagnoseSteps } from '../../server/src/diagnose/diagnose.ts';
import type { Diagnosis } from '../../server/src/diagnose/diagnosis.ts';
import type { DiagnoseQuestion } from '../../server/src/diagnose/journey.ts';
import { subjectSteps } from '../../server/src/diagnose/make-subject.ts';
import { readBundle } from '../../server/src/node/bundle.ts';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { chooseRules, placeInBundle } from '../../server/src/node/choose-rules.ts';
import { readTar } from '../../server/src/node/tar.ts';
import { buildRuleset } from '../../server/src/ruleset/build.ts';
import { readDocument } from '../../server/src/syntax/document.ts';

const fixtures = resolve(import.meta.dirname, '../fixtures/bundles');

/** The path of a recorded bundle, an archive. */
export function bundlePath(name: string): string {
  return resolve(fixtures, `${name}.tar.gz`);
}

/** The files of a recorded bundle. */
export function bundleFiles(name: string): readonly BundleFile[] {
  const answer = readTar(gunzipSync(readFileSync(bundlePath(name))));
  if (!answer.ok) throw new Error(answer.message);
  return answer.files.map(({ path, bytes }) => ({ path, text: Buffer.from(bytes).toString('utf8') }));
}

/** What a change makes of a file's text; null takes the file away. One that is not there starts empty. */
export type Changes = Readonly<Record<string, ((text: string) => string) | string | null>>;

export function withChanges(files: readonly BundleFile[], changes: Changes): readonly BundleFile[] {
  const changed = files.flatMap((file): readonly BundleFile[] => {
    const change = Object.hasOwn(changes, file.path) ? changes[file.path] : undefined;
    if (change === undefined) return [file];
    if (change === null) return [];
    const text = typeof change === 'string' ? change : change(file.text);
    if (text === file.text) throw new Error(`The change of ${file.path} changes nothing.`);
    return [{ path: file.path, text }];
  });
  const present = new Set(files.map(({ path }) => path));
  const added = Object.entries(changes).flatMap(([path, change]): readonly BundleFile[] =>
    present.has(path) || change === null ? [] : [{ path, text: typeof change === 'string' ? change : change('') }],
  );
  return [...changed, ...added];
}

/** What is diagnosed of a bundle; throws where the question is refused. */
export function diagnosed(files: readonly BundleFile[], question: DiagnoseQuestion | null = null): Diagnosis {
  const facts = readBundle(files);
  const chosen = chooseRules(facts);
  if (chosen === undefined) throw new Error('The bundle has no rules.');
  const document = runToEnd(readDocument(chosen.text, 'iptables-save.txt'));
  const ruleset = runToEnd(buildRuleset(document));
  const snapshot = facts.cluster === null ? null : runToEnd(snapshotSteps(facts.cluster.text, 'cluster.json', 0));
  if (snapshot !== null && !snapshot.ok) throw new Error(snapshot.error.message);
  const subject = runToEnd(
    subjectSteps({
      facts,
      document,
      ruleset,
      cluster: snapshot?.cluster ?? emptyCluster,
      origin: { node: facts.meta?.node },
      others: chosen.others,
      place: (line) => placeInBundle(chosen, line),
    }),
  );
  const answer = runToEnd(diagnoseSteps(subject, question));
  if (!answer.ok) throw new Error(answer.message);
  return answer.diagnosis;
}

/** The codes of a diagnosis in their order. */
export function codesOf({ causes }: Diagnosis): readonly string[] {
  return causes.map(({ code }) => code);
}
