/** What is wrong on a node, as a document to read: by a bundle's files, or by a dump alone. */
import type { Steps } from '../base/steps.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { diagnoseSteps } from '../diagnose/diagnose.ts';
import { type SubjectParts, subjectSteps } from '../diagnose/make-subject.ts';
import { diagnosisMarkdown, diagnosisText } from '../diagnose/write-diagnosis.ts';
import type { BundleFile } from '../node/bundle-file.ts';
import { chooseRules, placeInBundle } from '../node/choose-rules.ts';
import { type NodeFacts, noFacts } from '../node/facts.ts';
import { judgeBundleSteps } from '../node/judge-bundle.ts';
import { isNamedPart, partKindOf } from '../node/part-kind.ts';
import { readTar } from '../node/tar.ts';
import { buildRuleset } from '../ruleset/build.ts';
import { readDocument } from '../syntax/document.ts';
import { nameInUri } from './support/name-in-uri.ts';
import type { DumpState } from './support/state.ts';

/** What is to be read, plain and as Markdown, or a sentence why there is none. */
export interface DiagnosisText {
  readonly text: string;
  readonly markdown: string;
  readonly reason: string;
}

export interface DiagnosisQuestion {
  /** Both empty for no question. */
  readonly from: string;
  readonly to: string;
}

function nothing(reason: string): DiagnosisText {
  return { text: '', markdown: '', reason };
}

function* textOf(parts: SubjectParts, { from, to }: DiagnosisQuestion): Steps<DiagnosisText> {
  if ((from === '') !== (to === ''))
    return nothing('A question needs both ends: where a packet comes from, and where it is to go.');
  const subject = yield* subjectSteps(parts);
  const answer = yield* diagnoseSteps(subject, from === '' ? null : { from, to });
  if (!answer.ok) return nothing(answer.message);
  const { diagnosis } = answer;
  return { text: `${diagnosisText(diagnosis).join('\n')}\n`, markdown: diagnosisMarkdown(diagnosis), reason: '' };
}

/** What is wrong by an open dump alone, which says where it could not look. */
export function* diagnoseDump(state: DumpState, question: DiagnosisQuestion): Steps<DiagnosisText> {
  const { document, ruleset, cluster, uri } = state;
  const file = nameInUri(uri);
  const { origin } = state.resolution();
  const facts = origin.facts ?? noFacts;
  return yield* textOf(
    { facts, document, ruleset, cluster, origin, others: [], place: (line) => ({ file, line: line + 1 }) },
    question,
  );
}

/** Where a cluster comes from. */
export interface DiagnosisClusters {
  /** The one to use where a bundle has none. */
  readonly given: Cluster;
  /** Reads a bundle's own; undefined for a text that is none. */
  readonly read: (text: string, file: string) => Steps<Cluster | undefined>;
}

function* clusterOf({ cluster }: NodeFacts, { given, read }: DiagnosisClusters): Steps<Cluster> {
  return cluster === null ? given : ((yield* read(cluster.text, cluster.file)) ?? given);
}

/**
 * What is wrong by a bundle's files.
 * @param uri the bundle's, for its name
 * @param notes what could not be read of it
 */
export function* diagnoseFiles(
  uri: string,
  files: readonly BundleFile[],
  notes: readonly string[],
  clusters: DiagnosisClusters,
  question: DiagnosisQuestion,
): Steps<DiagnosisText> {
  const answer = yield* judgeBundleSteps('a directory', files, notes);
  if (!answer.ok) return nothing(`${nameInUri(uri)} ${answer.message}.`);
  const { facts } = answer;
  const chosen = chooseRules(facts);
  if (chosen === undefined) return nothing(`${nameInUri(uri)} holds no rules of iptables.`);
  const document = yield* readDocument(chosen.text, chosen.parts[0]?.rules.file ?? '');
  const ruleset = yield* buildRuleset(document);
  const cluster = yield* clusterOf(facts, clusters);
  const node = facts.meta?.node === '' ? undefined : facts.meta?.node;
  const origin = { node, fileName: uri, facts };
  return yield* textOf(
    { facts, document, ruleset, cluster, origin, others: chosen.others, place: (line) => placeInBundle(chosen, line) },
    question,
  );
}

/** The files of an archive, and what was left out of it; a sentence where it is none. */
export function filesOfArchive(
  bytes: Uint8Array,
): { readonly files: readonly BundleFile[]; readonly notes: readonly string[] } | string {
  const answer = readTar(bytes);
  if (!answer.ok) return answer.message;
  const decoder = new TextDecoder();
  const files = answer.files.map(({ path, bytes: content }) => ({ path, text: decoder.decode(content) }));
  return { files, notes: answer.notes };
}

/** Parts of a bundle that say more of a node than its rules do and are small, so that they are read with a dump. */
const beside: ReadonlySet<string> = new Set([
  'sets',
  'addresses',
  'routes',
  'policy-rules',
  'links',
  'bridge-ports',
  'forwarding',
  'neighbours',
  'sysctls',
  'recent-list',
  'proxy-configuration',
  'meta',
]);

/** Whether a file of this name is a part of a bundle that is read with a dump beside it. */
export function isBesideDump(name: string): boolean {
  return beside.has(partKindOf(name, '') ?? '');
}

/** Whether a path has the plain name of a bundle's part. */
export function isPartOfBundle(path: string): boolean {
  return isNamedPart(path);
}

/** Whether a file of this name is a bundle's rules, so that what lies beside it is of the same node. */
export function isBundleRules(name: string): boolean {
  return partKindOf(name, '') === 'rules';
}
