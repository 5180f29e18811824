import {
  type CancellationToken,
  commands,
  type Disposable,
  EventEmitter,
  Location,
  l10n,
  Range,
  type TestController,
  type TestItem,
  type TestRun,
  TestRunProfileKind,
  type TestRunRequest,
  type TextDocument,
  tests,
  Uri,
  workspace,
} from 'vscode';
import {
  type ExpectationsParams,
  type ExpectationsResult,
  expectationsRequest,
  type JudgedExpectation,
  type JudgeParams,
  type JudgeResult,
  judgeRequest,
  type TextRange,
  type TraceQuestion,
} from '../../../server/src/protocol/trace.ts';
import type { ServerAccess } from '../server-access.ts';
import { messageOf, showInformation, testLabel, testMessage, testOutput } from '../show.ts';
import { tracePacketCommand } from '../trace/trace-rows.ts';
import { dumpBeside } from './dump-beside.ts';
import { createJudgedBy, type JudgedBy } from './judged-by.ts';

const files = '**/*.packets.{yaml,yml,json}';
const ignored = '**/node_modules/**';
const isExpectations = /\.packets\.(?:ya?ml|json)$/;
/** A file is read again this long after it was typed in, in milliseconds. */
const calm = 300;

function rangeIn({ start, end }: TextRange): Range {
  return new Range(start.line, start.character, end.line, end.character);
}

/** A file, and those of its tests that are wanted, by their ids; undefined for all of them. */
type ChosenTests = readonly [file: TestItem, chosen: ReadonlySet<string> | undefined];

interface HowToRun {
  readonly token: CancellationToken;
  /** Whether nobody waits who could be asked for a dump again. */
  readonly isContinuous: boolean;
}

/** The expectations of the workspace's files, as tests. */
class PacketTests {
  readonly #server: ServerAccess;
  readonly #controller: TestController;
  readonly #disposables: Disposable[];
  /** What each test asks, to follow its packet. */
  readonly #questions = new WeakMap<TestItem, TraceQuestion>();
  /** Of each file the node that it says, and the text that was read last. */
  readonly #nodes = new WeakMap<TestItem, string>();
  readonly #texts = new WeakMap<TestItem, string>();
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #judgedBy: JudgedBy;
  /** Files whose results are outdated. */
  readonly #outdated = new EventEmitter<TestItem>();

  constructor(server: ServerAccess) {
    this.#server = server;
    this.#controller = tests.createTestController('iptables.packets', l10n.t('Packets through iptables'));
    this.#controller.resolveHandler = async (item) => {
      if (item === undefined) await this.#discover();
      else await this.#read(item);
    };
    this.#controller.refreshHandler = () => this.#discover();
    const run = (request: TestRunRequest, token: CancellationToken): Promise<void> =>
      request.continuous === true ? this.#runOnChanges(request, token) : this.#run(request, token);
    this.#controller.createRunProfile(l10n.t('Run'), TestRunProfileKind.Run, run, true, undefined, true);
    this.#judgedBy = createJudgedBy(server);
    const watcher = workspace.createFileSystemWatcher(files);
    this.#disposables = [
      this.#controller,
      this.#judgedBy,
      this.#judgedBy.onDidChange((file) => this.#outdate(file)),
      this.#outdated,
      watcher,
      watcher.onDidCreate((uri) => this.#changed(uri)),
      watcher.onDidChange((uri) => this.#changed(uri)),
      watcher.onDidDelete((uri) => this.#controller.items.delete(uri.toString())),
      workspace.onDidOpenTextDocument((document) => this.#looked(document)),
      workspace.onDidChangeTextDocument(({ document }) => this.#looked(document)),
      commands.registerCommand('iptables.traceExpectation', (about: unknown) => this.#trace(about)),
    ];
    for (const document of workspace.textDocuments) this.#looked(document);
  }

  dispose(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #looked({ uri }: TextDocument): void {
    if (isExpectations.test(uri.path) && uri.scheme !== 'git') this.#changed(uri);
  }

  #changed(uri: Uri): void {
    const key = uri.toString();
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => {
        this.#timers.delete(key);
        void this.#read(this.#fileItem(uri));
      }, calm),
    );
  }

  #fileItem(uri: Uri): TestItem {
    const known = this.#controller.items.get(uri.toString());
    if (known !== undefined) return known;
    const item = this.#controller.createTestItem(uri.toString(), testLabel(workspace.asRelativePath(uri)), uri);
    item.canResolveChildren = true;
    this.#controller.items.add(item);
    return item;
  }

  async #discover(): Promise<void> {
    const found = await workspace.findFiles(files, ignored);
    await Promise.all(found.map((uri) => this.#read(this.#fileItem(uri))));
  }

  /** Reads what a file expects; what is wrong with it stands at the file. */
  async #read(item: TestItem): Promise<string | undefined> {
    const { uri } = item;
    if (uri === undefined) return undefined;
    try {
      const text = (await workspace.openTextDocument(uri)).getText();
      if (text === this.#texts.get(item)) return text;
      const params: ExpectationsParams = { text };
      const { expectations, problems, node } = await this.#server.ask<ExpectationsResult>(expectationsRequest, params);
      const [first] = problems;
      item.error =
        first === undefined ? undefined : testLabel(l10n.t('Line {0}: {1}', first.range.start.line + 1, first.message));
      this.#nodes.set(item, node);
      if (this.#texts.has(item)) this.#outdate(item);
      this.#texts.set(item, text);
      item.children.replace(
        expectations.map(({ name, range, question }, at) => {
          const child = this.#controller.createTestItem(String(at), testLabel(name), uri);
          child.range = rangeIn(range);
          child.sortText = String(at).padStart(6, '0');
          this.#questions.set(child, question);
          return child;
        }),
      );
      return text;
    } catch (error) {
      item.error = testLabel(messageOf(error));
      return undefined;
    }
  }

  async #dumpBeside(file: TestItem): Promise<Uri | undefined> {
    return file.uri === undefined ? undefined : dumpBeside(file.uri, this.#nodes.get(file) ?? '');
  }

  #outdate(file: TestItem): void {
    this.#controller.invalidateTestResults(file);
    this.#outdated.fire(file);
  }

  /** Runs what is asked for, and again each time that it is outdated, until the token is cancelled. */
  async #runOnChanges(request: TestRunRequest, token: CancellationToken): Promise<void> {
    const waiting = new Set<TestItem>();
    // An edit makes other tests of those that were chosen; their files and places stay.
    const chosen = request.include === undefined ? undefined : await this.#chosen(request);
    let isRunning = true;
    const run = async (): Promise<void> => {
      isRunning = true;
      while (waiting.size > 0 && !token.isCancellationRequested) {
        const all = chosen ?? (await this.#chosen(request));
        const files = [...all].filter(([file]) => waiting.has(file));
        waiting.clear();
        if (files.length > 0) await this.#runFiles(request, token, files);
      }
      isRunning = false;
    };
    const listener = this.#outdated.event((file) => {
      waiting.add(file);
      if (!isRunning) void run();
    });
    token.onCancellationRequested(() => listener.dispose());
    await this.#run(request, token);
    await run();
  }

  async #run(request: TestRunRequest, token: CancellationToken): Promise<void> {
    if (request.include === undefined) await this.#discover();
    await this.#runFiles(request, token, await this.#chosen(request));
  }

  async #runFiles(request: TestRunRequest, token: CancellationToken, files: Iterable<ChosenTests>): Promise<void> {
    const run = this.#controller.createTestRun(request);
    try {
      for (const [file, chosen] of files) {
        if (token.isCancellationRequested) break;
        await this.#runFile(run, file, chosen, { token, isContinuous: request.continuous === true });
      }
    } finally {
      run.end();
    }
  }

  /** The files of a request, each with those of its tests that are wanted; undefined for all of them. */
  async #chosen({ include, exclude = [] }: TestRunRequest): Promise<ReadonlyMap<TestItem, ReadonlySet<string> | undefined>> {
    const excluded = new Set(exclude);
    const wanted = (include ?? [...this.#controller.items].map(([, item]) => item)).filter((item) => !excluded.has(item));
    const byFile = new Map<TestItem, Set<string> | undefined>();
    for (const item of wanted) {
      const file = item.parent ?? item;
      if (item.parent === undefined) byFile.set(file, undefined);
      else if (!byFile.has(file)) byFile.set(file, new Set([item.id]));
      else byFile.get(file)?.add(item.id);
    }
    for (const [file, chosen] of byFile) {
      const left = [...file.children].filter(([, child]) => !excluded.has(child)).map(([id]) => id);
      if (chosen === undefined && left.length < file.children.size) byFile.set(file, new Set(left));
    }
    return byFile;
  }

  async #runFile(
    run: TestRun,
    file: TestItem,
    chosen: ReadonlySet<string> | undefined,
    { token, isContinuous }: HowToRun,
  ): Promise<void> {
    const text = await this.#read(file);
    const isWanted = ({ id }: TestItem): boolean => chosen === undefined || chosen.has(id);
    const items = [...file.children].map(([, child]) => child).filter(isWanted);
    for (const item of items) run.started(item);
    const fail = (reason: string): void => {
      const place = new Location(file.uri ?? Uri.parse('untitled:'), new Range(0, 0, 0, 0));
      for (const item of items.length > 0 ? items : [file])
        run.errored(item, testMessage({ expected: '', actual: '', details: reason }, place));
    };
    try {
      const dump = (isContinuous ? this.#judgedBy.dumpOf(file) : undefined) ?? (await this.#dumpBeside(file));
      if (text === undefined || dump === undefined) {
        fail(text === undefined ? String(file.error) : l10n.t('There is no dump beside the file.'));
        return;
      }
      const all = { textDocument: { uri: dump.toString() }, text };
      const params: JudgeParams = chosen === undefined ? all : { ...all, only: [...chosen].map(Number) };
      const end = this.#judgedBy.begin(file, dump);
      const { results, reason } = await this.#server.askOfDump<JudgeResult>(judgeRequest, params, token).finally(end);
      if (reason !== '') fail(reason);
      else for (const result of results) report(run, file, result);
    } catch (error) {
      fail(messageOf(error));
    }
  }

  /** Follows the packet of a test, from its menu or from its message. */
  async #trace(about: unknown): Promise<void> {
    const item = testOf(about);
    const question = item === undefined ? undefined : this.#questions.get(item);
    const file = item?.parent;
    const dump = file === undefined ? undefined : await this.#dumpBeside(file);
    if (question === undefined || dump === undefined) await showInformation(l10n.t('There is no dump beside the file.'));
    else await commands.executeCommand(tracePacketCommand, dump, question);
  }
}

/** The test that a menu is about: it gives the test, or a message with its test. */
function testOf(about: unknown): TestItem | undefined {
  if (typeof about !== 'object' || about === null) return undefined;
  if ('test' in about) return about.test as TestItem;
  return 'children' in about ? (about as TestItem) : undefined;
}

/** Says of a test how it came out. Whose outcome depends on what nobody knows is not met. */
function report(run: TestRun, file: TestItem, result: JudgedExpectation): void {
  const { at, status, expected, actual, reasons, trace, range } = result;
  const item = file.children.get(String(at));
  if (item === undefined || file.uri === undefined) return;
  if (status === 'met') {
    run.passed(item);
    return;
  }
  const heading =
    status === 'failed'
      ? l10n.t('expected: {0}, but came: {1}', expected, actual)
      : status === 'unsure'
        ? l10n.t('Nobody can tell whether this is met. Expected: {0}. As it usually is came: {1}.', expected, actual)
        : l10n.t('The packet cannot be sent.');
  const details = [heading, ...reasons, ...(trace === '' ? [] : ['', trace])].join('\n');
  const place = new Location(file.uri, rangeIn(range));
  const message = testMessage({ expected, actual: status === 'failed' ? actual : '', details }, place);
  run.appendOutput(testOutput(details), place, item);
  if (status === 'error') run.errored(item, message);
  else run.failed(item, message);
}

/** Shows the expectations of `*.packets.yaml` files in the Test Explorer, judged by the dump beside them. */
export function createPacketTests(server: ServerAccess): Disposable {
  return new PacketTests(server);
}
