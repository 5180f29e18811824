import {
  LSPErrorCodes,
  MessageType,
  ResponseError,
  type ServerCapabilities,
  ShowMessageNotification,
  type TextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import { notificationText } from '../base/safe-text.ts';
import { codeActions } from '../features/code-actions.ts';
import { codeLenses, lensUri, resolveCodeLens } from '../features/code-lenses.ts';
import { completion } from '../features/completion/completion.ts';
import { definition, definitionLocations } from '../features/definition.ts';
import { fixAll, fixAllKind, wantsKind } from '../features/fix-all.ts';
import { folding } from '../features/folding.ts';
import { formatting } from '../features/formatting.ts';
import { hover } from '../features/hover/hover.ts';
import { inlayHints } from '../features/inlay-hints.ts';
import { highlights, references } from '../features/references.ts';
import { isRefusal, linkedEditing, prepareRename, type Refusal, rename } from '../features/rename.ts';
import { selectionRanges } from '../features/selection-ranges.ts';
import { signatureHelp } from '../features/signature-help.ts';
import { type PodName, podWantedAt } from '../features/support/pod-wanted.ts';
import { documentSymbols, workspaceSymbols } from '../features/symbols.ts';
import { document, type Feature, feature, lensQuestions, part, place } from './feature.ts';
import { firstAnswer } from './first-answers.ts';
import { navigationFeatures } from './navigation-features.ts';
import { atPlacesInText, uriOf } from './places-in-text.ts';
import { answering, inSlices, type Session, withState } from './session.ts';
import { typedSince } from './typing.ts';

type RenameAnswer = WorkspaceEdit | Refusal | null;

type FormatAnswer = TextEdit[] | Refusal;

/** A refusal as a message and no edits: of an error to this request clients show only that there was one. */
function orSaid({ connection }: Session, answer: FormatAnswer | ResponseError<void>): TextEdit[] | ResponseError<void> {
  if (answer instanceof ResponseError || !isRefusal(answer)) return answer;
  const message = notificationText(answer.refusal);
  void connection.sendNotification(ShowMessageNotification.type, { type: MessageType.Info, message });
  return [];
}

/** A refusal as the protocol's error, whose message clients show. */
function orError<T extends object>(answer: T | ResponseError<void> | null): T | ResponseError<void> | null {
  if (answer === null || answer instanceof ResponseError || !isRefusal(answer)) return answer;
  return new ResponseError<void>(LSPErrorCodes.RequestFailed, answer.refusal);
}

/** Every request of the Language Server Protocol that is answered, and what is said of each. A new one is an entry here. */
const features: readonly Feature[] = [
  feature('textDocument/definition', { definitionProvider: true }, place, (session, { textDocument, position }, token) =>
    session.client.hasLinkSupport
      ? withState(session, textDocument.uri, token, [], (state) => definition(state, position))
      : withState(session, textDocument.uri, token, [], (state) => definitionLocations(state, position)),
  ),
  feature(
    'textDocument/references',
    { referencesProvider: true },
    place,
    (session, { textDocument, position }, token, message) => {
      const { context } = message as { readonly context?: { readonly includeDeclaration?: unknown } };
      const withDeclaration = context?.includeDeclaration === true;
      return withState(session, textDocument.uri, token, [], (state) => references(state, position, withDeclaration));
    },
  ),
  feature(
    'textDocument/documentHighlight',
    { documentHighlightProvider: true },
    place,
    (session, { textDocument, position }, token) =>
      withState(session, textDocument.uri, token, [], (state) => highlights(state, position)),
  ),
  feature('textDocument/documentSymbol', { documentSymbolProvider: true }, document, (session, { textDocument }, token) =>
    withState(session, textDocument.uri, token, [], documentSymbols),
  ),
  feature('workspace/symbol', { workspaceSymbolProvider: true }, ['query'], async (session, { query }, token) => {
    await Promise.allSettled(Array.from(session.dumps.values(), (dump) => dump.current()));
    return answering(session, () => inSlices(session, workspaceSymbols([...session.states.values()], query), token));
  }),
  feature('textDocument/foldingRange', { foldingRangeProvider: true }, document, (session, { textDocument }, token) =>
    withState(session, textDocument.uri, token, [], (state) => folding(state, session.client.mostFoldingRanges)),
  ),
  feature(
    'textDocument/selectionRange',
    { selectionRangeProvider: true },
    ['textDocument', 'positions'],
    (session, { textDocument, positions }, token) =>
      withState(session, textDocument.uri, token, [], (state) => selectionRanges(state, positions)),
  ),
  feature('textDocument/hover', { hoverProvider: true }, place, async (session, { textDocument: { uri }, position }, token) => {
    const wanted = await withState<PodName | undefined>(session, uri, token, undefined, (state) => podWantedAt(state, position));
    // Without an answer the hover says what is known.
    const pod =
      wanted === undefined || wanted instanceof ResponseError
        ? undefined
        : await session.clusters.podDetails(wanted.namespace, wanted.name).catch(() => undefined);
    const { hasMarkdown } = session.client;
    return withState(session, uri, token, null, (state) => hover(state, position, Date.now(), hasMarkdown, pod));
  }),
  feature(
    'textDocument/completion',
    // A blank asks for what must follow it; the others begin a word or a part of one.
    { completionProvider: { triggerCharacters: [' ', '-', '*', ':', ','] } },
    place,
    (session, { textDocument, position }, token, message) => {
      const { context } = message as { readonly context?: { readonly triggerCharacter?: unknown } };
      const request = { isAfterBlank: context?.triggerCharacter === ' ', markdown: session.client.hasMarkdown };
      const empty = { isIncomplete: false, items: [] };
      return withState(session, textDocument.uri, token, empty, (state) => {
        const dump = session.dumps.get(textDocument.uri);
        const typing = dump?.version === state.version ? dump.typing() : undefined;
        return completion(state, position, { ...request, typedSince: typedSince(typing, position) });
      });
    },
  ),
  feature(
    'textDocument/signatureHelp',
    { signatureHelpProvider: { triggerCharacters: [' ', ',', ':', '/', '-'] } },
    place,
    (session, { textDocument, position }, token) =>
      withState(session, textDocument.uri, token, null, (state) => signatureHelp(state, position, session.client.hasMarkdown)),
  ),
  feature(
    'textDocument/rename',
    { renameProvider: { prepareProvider: true } },
    [...place, 'newName'],
    async (session, { textDocument, position, newName }, token) =>
      orError(await withState<RenameAnswer>(session, textDocument.uri, token, null, (state) => rename(state, position, newName))),
  ),
  feature('textDocument/prepareRename', {}, place, async (session, { textDocument, position }, token) =>
    orError(await withState(session, textDocument.uri, token, null, (state) => prepareRename(state, position))),
  ),
  feature(
    'textDocument/linkedEditingRange',
    { linkedEditingRangeProvider: true },
    place,
    (session, { textDocument, position }, token) =>
      withState(session, textDocument.uri, token, null, (state) => linkedEditing(state, position)),
  ),
  feature('textDocument/formatting', { documentFormattingProvider: true }, document, async (session, { textDocument }, token) =>
    orSaid(session, await withState<FormatAnswer>(session, textDocument.uri, token, [], (state) => formatting(state))),
  ),
  feature(
    'textDocument/rangeFormatting',
    { documentRangeFormattingProvider: true },
    part,
    async (session, { textDocument, range }, token) =>
      orSaid(session, await withState<FormatAnswer>(session, textDocument.uri, token, [], (state) => formatting(state, range))),
  ),
  feature(
    'textDocument/codeAction',
    { codeActionProvider: { codeActionKinds: ['quickfix', fixAllKind] } },
    ['textDocument', 'range', 'codeActionContext'],
    (session, { textDocument: { uri }, range, codeActionContext: { diagnostics, only } }, token) => {
      const { severities } = session.settings;
      // Not where all kinds are asked for, as at each move of the cursor: it takes as long as looking at the whole document.
      const isFixAll = only !== undefined && wantsKind(only, fixAllKind);
      const canCopy = session.options.hasCopyNodeCommands;
      return withState(session, uri, token, [], function* (state) {
        const quick = wantsKind(only, 'quickfix') ? yield* codeActions(state, { range, diagnostics, severities, canCopy }) : [];
        return isFixAll ? [...quick, ...(yield* fixAll(state, severities))] : quick;
      });
    },
  ),
  feature('textDocument/inlayHint', { inlayHintProvider: true }, part, (session, { textDocument, range }, token) =>
    withState(session, textDocument.uri, token, [], (state) => inlayHints(state, range, session.settings.inlayHints)),
  ),
  feature(
    'textDocument/codeLens',
    { codeLensProvider: { resolveProvider: true } },
    document,
    (session, { textDocument }, token) =>
      withState(session, textDocument.uri, token, [], (state) => codeLenses(state, lensQuestions(session))),
  ),
  feature('codeLens/resolve', {}, ['lens'], (session, { lens }, token) => {
    const uri = lensUri(lens);
    return uri === undefined
      ? lens
      : withState(session, uri, token, lens, (state) => resolveCodeLens(state, lens, session.options.hasShowFlow));
  }),
  ...navigationFeatures,
];

/** What the server says that it can do. */
export function featureCapabilities(session: Session): ServerCapabilities {
  return Object.assign({}, ...features.map(({ capability }) => capability(session))) as ServerCapabilities;
}

/** Answers every request of the table. */
export function registerFeatures(session: Session): void {
  for (const { method, answer } of features) {
    const whole = atPlacesInText(session, (message, token) => answer(session, message, token));
    session.connection.onRequest(method, async (message, token) => {
      const text = session.awaited.until(uriOf(message));
      if (text !== undefined) await text;
      return (await firstAnswer(session, method, message, token)) ?? whole(message, token);
    });
  }
}

/** The methods of all features, in the order of the table. */
export const featureMethods: readonly string[] = features.map(({ method }) => method);
