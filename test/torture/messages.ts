import { runToEnd } from '../../server/src/base/steps.ts';
import { flowFor } from '../../server/src/features/flow.ts';
import { type ParamName, readParams } from '../../server/src/lsp/params.ts';
import { readInitializationOptions, readSettings } from '../../server/src/lsp/settings.ts';
import { flowDot } from '../../webview/src/export/dot.ts';
import { flowMermaid } from '../../webview/src/export/mermaid.ts';
import { flowSvg } from '../../webview/src/export/svg.ts';
import { readHostMessage, readPageMessage } from '../../webview/src/messages.ts';
import { readPanelState } from '../../webview/src/model/panel-state.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { type Attack, hostileValue, mutateValue, pick } from './attack.ts';

const state = dumpState(fixtureText('sample/worker-1.iptables'), clusterFrom(fixturePath('sample/cluster.json')));
const flow = runToEnd(flowFor(state, 'booking/frontend:http'));
if (flow.kind !== 'flow') throw new Error('the sample has no flow of booking/frontend:http');
const shown = { kind: 'flow', uri: 'file:///a', file: 'a', to: 'booking/frontend:http', graph: flow.graph };

const fromPage: readonly object[] = [
  { kind: 'ready' },
  { kind: 'open-line', line: 3, focus: true },
  { kind: 'request-flow', to: '10.0.0.1:80' },
  { kind: 'copy', text: 'x', what: 'Mermaid' },
  { kind: 'save', format: 'svg', name: 'flow.svg', content: '<svg/>' },
  { kind: 'print', name: 'flow.html', html: '<p>' },
];

/** Forged messages between the extension and the page of a drawing. */
export const panelMessages: Attack = {
  name: 'panel messages',
  claim: 'a forged message is refused, or can be drawn and exported',
  attempt: (below) => {
    if (below(3) !== 0) {
      const message = readPageMessage(mutateValue(pick(below, fromPage), below, 4));
      if (message?.kind === 'save' && !/^[\w-][\w.-]*$/.test(message.name)) throw new Error(`a file called ${message.name}`);
      readPanelState(hostileValue(below));
      return;
    }
    const message = readHostMessage(mutateValue(shown, below, 300 + below(2_000)));
    if (message?.kind !== 'flow') return;
    flowMermaid(message.graph);
    flowDot(message.graph);
    flowSvg(message.graph);
  },
};

const position = { line: 1, character: 2 };
const requests: readonly (readonly [readonly ParamName[], object])[] = [
  [['textDocument', 'position'], { textDocument: { uri: 'file:///a' }, position }],
  [['textDocument', 'range'], { textDocument: { uri: 'file:///a' }, range: { start: position, end: position } }],
  [['changedDocument', 'contentChanges'], { textDocument: { uri: 'file:///a', version: 2 }, contentChanges: [{ text: 'x' }] }],
  [['openedDocument'], { textDocument: { uri: 'file:///a', version: 1, languageId: 'iptables', text: '' } }],
  [['query'], { query: 'x' }],
  [['codeActionContext'], { context: { diagnostics: [{ range: { start: position, end: position }, message: 'x' }] } }],
];

/** Forged messages of the Language Server Protocol. */
export const protocolMessages: Attack = {
  name: 'protocol messages',
  claim: 'parameters of a wrong type never reach a feature',
  attempt: (below) => {
    const [names, message] = pick(below, requests);
    const read = readParams(mutateValue(message, below, 3), names);
    if (read.ok) for (const name of names) if (read.params[name] === undefined) throw new Error(`no ${name}`);
    readSettings(hostileValue(below));
    readInitializationOptions(hostileValue(below));
  },
};
