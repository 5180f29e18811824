import {
  type Disposable,
  type ExtensionContext,
  l10n,
  Uri,
  ViewColumn,
  type WebviewOptions,
  type WebviewPanel,
  window,
} from 'vscode';
import { type RulesetChangedParams, rulesetChangedNotification } from '../../server/src/protocol/requests.ts';
import { readPanelState } from '../../webview/src/model/panel-state.ts';
import { flowPage } from './flow-page.ts';
import { createFlowPanel, type FlowPanel, type FlowSubject } from './flow-panel.ts';
import { distinctTitles } from './flow-titles.ts';
import type { ServerAccess } from './server-access.ts';
import { setPanelTitle } from './show.ts';
import type { DrawnTrace } from './trace/drawn-trace.ts';

const viewType = 'iptables.flow';

/** The open drawings. */
export interface FlowPanels extends Disposable {
  /** Opens a flow beside the dump, or brings the panel to front that shows it already. */
  show(uri: Uri, to: string): FlowPanel;
  /** The drawing with the focus. */
  active(): FlowPanel | undefined;
  /** The dump that the drawing with the focus is of. */
  activeDump(): Uri | undefined;
  /** Lights the path of a packet in the drawings of its dump, and in none for undefined. */
  light(trace: DrawnTrace | undefined): void;
}

/** Keeps the flow panels of a window: opens them, restores them after a reload, and has them follow edits. */
export function createFlowPanels(context: ExtensionContext, server: ServerAccess): FlowPanels {
  const panels = new Set<FlowPanel>();
  let lit: DrawnTrace | undefined;
  const webviewOptions: WebviewOptions = {
    enableScripts: true,
    localResourceRoots: [Uri.joinPath(context.extensionUri, 'dist/webview')],
  };

  const active = (): FlowPanel | undefined => [...panels].find((flow) => flow.panel.active);

  /** Tells the tabs apart. */
  const entitle = (): void => {
    const flows = [...panels];
    const titles = distinctTitles(flows.map((flow) => ({ title: flow.title(), path: flow.uri().path })));
    for (const [at, flow] of flows.entries()) setPanelTitle(flow.panel, titles[at] ?? flow.title());
  };

  const adopt = (panel: WebviewPanel, subject: FlowSubject): FlowPanel => {
    panel.iconPath = Uri.joinPath(context.extensionUri, 'client/media/icon.png');
    const flow = createFlowPanel(panel, subject, server, context.globalStorageUri, entitle);
    panels.add(flow);
    flow.light(lit);
    panel.onDidDispose(() => {
      panels.delete(flow);
      entitle();
    });
    // The page comes last: once it runs, what it says must be heard.
    panel.webview.html = flowPage(panel.webview, context.extensionUri);
    return flow;
  };

  const subscriptions = [
    server.onNotification<RulesetChangedParams>(rulesetChangedNotification, ({ uri }) => {
      for (const flow of panels) if (flow.isOf(uri)) void flow.show(flow.to());
    }),
    window.registerWebviewPanelSerializer(viewType, {
      async deserializeWebviewPanel(panel, kept: unknown) {
        const state = readPanelState(kept);
        if (state === null) {
          panel.dispose();
          return;
        }
        panel.webview.options = webviewOptions;
        const other = state.compared == null ? undefined : { ...state.compared, uri: Uri.parse(state.compared.uri, true) };
        adopt(panel, { uri: Uri.parse(state.uri, true), to: state.to, other });
      },
    }),
  ];

  return {
    show(uri, to) {
      for (const flow of panels) {
        if (flow.to() === to && flow.uri().toString() === uri.toString()) {
          flow.panel.reveal();
          return flow;
        }
      }
      // From a drawing, in its place; from the dump, beside it.
      const column = active()?.panel.viewColumn ?? ViewColumn.Beside;
      const panel = window.createWebviewPanel(viewType, l10n.t('NAT flow'), column, webviewOptions);
      return adopt(panel, { uri, to });
    },
    active,
    activeDump: () => active()?.uri(),
    light(trace) {
      lit = trace;
      for (const flow of panels) flow.light(trace);
    },
    dispose() {
      // Not the panels: after a reload of the window they are given back to the serializer.
      for (const subscription of subscriptions) subscription.dispose();
    },
  };
}
