import { CancellationTokenSource, commands, type Disposable, env, l10n, type Memento, Uri, window, workspace } from 'vscode';
import { parseHostPort } from '../../../server/src/base/ip.ts';
import type { TraceQuestion } from '../../../server/src/protocol/trace.ts';
import type { DumpAtHand } from '../dump-at-hand.ts';
import { showFailure } from '../failure.ts';
import type { FlowPanels } from '../flow-panels.ts';
import type { ServerAccess } from '../server-access.ts';
import { pick, showInformation, showInStatusBar } from '../show.ts';
import { packetEndsOf } from './packet-end-pick.ts';
import { seenPaths } from './seen-paths.ts';
import { askedBefore, keepAsked } from './trace-history.ts';
import { pickQuestion } from './trace-question-pick.ts';
import { showTraceLineCommand, tracePacketCommand } from './trace-rows.ts';
import type { TraceView } from './trace-view.ts';
import { tracedPaths } from './traced-paths.ts';

const statusTime = 3_000;

interface Context {
  readonly server: ServerAccess;
  readonly view: TraceView;
  readonly memento: Memento;
  readonly panels: FlowPanels;
  readonly atHand: DumpAtHand;
}

/** Registers what asks for traces and goes through them. */
export function registerTraceCommands(context: Context): readonly Disposable[] {
  const { view } = context;
  return [
    commands.registerCommand(tracePacketCommand, (uri?: unknown, about?: unknown) => tracePacket(context, uri, about)),
    commands.registerCommand('iptables.traceAgain', () => traceAgain(context)),
    commands.registerCommand('iptables.traceNextStep', () => view.walk(1)),
    commands.registerCommand('iptables.tracePreviousStep', () => view.walk(-1)),
    commands.registerCommand('iptables.showTraceInDrawing', () => showInDrawing(context)),
    commands.registerCommand('iptables.copyTrace', () => copy(context, 'text')),
    commands.registerCommand('iptables.copyTraceMarkdown', () => copy(context, 'markdown')),
    commands.registerCommand('iptables.showSeenPackets', () => showSeen(context)),
    commands.registerCommand('iptables.clearTrace', () => view.clear()),
    commands.registerCommand(showTraceLineCommand, (uri: unknown, line: unknown, outcome: unknown, step: unknown) => {
      if (!(uri instanceof Uri) || typeof line !== 'number' || typeof outcome !== 'number' || typeof step !== 'number')
        return undefined;
      return view.goTo(uri, line, outcome, step);
    }),
  ];
}

/** The dump that a command is about: what it was given, the drawing's, the one at hand, or the one that was traced last. */
function dumpOf({ view, panels, atHand }: Context, given: unknown): Uri | undefined {
  if (given instanceof Uri) return given;
  if (typeof given === 'string') return Uri.parse(given, true);
  return panels.activeDump() ?? atHand.uri() ?? view.current()?.uri;
}

/** Where a packet goes, by a Service's name or by an address as `iptables/flow` takes it: "10.96.0.10:53/udp". */
function destinationOf(text: string): Partial<TraceQuestion> {
  const [, address = '', protocol] = /^(.*)\/([a-z]+)$/.exec(text) ?? [];
  const isAddress = protocol !== undefined && parseHostPort(address) !== undefined;
  return isAddress ? { to: address, protocol } : { to: text };
}

/** What a command was given of a question: all of it, one end, or where it goes to as text. */
function givenOf(about: unknown): Partial<TraceQuestion> {
  if (typeof about === 'string') return destinationOf(about);
  if (typeof about !== 'object' || about === null || about instanceof Uri) return {};
  const texts = Object.entries(about).filter(([, value]) => typeof value === 'string' || typeof value === 'boolean');
  const given = Object.fromEntries(texts) as Partial<TraceQuestion>;
  return given.from === undefined && given.to === undefined ? {} : given;
}

/**
 * Asks for a packet, as far as it is not given, and follows it. Menus give the dump's URI as the first argument and something of their own as the
 * second; a code lens and the views give the URI, as text or not, and a question or where it goes to.
 */
async function tracePacket(context: Context, uri: unknown, about: unknown): Promise<void> {
  const { server, memento } = context;
  const dump = dumpOf(context, uri);
  if (dump === undefined) {
    await showInformation(l10n.t('Open an iptables dump first: the packet is followed through its rules.'));
    return;
  }
  const given = givenOf(about);
  const cancellation = new CancellationTokenSource();
  try {
    const { from, to } = given;
    const question =
      from !== undefined && to !== undefined
        ? { ...given, from, to }
        : await pickQuestion(packetEndsOf(server, dump, cancellation.token), askedBefore(memento), given);
    if (question !== undefined) await follow(context, dump, question);
  } catch (error) {
    await failed(context, error);
  } finally {
    cancellation.dispose();
  }
}

/** The last question once more, of the dump that is looked at. */
async function traceAgain(context: Context): Promise<void> {
  const [question] = askedBefore(context.memento);
  const dump = dumpOf(context, undefined);
  if (question === undefined || dump === undefined) {
    await tracePacket(context, undefined, undefined);
    return;
  }
  try {
    await follow(context, dump, question);
  } catch (error) {
    await failed(context, error);
  }
}

async function follow({ view, memento, server }: Context, dump: Uri, question: TraceQuestion): Promise<void> {
  const refusal = await view.look(() => tracedPaths(server, dump, question));
  if (refusal === undefined) await keepAsked(memento, question);
  else await showInformation(refusal);
}

const mostBytes = 64 * 1024 * 1024;

/** The text of a trace: what is on the clipboard, or in a file. */
async function seenText(): Promise<string | undefined> {
  const clipboard = { icon: 'clippy', label: l10n.t('What is on the clipboard') };
  const file = { icon: 'file', label: l10n.t('A file...') };
  const title = l10n.t('Show Seen Packets');
  const placeHolder = l10n.t('What xtables-monitor --trace or nft monitor trace printed, or a kernel log with TRACE: lines');
  const picked = await pick([clipboard, file], { title, placeHolder });
  if (picked === clipboard) return env.clipboard.readText();
  if (picked !== file) return undefined;
  const [chosen] = (await window.showOpenDialog({ title, canSelectMany: false })) ?? [];
  if (chosen === undefined) return undefined;
  const { size } = await workspace.fs.stat(chosen);
  if (size > mostBytes) throw new Error(l10n.t('The file has more than 64 MB.'));
  return new TextDecoder().decode(await workspace.fs.readFile(chosen));
}

/** Shows packets that a kernel was seen to take through its rules, lit in the dump that is looked at. */
async function showSeen(context: Context): Promise<void> {
  const { view, server } = context;
  const dump = dumpOf(context, undefined);
  if (dump === undefined) {
    await showInformation(l10n.t('Open an iptables dump first: seen packets are matched to its rules.'));
    return;
  }
  try {
    const text = await seenText();
    const refusal = text === undefined ? undefined : await view.look(() => seenPaths(server, dump, text));
    if (refusal !== undefined) await showInformation(refusal);
  } catch (error) {
    await failed(context, error);
  }
}

/** Draws the flow of the Service that the packet's path comes by; the path is lit in it. */
async function showInDrawing(context: Context): Promise<void> {
  const { view, server, panels } = context;
  const session = view.current();
  if (session === undefined) {
    await showInformation(l10n.t('No packet has been followed yet.'));
    return;
  }
  const { uri } = session;
  const cancellation = new CancellationTokenSource();
  try {
    const lines = new Set(view.steps().flatMap(({ line }) => (line === null ? [] : [line])));
    for (const line of lines) {
      const params = { textDocument: { uri: uri.toString() }, position: { line, character: 0 } };
      const result = await server.flow(params, cancellation.token);
      if (result.kind !== 'flow') continue;
      panels.show(uri, result.to);
      return;
    }
    await showInformation(l10n.t('No rule on the path of this packet is for a Service: there is no drawing to show it in.'));
  } catch (error) {
    await showFailure(server, error, (reason) => l10n.t('No flow: {0}', reason));
  } finally {
    cancellation.dispose();
  }
}

async function copy({ view, server }: Context, format: 'text' | 'markdown'): Promise<void> {
  const session = view.current();
  if (session === undefined) {
    await showInformation(l10n.t('No packet has been followed yet.'));
    return;
  }
  try {
    await env.clipboard.writeText(await session.text(format));
    showInStatusBar(l10n.t('The trace is on the clipboard.'), statusTime);
  } catch (error) {
    await showFailure(server, error);
  }
}

function failed({ server }: Context, error: unknown): Promise<void> {
  return showFailure(server, error, (reason) => l10n.t('No trace: {0}', reason));
}
