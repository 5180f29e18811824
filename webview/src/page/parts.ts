import { type AnswerBar, createAnswerBar } from './answer-bar.ts';
import { type CompareBar, type CompareEvents, createCompareBar } from './compare-bar.ts';
import { type ContextMenu, createContextMenu } from './context-menu.ts';
import { createDetails, type Details, type DetailsEvents } from './details.ts';
import { element } from './dom.ts';
import { Drawing, type DrawingEvents } from './drawing.ts';
import { createFooter, type Footer } from './footer.ts';
import type { MenuEntry } from './menu-list.ts';
import { createOtherPane, type OtherEvents, type OtherPane } from './other-pane.ts';
import { createOutdatedBar, type OutdatedBar } from './outdated-bar.ts';
import { createOverview, type Overview } from './overview.ts';
import { createToolbar, type Toolbar, type ToolbarEvents } from './toolbar.ts';
import { createTooltip, type Tooltip } from './tooltip.ts';
import { createTraceBar, type TraceBar, type TraceBarEvents } from './trace-bar.ts';
import { createTreeView, type TreeEvents, type TreeView } from './tree-view.ts';

/** What the page is made of. */
export interface PageParts {
  readonly drawing: Drawing;
  readonly overview: Overview;
  readonly tooltip: Tooltip;
  readonly details: Details;
  readonly tree: TreeView;
  readonly toolbar: Toolbar;
  readonly footer: Footer;
  /** The page's own flow and the one that it is compared with. */
  readonly panes: HTMLElement;
  readonly ownHead: HTMLElement;
  readonly other: OtherPane;
  readonly compare: CompareBar;
  readonly trace: TraceBar;
  /** Text and drawing, or why there is neither. */
  readonly main: HTMLElement;
  readonly empty: HTMLElement;
  readonly emptyText: HTMLElement;
  readonly progress: HTMLElement;
  readonly outdated: OutdatedBar;
  readonly answer: AnswerBar;
  readonly contextMenu: ContextMenu;
  /** What is said to who listens. */
  readonly status: HTMLElement;
}

/** What the parts tell the page. */
export interface PartEvents {
  readonly drawing: DrawingEvents;
  readonly details: DetailsEvents;
  readonly tree: TreeEvents;
  readonly other: OtherEvents;
  readonly compare: CompareEvents;
  readonly trace: TraceBarEvents;
  readonly toolbar: ToolbarEvents;
  readonly exports: readonly MenuEntry[];
  /** A place of the drawing, in its pixels, is wanted in the middle. */
  moveTo(x: number, y: number): void;
  showNotes(): void;
  pick(): void;
  restart(): void;
}

/** Makes the parts and puts them into the document. */
export function createParts(events: PartEvents): PageParts {
  const drawing = new Drawing(events.drawing);
  const overview = createOverview(events.moveTo);
  const tooltip = createTooltip();
  const details = createDetails(events.details);
  const tree = createTreeView(events.tree);
  const toolbar = createToolbar(events.toolbar, events.exports);
  const footer = createFooter(events.showNotes);
  const status = element('div', { class: 'status', role: 'status' });
  const emptyText = element('p', { class: 'empty-reason' });
  const another = element('button', { type: 'button', class: 'button' }, 'Show another Service…');
  another.addEventListener('click', () => events.pick());
  const empty = element('div', { class: 'empty', hidden: true }, emptyText, another);
  const progress = element('div', { class: 'progress', hidden: true });
  const outdated = createOutdatedBar(events.restart);
  const contextMenu = createContextMenu();
  const answer = createAnswerBar(events.details);
  const main = element('div', { class: 'stage' }, tree.element, drawing.element, overview.element, empty);
  const other = createOtherPane(events.other);
  const compare = createCompareBar(events.compare);
  const trace = createTraceBar(events.trace);
  const ownHead = element('h2', { class: 'pane-head', hidden: true });
  const panes = element('main', { class: 'panes' }, element('div', { class: 'pane' }, ownHead, main));
  const body = element('div', { class: 'body' }, panes, details.element);
  document.body.append(
    toolbar.element,
    progress,
    outdated.element,
    answer.element,
    compare.element,
    trace.element,
    body,
    footer.element,
    status,
    tooltip.element,
    contextMenu.element,
  );
  return {
    drawing,
    overview,
    tooltip,
    details,
    tree,
    toolbar,
    footer,
    panes,
    ownHead,
    other,
    compare,
    trace,
    main,
    empty,
    emptyText,
    progress,
    outdated,
    answer,
    contextMenu,
    status,
  };
}
