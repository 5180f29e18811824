import {
  CancellationTokenSource,
  commands,
  type Disposable,
  env,
  type LogOutputChannel,
  l10n,
  Uri,
  window,
  workspace,
} from 'vscode';
import { mapRequest } from '../../server/src/base/flow-request.ts';
import {
  type AnnotateParams,
  type AnnotateResult,
  annotateRequest,
  copyNodeCommandsCommand,
} from '../../server/src/protocol/requests.ts';
import { pickClusterSnapshot } from './cluster-snapshot-pick.ts';
import type { DumpAtHand } from './dump-at-hand.ts';
import { writeExpectations } from './expectations/write-expectations.ts';
import { showFailure } from './failure.ts';
import type { FlowPanel } from './flow-panel.ts';
import type { FlowPanels } from './flow-panels.ts';
import { pickFlowTarget } from './flow-target-pick.ts';
import { registerReach } from './reach.ts';
import type { ServerAccess } from './server-access.ts';
import { showInformation } from './show.ts';

/** Registers what the Command Palette, the menus and links run. */
export function registerCommands(
  server: ServerAccess,
  panels: FlowPanels,
  log: LogOutputChannel,
  atHand: DumpAtHand,
): readonly Disposable[] {
  const about: FlowContext = { server, panels, atHand };
  return [
    commands.registerCommand('iptables.showFlow', (uri?: unknown, to?: unknown) => showFlow(about, uri, to)),
    commands.registerCommand('iptables.compareFlow', () => compareFlow(about)),
    commands.registerCommand('iptables.showChainGraph', () => showChainGraph(server, panels)),
    commands.registerCommand('iptables.showMap', (uri?: unknown) => showMap(about, uri)),
    registerReach(server, atHand),
    commands.registerCommand('iptables.annotate', () => annotate(server)),
    commands.registerCommand('iptables.selectClusterSnapshot', pickClusterSnapshot),
    commands.registerCommand('iptables.writeExpectations', () => writeExpectations(server)),
    commands.registerCommand('iptables.restartServer', () => server.restart()),
    commands.registerCommand('iptables.showServerLog', () => log.show()),
    commands.registerCommand(copyNodeCommandsCommand, copyNodeCommands),
  ];
}

/** What a command that draws needs. */
interface FlowContext {
  readonly server: ServerAccess;
  readonly panels: FlowPanels;
  readonly atHand: DumpAtHand;
}

/** Has the user pick a dump, and draws its flow beside that of the drawing with the focus, or of the Service at the cursor. */
async function compareFlow(about: FlowContext): Promise<void> {
  const flow = about.panels.active() ?? (await showFlow(about, undefined, undefined));
  await flow?.compare();
}

/** Puts commands for a node on the clipboard; each stands below a comment that says what it does. */
async function copyNodeCommands(text: unknown): Promise<void> {
  if (typeof text !== 'string') return;
  await env.clipboard.writeText(text);
  await showInformation(l10n.t('Copied. Read each command before you run it on the node.'));
}

/** Opens a copy of the dump in the editor with the names of its chains as comments, beside it and not saved yet. */
async function annotate(server: ServerAccess): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined || editor.document.languageId !== 'iptables') {
    await showInformation(l10n.t('Open an iptables dump first: a copy of it gets the names.'));
    return;
  }
  try {
    const params: AnnotateParams = { textDocument: { uri: editor.document.uri.toString() } };
    const result = await server.ask<AnnotateResult>(annotateRequest, params);
    if (result.kind === 'nothing') {
      await showInformation(result.reason);
      return;
    }
    const copy = await workspace.openTextDocument({ language: 'iptables', content: result.text });
    await window.showTextDocument(copy, { preview: false });
  } catch (error) {
    await showFailure(server, error, (reason) => l10n.t('No names were added: {0}', reason));
  }
}

/** Opens the graph of the chain at the cursor: who jumps where from it, for chains that are not kube-proxy's. */
async function showChainGraph(server: ServerAccess, panels: FlowPanels): Promise<void> {
  const editor = window.activeTextEditor;
  if (editor === undefined) {
    await showInformation(l10n.t('Open an iptables dump first, and put the cursor on a chain.'));
    return;
  }
  const { uri } = editor.document;
  const { line, character } = editor.selection.active;
  const cancellation = new CancellationTokenSource();
  try {
    const params = { textDocument: { uri: uri.toString() }, position: { line, character }, chain: true };
    const result = await server.flow(params, cancellation.token);
    if (result.kind === 'flow') panels.show(uri, result.to);
    else await showInformation(result.reason);
  } catch (error) {
    await showFailure(server, error, (reason) => l10n.t('No chain graph: {0}', reason));
  } finally {
    cancellation.dispose();
  }
}

/** Opens the map of all Services: of the dump that a menu or the side bar gives, else of the one in the drawing or at hand. */
async function showMap({ panels, atHand }: FlowContext, given: unknown): Promise<void> {
  const uri = given instanceof Uri ? given : (panels.activeDump() ?? atHand.uri());
  if (uri === undefined) {
    await showInformation(l10n.t('Open an iptables dump first: the map is drawn from it.'));
    return;
  }
  panels.show(uri, mapRequest);
}

/**
 * Opens a flow: of `to` where it is given; else of the chain or address at the cursor; else of what the user picks. Menus give the
 * dump's URI as the first argument and something of their own as the second; a code lens gives the URI as text.
 */
async function showFlow(about: FlowContext, given: unknown, to: unknown): Promise<FlowPanel | undefined> {
  const { server, panels, atHand } = about;
  const editor = window.activeTextEditor;
  const uri =
    given instanceof Uri ? given : typeof given === 'string' ? Uri.parse(given, true) : (panels.activeDump() ?? atHand.uri());
  if (uri === undefined) {
    await showInformation(l10n.t('Open an iptables dump first: the flow is drawn from it.'));
    return undefined;
  }
  if (typeof to === 'string') {
    return panels.show(uri, to);
  }
  const cancellation = new CancellationTokenSource();
  try {
    if (editor !== undefined && editor.document.uri.toString() === uri.toString()) {
      const { line, character } = editor.selection.active;
      const params = { textDocument: { uri: uri.toString() }, position: { line, character } };
      const result = await server.flow(params, cancellation.token);
      if (result.kind === 'flow') {
        return panels.show(uri, result.to);
      }
    }
    const picked = await pickFlowTarget(server, uri);
    if (picked !== undefined) return panels.show(uri, picked);
  } catch (error) {
    await showFailure(server, error, (reason) => l10n.t('No flow: {0}', reason));
  } finally {
    cancellation.dispose();
  }
  return undefined;
}
