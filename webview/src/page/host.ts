import type { PageMessage } from '../messages.ts';
import { type FlowPanelState, readPanelState } from '../model/panel-state.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare const acquireVsCodeApi: () => VsCodeApi;

/** The extension at the other end, and the state that it keeps for the page. */
export interface Host {
  post(message: PageMessage): void;
  /** What an earlier life of the page kept; null where there is none that can be read. */
  readonly kept: FlowPanelState | null;
  keep(state: FlowPanelState): void;
}

/** May be asked for once in a page's life. */
export function acquireHost(): Host {
  const api = acquireVsCodeApi();
  return {
    post: (message) => api.postMessage(message),
    kept: readPanelState(api.getState()),
    keep: (state) => api.setState(state),
  };
}
