/**
 * Stands in for the module that only VS Code provides, in tests of the client's logic: URIs are VS Code's own, events are events, files are
 * in memory, and what would be shown is written down. What a test does not need is not here.
 */
import { URI, Utils } from 'vscode-uri';

export interface Disposable {
  dispose(): void;
}

export class EventEmitter<T> {
  readonly #listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void): Disposable => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

export const Uri = Object.assign(URI, { joinPath: Utils.joinPath });
export type Uri = URI;

export class CancellationTokenSource {
  readonly token = { isCancellationRequested: false };
  cancel(): void {
    this.token.isCancellationRequested = true;
  }
  dispose(): void {}
}

export class Position {
  readonly line: number;
  readonly character: number;
  constructor(line: number, character: number) {
    this.line = line;
    this.character = character;
  }
}

export class Range {
  readonly start: Position;
  readonly end: Position;
  constructor(start: Position, end: Position) {
    this.start = start;
    this.end = end;
  }
}

export class Selection extends Range {}

export class RelativePattern {
  readonly base: Uri;
  readonly pattern: string;
  constructor(base: Uri, pattern: string) {
    this.base = base;
    this.pattern = pattern;
  }
}

export class ThemeIcon {
  readonly id: string;
  constructor(id: string) {
    this.id = id;
  }
}

export class ThemeColor extends ThemeIcon {}

export class TabInputText {}

/** Text that VS Code would read as Markdown, and text that it would not. */
export class MarkdownString {
  value = '';
  appendText(text: string): this {
    // As VS Code does it (base/common/htmlContent.ts, escapeMarkdownSyntaxTokens).
    this.value += text.replace(/[\\`*_{}[\]()#+\-!~]/g, '\\$&').replace(/\n/g, '\n\n');
    return this;
  }
}

/** What a test says that was not met: every text of it is Markdown, or shown as it is. */
export class TestMessage {
  location: unknown;
  expectedOutput: string | undefined;
  actualOutput: string | undefined;
  readonly message: MarkdownString;
  constructor(message: MarkdownString) {
    this.message = message;
  }
  static diff(message: MarkdownString, expected: string, actual: string): TestMessage {
    return Object.assign(new TestMessage(message), { expectedOutput: expected, actualOutput: actual });
  }
}

export class TreeItem {
  readonly label: string;
  readonly collapsibleState: number;
  description: string | undefined;
  tooltip: MarkdownString | undefined;
  iconPath: ThemeIcon | undefined;
  command: object | undefined;
  accessibilityInformation: { readonly label: string } | undefined;
  constructor(label: string, collapsibleState: number) {
    this.label = label;
    this.collapsibleState = collapsibleState;
  }
}

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 } as const;
export const ProgressLocation = { SourceControl: 1, Window: 10, Notification: 15 } as const;
export const QuickPickItemKind = { Separator: -1, Default: 0 } as const;
export const LanguageStatusSeverity = { Information: 0, Warning: 1, Error: 2 } as const;
export const ViewColumn = { Active: -1, Beside: -2, One: 1 } as const;
export const UIKind = { Desktop: 1, Web: 2 } as const;

export const l10n = {
  t: (message: string, ...values: readonly unknown[]): string =>
    message.replace(/\{(\d+)\}/g, (_, at: string) => String(values[Number(at)])),
};

/** A text that was shown, and where. */
export interface ShownText {
  readonly way: string;
  readonly text: string;
}

interface TreeOptions {
  readonly treeDataProvider: {
    readonly onDidChangeTreeData: (listener: (node: unknown) => void) => Disposable;
    getTreeItem(node: unknown): TreeItem;
    getChildren(node?: unknown): Promise<readonly unknown[]>;
  };
}

/** A tree in the side bar, which a test may show, hide and read. */
export interface FakeTree extends TreeOptions {
  visible: boolean;
  /** The rows that the user has selected. */
  selection: readonly unknown[];
  readonly visibility: EventEmitter<{ readonly visible: boolean }>;
  readonly badge: { readonly value: number } | undefined;
  readonly message: string;
}

/** What happened, and what happens next; `resetVscode` brings it back to the beginning. */
export const fake = {
  shown: [] as ShownText[],
  /** What the user presses or picks next. */
  answers: [] as unknown[],
  /** The files that are there: URI to text. */
  files: new Map<string, string>(),
  written: new Map<string, Uint8Array>(),
  opened: [] as string[],
  /** The documents that are open. */
  documents: [] as object[],
  saveTarget: undefined as Uri | undefined,
  /** What settings.json says of this extension, of whatever type. */
  settings: {} as Readonly<Record<string, unknown>>,
  renamed: new EventEmitter<{ readonly files: readonly { readonly oldUri: Uri; readonly newUri: Uri }[] }>(),
  deleted: new EventEmitter<{ readonly files: readonly Uri[] }>(),
  closed: new EventEmitter<{ readonly uri: Uri }>(),
  trusted: new EventEmitter<void>(),
  created: new EventEmitter<Uri>(),
  vanished: new EventEmitter<Uri>(),
  /** The trees that were made, by the view that they are in. */
  trees: new Map<string, FakeTree>(),
  commands: new Map<string, (...values: readonly unknown[]) => unknown>(),
};

export function resetVscode(): void {
  fake.shown.length = 0;
  fake.answers.length = 0;
  fake.files.clear();
  fake.trees.clear();
  fake.commands.clear();
  fake.written.clear();
  fake.opened.length = 0;
  fake.documents = [];
  fake.saveTarget = undefined;
  fake.settings = {};
}

function show(way: string, ...texts: readonly (string | undefined)[]): void {
  for (const text of texts) if (text !== undefined) fake.shown.push({ way, text });
}

const notify =
  (way: string) =>
  async (message: string, options?: { readonly detail?: string } | string): Promise<unknown> => {
    show(way, message);
    if (typeof options === 'object') show('dialog', options.detail);
    return fake.answers.shift();
  };

interface QuickPickItem {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
}

type Listener<T> = (value: T) => void;

/**
 * A pick in which one can type. When rows come it takes the next answer: the label of one, or what is typed, after which the first row that is there
 * for it is taken; undefined leaves it, and without an answer it waits for other rows.
 */
class TypingPick {
  title = '';
  placeholder = '';
  busy = false;
  value = '';
  selectedItems: readonly QuickPickItem[] = [];
  activeItems: readonly QuickPickItem[] = [];
  #items: readonly QuickPickItem[] = [];
  #changed: Listener<string> = () => undefined;
  #accepted: () => void = () => undefined;
  #hidden: () => void = () => undefined;

  get items(): readonly QuickPickItem[] {
    return this.#items;
  }

  set items(rows: readonly QuickPickItem[]) {
    this.#items = rows;
    show('quick pick', this.title, this.placeholder);
    for (const { label, description, detail } of rows) show('quick pick', label, description, detail);
    if (this.value === '') queueMicrotask(() => this.#answer());
  }

  onDidChangeValue(listener: Listener<string>): void {
    this.#changed = listener;
  }

  onDidAccept(listener: () => void): void {
    this.#accepted = listener;
  }

  onDidHide(listener: () => void): void {
    this.#hidden = listener;
  }

  show(): void {}

  dispose(): void {}

  hide(): void {
    this.#hidden();
  }

  #answer(): void {
    if (fake.answers.length === 0) return;
    const answer = fake.answers.shift();
    if (answer === undefined) {
      this.hide();
      return;
    }
    if (typeof answer === 'object' && answer !== null && 'typed' in answer) {
      this.value = String(answer.typed);
      this.#changed(this.value);
    }
    const wanted = this.value === '' ? String(answer) : this.value;
    this.selectedItems = this.#items.filter(({ label }) => label.includes(wanted)).slice(0, 1);
    this.#accepted();
  }
}

/** A language status or a tree's view: every text that is set on it is shown. */
function showsWhatIsSet<T extends object>(way: string, target: T): T {
  return new Proxy(target, {
    set(object, name, value) {
      if (typeof value === 'string') show(`${way} ${String(name)}`, value);
      return Reflect.set(object, name, value);
    },
  });
}

const never = (): Disposable => ({ dispose: () => undefined });

export const window = {
  activeTextEditor: undefined,
  visibleTextEditors: [],
  tabGroups: { all: [] },
  showErrorMessage: notify('notification'),
  showWarningMessage: notify('notification'),
  showInformationMessage: notify('notification'),
  setStatusBarMessage: (text: string) => show('status bar', text),
  withProgress: async <T>(
    options: { readonly title: string },
    run: (progress: { report(value: { readonly message: string }): void }, token: object) => Promise<T>,
  ): Promise<T> => {
    show('progress', options.title);
    return run({ report: ({ message }) => show('progress', message) }, { isCancellationRequested: false });
  },
  showQuickPick: async (
    items: Promise<readonly QuickPickItem[]>,
    options: { readonly title: string; readonly placeHolder: string },
  ): Promise<unknown> => {
    show('quick pick', options.title, options.placeHolder);
    const rows = await items;
    for (const { label, description, detail } of rows) show('quick pick', label, description, detail);
    const wanted = fake.answers.shift();
    return rows.find(({ label }) => label === wanted);
  },
  createQuickPick: () => new TypingPick(),
  showInputBox: async (options: {
    readonly title: string;
    readonly prompt: string;
    readonly value?: string;
    readonly validateInput?: (text: string) => string | undefined;
  }): Promise<unknown> => {
    show('input box', options.title, options.prompt, options.validateInput?.(''));
    return fake.answers.shift();
  },
  showSaveDialog: async (): Promise<Uri | undefined> => fake.saveTarget,
  createTreeView: (id: string, options: TreeOptions) => {
    const visibility = new EventEmitter<{ readonly visible: boolean }>();
    const view = {
      ...options,
      visible: true,
      selection: [],
      badge: undefined,
      message: '',
      visibility,
      dispose: () => undefined,
    };
    const shown = showsWhatIsSet('tree', { ...view, onDidChangeVisibility: visibility.event });
    fake.trees.set(id, shown);
    return shown;
  },
  onDidChangeTextEditorSelection: never,
  onDidChangeActiveTextEditor: never,
  showTextDocument: async (document: { readonly uri: Uri }) => void fake.opened.push(document.uri.toString()),
};

export const languages = {
  createLanguageStatusItem: (id: string) => showsWhatIsSet('status', { id, dispose: () => undefined }),
};

export const env = { uiKind: UIKind.Desktop as number, remoteName: undefined, openExternal: async () => true };

export const commands = {
  executeCommand: async (id: string, ...values: readonly unknown[]) => fake.commands.get(id)?.(...values),
  registerCommand: (id: string, run: (...values: readonly unknown[]) => unknown): Disposable => {
    fake.commands.set(id, run);
    return { dispose: () => void fake.commands.delete(id) };
  },
};

export const workspace = {
  isTrusted: true,
  get textDocuments() {
    return fake.documents;
  },
  workspaceFolders: undefined,
  getConfiguration: () => ({ get: (name: string) => fake.settings[name], update: async () => undefined }),
  asRelativePath: ({ path }: Uri) => path.replace(/^\/work\//, ''),
  getWorkspaceFolder: (uri: Uri) => (uri.path.startsWith('/workspace/') ? { uri: Uri.file('/workspace') } : undefined),
  fs: {
    isWritableFileSystem: (scheme: string) => ({ file: true, 'vscode-vfs': true, git: false })[scheme],
    stat: async (uri: Uri) => {
      if (!fake.files.has(uri.toString())) throw new Error('there is no such file');
      return {};
    },
    createDirectory: async () => undefined,
    writeFile: async (uri: Uri, bytes: Uint8Array) => void fake.written.set(uri.toString(), bytes),
  },
  openTextDocument: async (uri: Uri) => {
    const text = fake.files.get(uri.toString());
    if (text === undefined) throw new Error(`cannot open ${uri.toString()}`);
    const lines = text.split('\n');
    return {
      uri,
      lineCount: lines.length,
      lineAt: (line: number) => ({ range: new Range(new Position(line, 0), new Position(line, 0)), text: lines[line] }),
    };
  },
  createFileSystemWatcher: () => ({
    onDidCreate: fake.created.event,
    onDidDelete: fake.vanished.event,
    dispose: () => undefined,
  }),
  onDidRenameFiles: fake.renamed.event,
  onDidDeleteFiles: fake.deleted.event,
  onDidCloseTextDocument: fake.closed.event,
  onDidGrantWorkspaceTrust: fake.trusted.event,
};
