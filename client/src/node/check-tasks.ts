import {
  type Disposable,
  l10n,
  ProcessExecution,
  Task,
  type TaskDefinition,
  TaskScope,
  tasks,
  type Uri,
  type WorkspaceFolder,
  workspace,
} from 'vscode';

const type = 'iptables-inspect';

function filesOf(definition: TaskDefinition): readonly string[] {
  const files: unknown = definition['files'];
  return Array.isArray(files) ? files.filter((file) => typeof file === 'string') : [];
}

/** `iptables-inspect check` with the command line of the extension, in the very Node.js that VS Code brings. */
function checkTask(program: string, definition: TaskDefinition, scope: WorkspaceFolder | TaskScope): Task {
  const files = filesOf(definition);
  const execution = new ProcessExecution(process.execPath, [program, 'check', ...files], {
    env: { ELECTRON_RUN_AS_NODE: '1' },
    ...(typeof scope === 'object' ? { cwd: scope.uri.fsPath } : {}),
  });
  return new Task(definition, scope, l10n.t('check {0}', files.join(', ')), type, execution, '$iptables-inspect');
}

/** A dump's path in its workspace folder; undefined where it lies in none, or on no disk. */
function inFolder(uri: Uri): { readonly folder: WorkspaceFolder; readonly path: string } | undefined {
  const folder = uri.scheme === 'file' || uri.scheme === 'vscode-remote' ? workspace.getWorkspaceFolder(uri) : undefined;
  return folder === undefined ? undefined : { folder, path: workspace.asRelativePath(uri, false) };
}

/** Offers a task for each dump that is open, and runs those of tasks.json. */
export function provideCheckTasks(program: string): Disposable {
  return tasks.registerTaskProvider(type, {
    provideTasks: () =>
      workspace.textDocuments.flatMap(({ languageId, uri }) => {
        const place = languageId === 'iptables' ? inFolder(uri) : undefined;
        return place === undefined ? [] : [checkTask(program, { type, files: [place.path] }, place.folder)];
      }),
    resolveTask: ({ definition, scope }) =>
      filesOf(definition).length === 0 ? undefined : checkTask(program, definition, scope ?? TaskScope.Workspace),
  });
}
