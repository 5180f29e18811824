import { type Disposable, EventEmitter, l10n, Uri, workspace } from 'vscode';
import type { NodeDumpResult, NodeReader } from '../../server/src/protocol/node.ts';

/** Documents with what was read from a node; read-only, and gone with the window. */
export const nodeDumpScheme = 'iptables-node';

/** Where a dump came from, as its URI says. */
export interface NodeDumpOrigin {
  readonly context: string;
  readonly node: string;
}

interface Version {
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly readAt: number;
}

interface Kept {
  readonly origin: NodeDumpOrigin;
  readonly reader: NodeReader;
  readonly current: Version;
  readonly before: Version | undefined;
}

/** The dumps that were read from nodes, each with the one before it. */
export interface NodeDumps extends Disposable {
  /** Keeps what was read, and gives its documents' URIs in the order of the result. Open documents show it at once. */
  keep(origin: NodeDumpOrigin, reader: NodeReader, result: NodeDumpResult): readonly Uri[];
  /** How a dump was read; undefined where it was read in another window. */
  readerOf(uri: Uri): NodeReader | undefined;
  /** The two versions of a dump to compare; undefined where there is only one. */
  versionsOf(uri: Uri): { readonly before: Uri; readonly beforeAt: number; readonly currentAt: number } | undefined;
}

/** What a URI of ours says of its dump; undefined for another URI. */
export function nodeDumpOrigin(uri: Uri): NodeDumpOrigin | undefined {
  const [, context, node] = uri.path.split('/');
  if (uri.scheme !== nodeDumpScheme || context === undefined || node === undefined) return undefined;
  try {
    return { context: decodeURIComponent(context), node };
  } catch {
    // Not one that we made.
    return undefined;
  }
}

function uriOf({ context, node }: NodeDumpOrigin, { family, backend }: NodeDumpResult['dumps'][number]): Uri {
  const extension = family === 'ipv6' ? 'ip6tables' : 'iptables';
  const name = backend === 'default' ? node : `${node}.${backend}`;
  // A context may be named like a path or an ARN; the last part of the path is the title.
  return Uri.from({ scheme: nodeDumpScheme, path: `/${encodeURIComponent(context)}/${node}/${name}.${extension}` });
}

const beforeQuery = 'before';

/** Registers the provider of these documents. */
export function createNodeDumps(): NodeDumps {
  const kept = new Map<string, Kept>();
  const changed = new EventEmitter<Uri>();

  const isOpen = (uri: string): boolean => workspace.textDocuments.some((document) => document.uri.toString() === uri);

  const provider = workspace.registerTextDocumentContentProvider(nodeDumpScheme, {
    onDidChange: changed.event,
    provideTextDocumentContent: (uri) => {
      const entry = kept.get(uri.with({ query: '' }).toString());
      const version = uri.query === beforeQuery ? entry?.before : entry?.current;
      if (version !== undefined) return version.text;
      const node = nodeDumpOrigin(uri)?.node ?? '';
      return `# ${l10n.t('What was read from {0} is not kept when the window is closed.', node)}\n# ${l10n.t(
        'Run "iptables: Refresh Dump from Node" to read it again.',
      )}\n`;
    },
  });
  // A dump may have 20 MB: it is let go with its last document.
  const closed = workspace.onDidCloseTextDocument(({ uri }) => {
    if (uri.scheme !== nodeDumpScheme) return;
    const current = uri.with({ query: '' });
    if (!isOpen(current.toString()) && !isOpen(current.with({ query: beforeQuery }).toString())) kept.delete(current.toString());
  });

  return {
    keep: (origin, reader, { dumps, readAt }) =>
      dumps.map((dump) => {
        const uri = uriOf(origin, dump);
        const old = kept.get(uri.toString());
        kept.set(uri.toString(), { origin, reader, current: { text: dump.text, readAt }, before: old?.current });
        changed.fire(uri);
        changed.fire(uri.with({ query: beforeQuery }));
        return uri;
      }),
    readerOf: (uri) => kept.get(uri.with({ query: '' }).toString())?.reader,
    versionsOf: (uri) => {
      const entry = kept.get(uri.with({ query: '' }).toString());
      if (entry?.before === undefined) return undefined;
      return {
        before: uri.with({ query: beforeQuery }),
        beforeAt: entry.before.readAt,
        currentAt: entry.current.readAt,
      };
    },
    dispose: () => {
      provider.dispose();
      closed.dispose();
      changed.dispose();
    },
  };
}
