import { type Diagnostic, Uri } from 'vscode';

/**
 * The diagnostic with a link to its finding's page in the extension, which opens without a network; a code without a link stays without.
 * Only codes of findings have one: letters and dashes, so that none leads out of the folder.
 */
export function withPage(diagnostic: Diagnostic, extensionUri: Uri): Diagnostic {
  const { code } = diagnostic;
  if (typeof code !== 'object' || typeof code.value !== 'string' || !/^[a-z][a-z-]*$/.test(code.value)) return diagnostic;
  diagnostic.code = { value: code.value, target: Uri.joinPath(extensionUri, 'docs/findings', `${code.value}.md`) };
  return diagnostic;
}
