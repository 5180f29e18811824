/**
 * The one place that hands text to VS Code's notifications, progress, status, trees and picks. VS Code makes links of `[text](command:...)` and
 * icons of `$(name)` in most of them, also in Restricted Mode; what is shown here may come from a dump, a cluster or a program, so all of it is
 * made safe on its way out. A rule of the linter (.biome/shown-text.grit) keeps the rest of the client from going around.
 */
import {
  type CancellationToken,
  type Command,
  commands,
  type Disposable,
  type Event,
  LanguageStatusSeverity,
  type Location,
  languages,
  MarkdownString,
  ProgressLocation,
  type QuickPickItem,
  QuickPickItemKind,
  TestMessage,
  type ThemeIcon,
  TreeItem,
  TreeItemCollapsibleState,
  type WebviewPanel,
  window,
} from 'vscode';
import {
  dialogText,
  labelText,
  notificationText,
  type SafeText,
  statusText,
  terminalText,
  visibleLines,
} from '../../server/src/base/safe-text.ts';
import { firstRows, LeftOut } from './left-out.ts';

type Notify = (text: SafeText<'notification'>, ...buttons: readonly string[]) => Thenable<string | undefined>;

const notify: Readonly<Record<'error' | 'warning' | 'information', Notify>> = {
  error: (text, ...buttons) => window.showErrorMessage(text, ...buttons),
  warning: (text, ...buttons) => window.showWarningMessage(text, ...buttons),
  information: (text, ...buttons) => window.showInformationMessage(text, ...buttons),
};

/** A notification. Resolves to the button that was pressed; undefined for none. */
export async function showError(text: string, ...buttons: readonly string[]): Promise<string | undefined> {
  return notify.error(notificationText(text), ...buttons);
}

/** As showError. */
export async function showWarning(text: string, ...buttons: readonly string[]): Promise<string | undefined> {
  return notify.warning(notificationText(text), ...buttons);
}

/** As showError. */
export async function showInformation(text: string, ...buttons: readonly string[]): Promise<string | undefined> {
  return notify.information(notificationText(text), ...buttons);
}

/** What was thrown, as a sentence. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A question that has to be answered first; `detail` may have lines. Whether `yes` was pressed. */
export async function confirm(question: string, detail: string, yes: string): Promise<boolean> {
  const safe: SafeText<'dialog'> = dialogText(detail);
  return (await window.showWarningMessage(notificationText(question), { modal: true, detail: safe }, yes)) === yes;
}

/** A few words in the status bar for some milliseconds. */
export function showInStatusBar(text: string, milliseconds: number): void {
  window.setStatusBarMessage(statusText(text), milliseconds);
}

/** A notification that stays while something runs and can be cancelled; `report` says how far it is. */
export async function showProgress<T>(
  title: string,
  run: (token: CancellationToken, report: (text: string) => void) => Promise<T>,
): Promise<T> {
  const options = { location: ProgressLocation.Notification, cancellable: true, title: notificationText(title) };
  return window.withProgress(options, (progress, token) =>
    run(token, (text) => progress.report({ message: notificationText(text) })),
  );
}

/** A row of a pick. */
export interface PickItem {
  /** The name of a product icon: "check". */
  readonly icon?: string;
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** A heading between rows, which cannot be picked. */
  readonly isSeparator?: boolean;
  /** Stays whatever is typed. */
  readonly alwaysShow?: boolean;
}

export interface PickOptions {
  readonly title: string;
  readonly placeHolder: string;
  readonly matchOnDescription?: boolean;
  readonly token?: CancellationToken;
}

/** Lets the user pick one of the items; undefined for none. */
export async function pick<T extends PickItem>(
  items: readonly T[] | Promise<readonly T[]>,
  { title, placeHolder, matchOnDescription = false, token }: PickOptions,
): Promise<T | undefined> {
  const rows = Promise.resolve(items).then((all) => all.map((given) => ({ ...quickPickItem(given), given })));
  const options = { title: statusText(title), placeHolder: statusText(placeHolder), matchOnDescription };
  return (await window.showQuickPick(rows, options, token))?.given;
}

/** A pick whose rows may be replaced while it is open, as more of them becomes known. */
export interface OpenPick<T extends PickItem> {
  /** What was picked; undefined when it was left. */
  readonly picked: Promise<T | undefined>;
  /** Shows these rows; what was typed stays, and the row that the user went to before typing, rows being told by `keyOf`. */
  show(items: readonly T[]): void;
  close(): void;
}

export interface OpenPickOptions<T> extends Omit<PickOptions, 'token'> {
  /** An item of what was typed, which is the first one then; undefined where it is none. */
  readonly typed?: (text: string) => T | undefined;
}

/** Opens a pick, which is busy until it has its first rows. */
export function openPick<T extends PickItem>(
  { title, placeHolder, matchOnDescription = false, typed }: OpenPickOptions<T>,
  keyOf: (item: T) => string,
): OpenPick<T> {
  const box = window.createQuickPick<QuickPickItem & { readonly given: T }>();
  box.title = statusText(title);
  box.placeholder = statusText(placeHolder);
  box.matchOnDescription = matchOnDescription;
  box.busy = true;
  box.keepScrollPosition = true;
  const picked = new Promise<T | undefined>((resolve) => {
    box.onDidAccept(() => {
      resolve(box.selectedItems[0]?.given);
      box.hide();
    });
    box.onDidHide(() => {
      resolve(undefined);
      box.dispose();
    });
  });
  box.show();
  const rowOf = (given: T) => ({ ...quickPickItem(given), given });
  let rows: readonly ReturnType<typeof rowOf>[] = [];
  let own: T | undefined;
  const all = () => (own === undefined ? rows : [rowOf({ ...own, alwaysShow: true }), ...rows]);
  box.onDidChangeValue((value) => {
    const before = own;
    own = typed?.(value.trim());
    if (own !== before) box.items = all();
  });
  return {
    picked,
    show: (items) => {
      // The first row has the focus unless the user went to another one. What was typed may have left no row of those before, and then a row
      // that is made the active one here takes the focus from the one that is.
      const [active] = box.value === '' ? box.activeItems : [];
      const isFirst = active === all().find(({ kind }) => kind !== QuickPickItemKind.Separator);
      rows = items.map(rowOf);
      box.busy = false;
      box.items = all();
      const same = active === undefined || isFirst ? undefined : rows.find(({ given }) => keyOf(given) === keyOf(active.given));
      if (same !== undefined) box.activeItems = [same];
    },
    close: () => box.hide(),
  };
}

/** Has the user type a text; undefined for none. `problem` says in a sentence what is wrong with one, undefined for nothing. */
export async function askText(options: {
  readonly title: string;
  readonly prompt: string;
  readonly value?: string;
  readonly problem?: (text: string) => string | undefined;
}): Promise<string | undefined> {
  const { title, prompt, value = '', problem } = options;
  const validateInput = (text: string): string | undefined => {
    const wrong = problem?.(text);
    return wrong === undefined ? undefined : notificationText(wrong);
  };
  return window.showInputBox({ title: statusText(title), prompt: statusText(prompt), value, validateInput });
}

function quickPickItem({ icon, label, description, detail, isSeparator, alwaysShow }: PickItem): QuickPickItem {
  return {
    label: `${icon === undefined ? '' : `$(${icon}) `}${labelText(label)}`,
    ...(isSeparator === true ? { kind: QuickPickItemKind.Separator } : {}),
    ...(description === undefined ? {} : { description: labelText(description) }),
    ...(detail === undefined ? {} : { detail: labelText(detail) }),
    ...(alwaysShow === undefined ? {} : { alwaysShow }),
  };
}

/**
 * Lets the user type a text, of which `typed` is told at each key; it comes back when it is accepted. Undefined where the box was left, and then
 * `typed` is told the text that was there before.
 */
export function askWhileTyping(
  { title, placeHolder, value }: { readonly title: string; readonly placeHolder: string; readonly value: string },
  typed: (text: string) => void,
): Promise<string | undefined> {
  const box = window.createInputBox();
  box.title = statusText(title);
  box.placeholder = statusText(placeHolder);
  box.value = value;
  return new Promise((resolve) => {
    let accepted: string | undefined;
    box.onDidChangeValue(typed);
    box.onDidAccept(() => {
      accepted = box.value;
      box.hide();
    });
    box.onDidHide(() => {
      if (accepted === undefined) typed(value);
      box.dispose();
      resolve(accepted);
    });
    box.show();
  });
}

const severities = {
  ok: LanguageStatusSeverity.Information,
  warning: LanguageStatusSeverity.Warning,
  error: LanguageStatusSeverity.Error,
} as const;

export interface StatusContent {
  readonly text: string;
  readonly detail: string;
  readonly severity: keyof typeof severities;
  readonly busy: boolean;
  /** With a title of our own. */
  readonly command: Command;
}

/** An item beside the language in the status bar. */
export interface Status extends Disposable {
  show(content: StatusContent): void;
}

/** `name` says what it is about, for the menu that hides it. */
export function createStatus(id: string, name: string, language: string, first: StatusContent): Status {
  const item = languages.createLanguageStatusItem(id, { language });
  item.name = name;
  const show = ({ text, detail, severity, busy, command }: StatusContent): void => {
    item.text = statusText(text);
    item.detail = statusText(detail);
    item.severity = severities[severity];
    item.busy = busy;
    item.command = command;
  };
  show(first);
  return { show, dispose: () => item.dispose() };
}

/** A row of a tree. */
export interface TreeRow {
  readonly label: string;
  readonly description?: string;
  /** Lines of text beside the pointer; none of it is read as Markdown. */
  readonly tooltip?: readonly string[];
  readonly icon: ThemeIcon;
  /** Whether rows are below it, and shown. */
  readonly children: 'none' | 'closed' | 'open';
  /** What a screen reader says in place of label and description. */
  readonly spoken?: string;
  readonly command?: Command;
  /** What package.json tells its buttons by. */
  readonly context?: string;
}

const states = {
  none: TreeItemCollapsibleState.None,
  closed: TreeItemCollapsibleState.Collapsed,
  open: TreeItemCollapsibleState.Expanded,
} as const;

/** The row as VS Code has it. */
export function treeItem({ label, description, tooltip, icon, children, spoken, context }: Omit<TreeRow, 'command'>): TreeItem {
  const item = new TreeItem(labelText(label), states[children]);
  item.iconPath = icon;
  if (description !== undefined) item.description = labelText(description);
  if (tooltip !== undefined) {
    const lines = tooltip.filter((line) => line !== '').join('\n');
    item.tooltip = new MarkdownString().appendText(visibleLines(lines));
  }
  if (spoken !== undefined) item.accessibilityInformation = { label: labelText(spoken) };
  if (context !== undefined) item.contextValue = context;
  return item;
}

/** A tree in a view of the side bar. */
export interface Tree<Node = never> extends Disposable {
  /** Selects a row and brings it into sight, without the focus. Needs `parent`. */
  reveal(node: Node): Promise<void>;
  readonly isVisible: () => boolean;
  readonly onDidChangeVisibility: Event<{ readonly visible: boolean }>;
  /** The text above the rows; empty for none. */
  setMessage(text: string): void;
  /** A number on the view's icon, with what it counts; undefined for none. */
  setBadge(badge: { readonly value: number; readonly tooltip: string } | undefined): void;
}

/**
 * `changed` has the rows of a node, or of all (undefined), asked for again. Of thousands of rows the first are shown, and how many are left out. The command of a row is that of the row which is selected when it is pressed:
 * VS Code forgets a command with arguments when rows are asked for again, and says so to whoever presses the row that is still on the screen.
 */
export function createTree<Node>(
  id: string,
  source: {
    readonly changed: Event<Node | undefined>;
    children(node: Node | undefined): Promise<readonly Node[]>;
    row(node: Node): TreeRow;
    parent?(node: Node): Node | undefined;
  },
): Tree<Node> {
  const openRow = `${id}.openRow`;
  const itemOf = (node: Node | LeftOut): TreeItem => {
    if (node instanceof LeftOut) return new TreeItem(labelText(node.text()));
    const { command, ...row } = source.row(node);
    const item = treeItem(row);
    if (command !== undefined) item.command = { command: openRow, title: command.title };
    return item;
  };
  const view = window.createTreeView<Node | LeftOut>(id, {
    treeDataProvider: {
      onDidChangeTreeData: source.changed,
      getTreeItem: itemOf,
      getChildren: async (node) => (node instanceof LeftOut ? [] : firstRows(await source.children(node))),
      getParent: (node) => (node instanceof LeftOut ? undefined : source.parent?.(node)),
    },
    showCollapseAll: true,
  });
  const opening = commands.registerCommand(openRow, async () => {
    const [node] = view.selection;
    const command = node === undefined || node instanceof LeftOut ? undefined : source.row(node).command;
    if (command !== undefined) await commands.executeCommand(command.command, ...(command.arguments ?? []));
  });
  return {
    reveal: async (node) => view.reveal(node, { select: true, focus: false, expand: false }),
    isVisible: () => view.visible,
    onDidChangeVisibility: view.onDidChangeVisibility,
    setMessage: (text) => {
      view.message = statusText(text);
    },
    setBadge: (badge) => {
      view.badge = badge === undefined ? undefined : { value: badge.value, tooltip: labelText(badge.tooltip) };
    },
    dispose: () => {
      opening.dispose();
      view.dispose();
    },
  };
}

/** The name of a test in the Test Explorer. */
export function testLabel(text: string): string {
  return labelText(text);
}

/** What a test that was not met says at a place of its file: what was expected and came, and in lines all else. */
export function testMessage(
  { expected, actual, details }: { readonly expected: string; readonly actual: string; readonly details: string },
  place: Location,
): TestMessage {
  const message =
    actual === ''
      ? new TestMessage(new MarkdownString().appendText(visibleLines(details)))
      : TestMessage.diff(new MarkdownString().appendText(visibleLines(details)), visibleLines(expected), visibleLines(actual));
  message.location = place;
  return message;
}

/** Lines for the terminal of a test run. */
export function testOutput(text: string): string {
  return `${text.split('\n').map(terminalText).join('\r\n')}\r\n`;
}

/** The title of a panel's tab. */
export function setPanelTitle(panel: WebviewPanel, title: string): void {
  panel.title = labelText(title);
}
