/**
 * What the extension and the flow panel's page say to each other, and the checks that each end makes before it believes a message.
 * Lines are 1-based, as in a FlowGraph.
 *
 * The page says `ready` once, when it can listen; what is sent before that may be lost. The extension then answers with `loading`, `flow` or
 * `nothing`, and sends another whenever the dump or the cluster changes. An edit is a `flow` with the same `uri` and `to`: view, selection and
 * open groups stay. Another `to` is a step forward in the page's history.
 *
 * The page's policy must be: default-src 'none'; script-src 'nonce-...'; style-src {webview.cspSource}; img-src blob: (for PNG). It has one
 * element, `<body>`, the style sheet flow.css and the script flow.js.
 *
 * What the page keeps with setState, and so what a WebviewPanelSerializer is given back, is a FlowPanelState (model/panel-state.ts).
 */
import type { FlowGraph } from '../../server/src/kube/flow/graph.ts';
import { type Check, isBoolean, isLine, isNumber, isString, listOf, oneOf, optional, orNull, record } from './model/check.ts';
import { isExport, type SaveFormat } from './model/export-check.ts';
import { isFlowGraph } from './model/graph-check.ts';
import type { TracedStep } from './model/traced-path.ts';

/** Draw this. */
export interface ShowFlow {
  readonly kind: 'flow';
  /** The dump's URI as a string; comes back in the state, so that a reload knows which dump to open. */
  readonly uri: string;
  /** The dump's file name, to be read: "node-a.iptables". */
  readonly file: string;
  /** What to ask for again to get this flow: "10.96.20.10:80/tcp", "shop/web:http". Opaque to the page. */
  readonly to: string;
  readonly graph: FlowGraph;
  /** The flow beside which it is to be drawn, with what differs; absent for none. */
  readonly other?: OtherFlow;
}

/** The second of two flows that are compared. */
export interface OtherFlow {
  /** Its dump, and whether what kube-proxy would write for it is meant: comes back in the state. */
  readonly uri: string;
  readonly expected: boolean;
  /** What it is called, to be read: "node-b.iptables". */
  readonly file: string;
  readonly graph: FlowGraph;
}

/** There is nothing to draw, and why: "No Service in this dump has the address 10.96.0.99." */
export interface ShowNothing {
  readonly kind: 'nothing';
  readonly uri: string;
  readonly file: string;
  readonly to: string;
  /** A sentence or more, plain text. */
  readonly reason: string;
}

/** An answer is on its way; sent where it may take more than about 200 ms. What is drawn stays until then. */
export interface ShowLoading {
  readonly kind: 'loading';
  readonly uri: string;
  readonly file: string;
  readonly to: string;
}

/**
 * What is drawn may be as things no longer are, and why: the dump is gone, or the server is down. It stays drawn, and is marked so until the
 * next `flow` or `nothing`, or until `reason` is null.
 */
export interface Outdated {
  readonly kind: 'outdated';
  /** A sentence or more, plain text; null: it is as it is again. */
  readonly reason: string | null;
  /** Whether `restart` helps. */
  readonly canRestart: boolean;
}

/** The dump has another place; all else stays. */
export interface Moved {
  readonly kind: 'moved';
  readonly uri: string;
  readonly file: string;
}

/** Where the cursor is in the dump: lights the path from entry to Pod through it. All null: nowhere. */
export interface Highlight {
  readonly kind: 'highlight';
  readonly line: number | null;
  /** The chain under the cursor or the one that the line's rule is in, used where no rule of the flow is on the line. */
  readonly table: string | null;
  readonly chain: string | null;
}

/** The path of a packet through the dump, of which the flow may have a part: lights it, step by step. No steps: none. */
export interface Traced {
  readonly kind: 'traced';
  /** "tcp 10.244.0.9 -> 10.96.0.10:53, NEW, first met in PREROUTING". */
  readonly title: string;
  readonly steps: readonly TracedStep[];
  /** The step that was gone to last, 0-based; -1 for none. */
  readonly current: number;
}

/** From the extension to the page. */
export type HostMessage = ShowFlow | ShowNothing | ShowLoading | Outdated | Moved | Highlight | Traced;

/** Listening. */
export interface Ready {
  readonly kind: 'ready';
}

/** Show the line in the dump's editor, beside the panel. */
export interface OpenLine {
  readonly kind: 'open-line';
  readonly line: number;
  /** Whether the editor takes the focus (Enter, double click) or only shows the line (a click). */
  readonly focus: boolean;
  /** Of the dump that is compared, not of the panel's own. */
  readonly isOther?: boolean;
}

/** Answer with the flow of `to`, in this panel: back, forward, reload. */
export interface RequestFlow {
  readonly kind: 'request-flow';
  readonly to: string;
}

/** Let the user pick another Service, as the command does, and answer with its flow in this panel. */
export interface PickFlow {
  readonly kind: 'pick-flow';
}

/** Let the user pick a dump to compare with, and answer with both flows; `stop`: answer with the panel's own alone again. */
export interface CompareFlow {
  readonly kind: 'compare';
  readonly stop: boolean;
}

/** Ask about a packet from or to a place, as `trace` takes it; what is null the user is asked for. */
export interface TracePacket {
  readonly kind: 'trace';
  readonly from: string | null;
  readonly to: string | null;
  /** "tcp". */
  readonly protocol: string;
}

/** Go to the next step of the traced packet, or the one before, in the dump as well. */
export interface TraceStep {
  readonly kind: 'trace-step';
  readonly by: 1 | -1;
}

/** Open the object of the cluster that the rule on a line (1-based) is for: an endpoint's Pod in the snapshot. */
export interface OpenObject {
  readonly kind: 'open-object';
  readonly line: number;
}

/** Start the language server again. */
export interface Restart {
  readonly kind: 'restart';
}

/** Put the text on the clipboard, and say so. */
export interface CopyText {
  readonly kind: 'copy';
  readonly text: string;
  /** What was copied, to be read: "Mermaid". */
  readonly what: string;
}

/** Ask where to save, and save. */
export interface SaveFile {
  readonly kind: 'save';
  readonly format: SaveFormat;
  /** A proposed file name with its extension, of letters, digits, dot, dash and underscore only. */
  readonly name: string;
  /** Base64 for png, text for the others. */
  readonly content: string;
}

/** Open the page in the system's browser, where it can be printed (a webview cannot print). */
export interface Print {
  readonly kind: 'print';
  /** As in SaveFile, ending in .html. */
  readonly name: string;
  /** A self-contained page without scripts. */
  readonly html: string;
}

/** From the page to the extension. */
export type PageMessage =
  | Ready
  | OpenLine
  | RequestFlow
  | PickFlow
  | CompareFlow
  | TracePacket
  | TraceStep
  | OpenObject
  | Restart
  | CopyText
  | SaveFile
  | Print;

const isOther: Check<OtherFlow> = record<OtherFlow>({ uri: isString, expected: isBoolean, file: isString, graph: isFlowGraph });
const source = { uri: isString, file: isString, to: isString };

function tagged<T extends { readonly kind: string }>(
  checks: {
    readonly [Kind in T['kind']]: Check<Extract<T, { readonly kind: Kind }>>;
  },
): (value: unknown) => T | null {
  const byKind = new Map<unknown, Check<T>>(Object.entries<Check<T>>(checks));
  return (value) => {
    if (typeof value !== 'object' || value === null || !('kind' in value)) return null;
    const check = byKind.get(value.kind);
    return check?.(value) ? value : null;
  };
}

/** The page's check: a message from the extension, or null for anything else. */
export const readHostMessage: (value: unknown) => HostMessage | null = tagged<HostMessage>({
  flow: record<ShowFlow>({ kind: oneOf('flow'), ...source, graph: isFlowGraph, other: optional(isOther) }),
  nothing: record<ShowNothing>({ kind: oneOf('nothing'), ...source, reason: isString }),
  loading: record<ShowLoading>({ kind: oneOf('loading'), ...source }),
  outdated: record<Outdated>({ kind: oneOf('outdated'), reason: orNull(isString), canRestart: isBoolean }),
  moved: record<Moved>({ kind: oneOf('moved'), uri: isString, file: isString }),
  highlight: record<Highlight>({
    kind: oneOf('highlight'),
    line: orNull(isLine),
    table: orNull(isString),
    chain: orNull(isString),
  }),
  traced: record<Traced>({
    kind: oneOf('traced'),
    title: isString,
    steps: listOf(record<TracedStep>({ line: orNull(isLine), words: isString })),
    current: isNumber,
  }),
});

const isSaveShape = record<SaveFile>({
  kind: oneOf('save'),
  format: oneOf('svg', 'png', 'html', 'mermaid', 'dot'),
  name: isString,
  content: isString,
});
const isPrintShape = record<Print>({ kind: oneOf('print'), name: isString, html: isString });

const isSave: Check<SaveFile> = (value): value is SaveFile =>
  isSaveShape(value) && isExport(value.format, value.name, value.content);
const isPrint: Check<Print> = (value): value is Print => isPrintShape(value) && isExport('html', value.name, value.html);

/** The extension's check: a message from the page, or null for anything else. */
export const readPageMessage: (value: unknown) => PageMessage | null = tagged<PageMessage>({
  ready: record<Ready>({ kind: oneOf('ready') }),
  'open-line': record<OpenLine>({ kind: oneOf('open-line'), line: isLine, focus: isBoolean, isOther: optional(isBoolean) }),
  compare: record<CompareFlow>({ kind: oneOf('compare'), stop: isBoolean }),
  'request-flow': record<RequestFlow>({ kind: oneOf('request-flow'), to: isString }),
  'pick-flow': record<PickFlow>({ kind: oneOf('pick-flow') }),
  trace: record<TracePacket>({ kind: oneOf('trace'), from: orNull(isString), to: orNull(isString), protocol: isString }),
  'open-object': record<OpenObject>({ kind: oneOf('open-object'), line: isLine }),
  'trace-step': record<TraceStep>({ kind: oneOf('trace-step'), by: oneOf(1, -1) }),
  restart: record<Restart>({ kind: oneOf('restart') }),
  copy: record<CopyText>({ kind: oneOf('copy'), text: isString, what: isString }),
  save: isSave,
  print: isPrint,
});
