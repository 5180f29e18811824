import { type Disposable, EventEmitter, Uri, workspace } from 'vscode';
import type { CompareResult } from '../../server/src/protocol/compare.ts';

/** Documents with a side of a comparison in canonical order; read-only, and gone with the window. */
export const comparedScheme = 'iptables-compared';

export type Compared = Extract<CompareResult, { readonly kind: 'compared' }>;

/** What was compared last, as a tree and as two documents. */
export interface Comparison {
  readonly result: Compared;
  /** "node-a.iptables ↔ node-b.iptables" */
  readonly title: string;
  readonly before: Uri;
  readonly after: Uri;
}

export interface ComparedDumps extends Disposable {
  /** Keeps a comparison in place of the one before. */
  keep(result: Compared, beforeName: string, afterName: string): Comparison;
}

/** A name as the last part of a path, by which the editor shows it and knows the language. */
function fileName(name: string): string {
  const safe = name.replaceAll(/[/\\?#]/g, '_');
  return /\.ip6?tables$/.test(safe) ? safe : `${safe}.iptables`;
}

/** Registers the provider of these documents. */
export function createComparedDumps(): ComparedDumps {
  const changed = new EventEmitter<Uri>();
  const texts = new Map<string, string>();
  let count = 0;
  const provider = workspace.registerTextDocumentContentProvider(comparedScheme, {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri) => texts.get(uri.toString()) ?? '',
  });
  return {
    keep: (result, beforeName, afterName) => {
      count += 1;
      // Large texts are let go with the comparison that they are of.
      texts.clear();
      const uriOf = (side: string, name: string, text: string): Uri => {
        const uri = Uri.from({ scheme: comparedScheme, path: `/${count}/${side}/${fileName(name)}` });
        texts.set(uri.toString(), text);
        return uri;
      };
      return {
        result,
        title: `${beforeName} \u2194 ${afterName}`,
        before: uriOf('before', beforeName, result.before),
        after: uriOf('after', afterName, result.after),
      };
    },
    dispose: () => {
      provider.dispose();
      changed.dispose();
    },
  };
}
