/** What was found in a large text is kept, so that it is shown at once when the text is opened again, also after a restart of the editor. */
import { Diagnostic } from 'vscode-languageserver';
import { jsonSteps } from '../base/json-steps.ts';
import { visibleLines } from '../base/safe-text.ts';
import { joinedSteps, type Steps } from '../base/steps.ts';
import { documentationUrl } from '../lint/registry.ts';
import type { Settings } from '../protocol/requests.ts';
import type { KeptTexts } from './runtime.ts';

/** A smaller text is read in the time that looking it up takes. */
const fewestCharacters = 1_000_000;
/** Telling one text from all others takes some milliseconds for each million characters. */
const mostCharacters = 40_000_000;

/** Whether what is found in a text of this length is kept: one that takes long to read. */
export function mayKeepText(length: number): boolean {
  return length >= fewestCharacters && length <= mostCharacters;
}

/** The diagnostics of documents as they were opened. */
export interface KeptDiagnostics {
  /** Whether what is found in a text of this length is kept: one that takes long to read. */
  mayKeep(length: number): boolean;
  /** A document is being opened, and of its text the digest is there: `open` by that. */
  openByDigest(uri: string, version: number, sha256: string): void;
  /** The same by the digest of the bytes that its text came in as; nothing is known of a text that did not come in so before. */
  openByBytes(uri: string, version: number, bytesSha256: string): void;
  /** Whether a version of a document with this text was opened by its digest. */
  isOpen(uri: string, version: number, text: string): boolean;
  /** Whether it takes no time to tell what was found in a text before. */
  isQuick(text: string): boolean;
  /** A document was opened. What was found in it before is known when the steps have run. */
  open(uri: string, version: number, text: string): Steps<void>;
  /** Whether something is kept of the version of a document that was opened. */
  isKept(uri: string, version: number): boolean;
  /** What was found in the version of a document that was opened, when it was opened before in the same circumstances. */
  foundBefore(uri: string, version: number): Diagnostic[] | undefined;
  /** Keeps what was found now in the version that was opened, when the steps have run. */
  keep(uri: string, version: number, found: readonly Diagnostic[]): Steps<void>;
  close(uri: string): void;
}

interface OpenedDocument {
  readonly version: number;
  readonly key: string;
  /** What stands in the cache. */
  kept: string | undefined;
}

/** Keeps diagnostics in `texts`, or nothing where that is undefined. */
export function createKeptDiagnostics(texts: KeptTexts | undefined, settings: () => Settings): KeptDiagnostics {
  const documents = new Map<string, OpenedDocument>();
  const opened = (uri: string, version: number): OpenedDocument | undefined => {
    const document = documents.get(uri);
    return document?.version === version ? document : undefined;
  };
  const openByKey = ({ read }: KeptTexts, uri: string, version: number, key: string): void => {
    documents.set(uri, { version, key, kept: read(key) });
  };
  const mayKeep = (length: number): boolean => texts !== undefined && mayKeepText(length);
  return {
    mayKeep,
    openByDigest(uri, version, sha256) {
      if (texts !== undefined) openByKey(texts, uri, version, texts.keyOfDigest(sha256));
    },
    openByBytes(uri, version, bytesSha256) {
      const key = texts?.keyOfBytes(bytesSha256);
      if (texts !== undefined && key !== undefined) openByKey(texts, uri, version, key);
    },
    isOpen(uri, version, text) {
      const document = opened(uri, version);
      return document !== undefined && document.key === texts?.knownKeyOf(text);
    },
    isQuick: (text) => texts?.knownKeyOf(text) !== undefined,
    *open(uri, version, text) {
      documents.delete(uri);
      if (texts === undefined || !mayKeep(text.length)) return;
      openByKey(texts, uri, version, yield* texts.keyOf(text));
    },
    isKept: (uri, version) => opened(uri, version)?.kept !== undefined,
    foundBefore(uri, version) {
      const kept = opened(uri, version)?.kept;
      return kept === undefined ? undefined : readKept(kept, uri, settings());
    },
    *keep(uri, version, found) {
      const document = opened(uri, version);
      if (document === undefined) return;
      const text = yield* joinedSteps(yield* jsonSteps([circumstances(uri, settings()), found]), '');
      yield;
      if (text !== document.kept) texts?.write(document.key, text);
      texts?.writeBytes(document.key);
      document.kept = text;
    },
    close(uri) {
      documents.delete(uri);
    },
  };
}

/** What diagnostics depend on besides their text. */
function circumstances(uri: string, { severities, maxDiagnostics }: Settings): string {
  return JSON.stringify([uri, [...severities], maxDiagnostics]);
}

function isAsMadeHere(diagnostic: unknown): diagnostic is Diagnostic {
  if (!Diagnostic.is(diagnostic)) return false;
  const { message, code, codeDescription, relatedInformation = [] } = diagnostic;
  const texts: readonly unknown[] = [message, ...relatedInformation.map((place) => place.message)];
  if (!texts.every((text) => typeof text === 'string' && visibleLines(text) === text)) return false;
  return codeDescription === undefined || codeDescription.href === documentationUrl(String(code));
}

function readKept(kept: string, uri: string, settings: Settings): Diagnostic[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(kept);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value) || value.length !== 2 || value[0] !== circumstances(uri, settings)) return undefined;
  const found: unknown = value[1];
  return Array.isArray(found) && found.every(isAsMadeHere) ? found : undefined;
}
