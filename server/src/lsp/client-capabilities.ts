import type { InitializeParams } from 'vscode-languageserver';

/** What the client says that it can do, as far as the server asks. */
export interface ClientAbilities {
  readonly canAskConfiguration: boolean;
  readonly canWatchFiles: boolean;
  readonly canChangeFolders: boolean;
  readonly canRefreshHints: boolean;
  readonly canRefreshLenses: boolean;
  readonly canRefreshDiagnostics: boolean;
  /** It asks for diagnostics itself. */
  readonly canPullDiagnostics: boolean;
  /** It takes a provider of implementations for files of another language. */
  readonly canRegisterImplementations: boolean;
  readonly asksTokensByRange: boolean;
  readonly hasLinkSupport: boolean;
  /** How many folding ranges it takes. */
  readonly mostFoldingRanges: number;
  /** Hovers may be Markdown; a client that does not say is one that shows it. */
  readonly hasMarkdown: boolean;
}

/** The abilities in `initialize`; what is not said is not there. */
export function abilitiesOf(capabilities: Partial<InitializeParams['capabilities']>): ClientAbilities {
  const { workspace, textDocument } = capabilities;
  return {
    canAskConfiguration: workspace?.configuration === true,
    canWatchFiles: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    canChangeFolders: workspace?.workspaceFolders === true,
    canRefreshHints: workspace?.inlayHint?.refreshSupport === true,
    canRefreshLenses: workspace?.codeLens?.refreshSupport === true,
    canRefreshDiagnostics: workspace?.diagnostics?.refreshSupport === true,
    canPullDiagnostics: textDocument?.diagnostic !== undefined,
    canRegisterImplementations: textDocument?.implementation?.dynamicRegistration === true,
    asksTokensByRange: Boolean(textDocument?.semanticTokens?.requests?.range),
    hasLinkSupport: textDocument?.definition?.linkSupport === true,
    mostFoldingRanges: mostRanges(textDocument?.foldingRange?.rangeLimit),
    hasMarkdown: takesMarkdown(textDocument?.hover?.contentFormat),
  };
}

function takesMarkdown(formats: unknown): boolean {
  return !Array.isArray(formats) || formats.includes('markdown');
}

function mostRanges(limit: unknown): number {
  return typeof limit === 'number' && limit >= 0 ? limit : Number.POSITIVE_INFINITY;
}
