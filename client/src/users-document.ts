import { type Uri, workspace } from 'vscode';
import { nodeDumpScheme } from './node-dumps.ts';

const ownSchemes = new Set(['file', 'untitled', 'vscode-remote', nodeDumpScheme]);

/**
 * Whether a document is the user's own and not a version of one that is kept elsewhere (Git's, the Timeline's, one side of a comparison):
 * it lies in the workspace, may be written, was never saved, or was read from a node.
 */
export function isUsersDocument(uri: Uri): boolean {
  if (ownSchemes.has(uri.scheme) || workspace.fs.isWritableFileSystem(uri.scheme) === true) return true;
  return workspace.getWorkspaceFolder(uri) !== undefined;
}
