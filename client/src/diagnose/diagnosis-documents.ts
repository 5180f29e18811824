/** Diagnoses as read-only documents: with links to the lines that are evidence, and what to do with the whole above the first line. */
import {
  CodeLens,
  commands,
  type Disposable,
  DocumentLink,
  EventEmitter,
  env,
  l10n,
  languages,
  Range,
  type TextDocument,
  Uri,
  workspace,
} from 'vscode';
import type { DiagnoseResult } from '../../../server/src/protocol/trace.ts';
import { fileNameOf } from '../file-name.ts';
import { showInStatusBar } from '../show.ts';

/** Nothing else has such a URI. */
export const diagnosisScheme = 'iptables-diagnosis';
export const copyDiagnosisCommand = 'iptables.copyDiagnosis';
export const askDiagnosisCommand = 'iptables.askDiagnosis';
const mostKept = 20;
/** How the server's text begins a line of evidence. */
const evidence = '   seen in ';

/** What was diagnosed. */
export interface DiagnosisSource {
  readonly uri: Uri;
  /** Whether it was a dump in the editor, not a bundle. */
  readonly isDump: boolean;
}

interface Kept extends DiagnoseResult {
  readonly source: DiagnosisSource;
}

export interface DiagnosisDocuments extends Disposable {
  /** Keeps a diagnosis under a URI of its own, whose tab has the source's name. */
  keep(source: DiagnosisSource, result: DiagnoseResult): Uri;
  /** What a document of this kind is of; undefined for another. */
  sourceOf(uri: Uri): DiagnosisSource | undefined;
}

function linksOf(document: TextDocument, { files }: Kept): readonly DocumentLink[] {
  const links: DocumentLink[] = [];
  for (let line = 0; line < document.lineCount; line += 1) {
    const { text } = document.lineAt(line);
    if (!text.startsWith(evidence)) continue;
    const file = files.find(({ name }) => text.startsWith(`${evidence}${name} line `));
    if (file === undefined) continue;
    const start = evidence.length;
    const digits = /^\d{1,9}/.exec(text.slice(start + file.name.length + ' line '.length))?.[0] ?? '';
    if (digits === '') continue;
    const end = start + file.name.length + ' line '.length + digits.length;
    const link = new DocumentLink(new Range(line, start, line, end), Uri.parse(file.uri).with({ fragment: `L${digits}` }));
    link.tooltip = l10n.t('Open the line');
    links.push(link);
  }
  return links;
}

/** Registers the documents, their links and what stands above them. */
export function createDiagnosisDocuments(): DiagnosisDocuments {
  const kept = new Map<string, Kept>();
  const changed = new EventEmitter<void>();
  let shown = 0;
  const lensesOf = ({ uri }: TextDocument): readonly CodeLens[] => {
    if (!kept.has(uri.toString())) return [];
    const top = new Range(0, 0, 0, 0);
    const lens = (title: string, command: string, of = uri): CodeLens => new CodeLens(top, { title, command, arguments: [of] });
    const markdown = uri.with({ path: uri.path.replace(/\.txt$/, '.md') });
    return [
      lens(l10n.t('Copy for a Ticket'), copyDiagnosisCommand),
      lens(l10n.t('Ask about a Packet...'), askDiagnosisCommand),
      lens(l10n.t('Open Preview'), 'markdown.showPreview', markdown),
    ];
  };
  const selector = { scheme: diagnosisScheme };
  const parts: readonly Disposable[] = [
    changed,
    workspace.registerTextDocumentContentProvider(diagnosisScheme, {
      provideTextDocumentContent: (uri) => {
        const found = kept.get(uri.with({ path: uri.path.replace(/\.md$/, '.txt') }).toString());
        if (found === undefined) return l10n.t('This diagnosis is gone: diagnose again.');
        return uri.path.endsWith('.md') ? found.markdown : found.text;
      },
    }),
    languages.registerDocumentLinkProvider(selector, {
      provideDocumentLinks: (document) => {
        const found = kept.get(document.uri.toString());
        return found === undefined ? [] : [...linksOf(document, found)];
      },
    }),
    languages.registerCodeLensProvider(selector, {
      onDidChangeCodeLenses: changed.event,
      provideCodeLenses: (document) => [...lensesOf(document)],
    }),
    commands.registerCommand(copyDiagnosisCommand, async (uri?: unknown) => {
      const found = uri instanceof Uri ? kept.get(uri.toString()) : undefined;
      if (found === undefined) return;
      await env.clipboard.writeText(found.markdown);
      showInStatusBar(l10n.t('The diagnosis is on the clipboard'), 5_000);
    }),
  ];
  return {
    keep(source, result) {
      shown += 1;
      const uri = Uri.from({ scheme: diagnosisScheme, path: `/${shown}/${fileNameOf(source.uri)} diagnosis.txt` });
      const files = result.files.toSorted((a, b) => b.name.length - a.name.length);
      kept.set(uri.toString(), { ...result, files, source });
      for (const key of kept.keys()) if (kept.size > mostKept) kept.delete(key);
      changed.fire();
      return uri;
    },
    sourceOf: (uri) => kept.get(uri.toString())?.source,
    dispose: () => {
      for (const part of parts) part.dispose();
    },
  };
}
