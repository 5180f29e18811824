import { count, counted } from '../../../server/src/base/counted.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowNode, FlowNote } from '../../../server/src/kube/flow/graph.ts';
import type { Box } from '../layout/model.ts';
import { type Fact, groupFacts, nodeFacts, type RuleFact, rulesFrom, rulesTo, seenShares } from '../model/describe.ts';
import { entryKindName, kindName } from '../model/format.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import type { MapIndex } from '../model/map-graph.ts';
import { nodeShares, routeFacts } from '../model/routes.ts';
import { countStates, stateCount } from '../model/service-state.ts';
import { element, svgElement } from './dom.ts';

export interface DetailsEvents {
  openLine(line: number, focus: boolean): void;
  select(id: string): void;
}

export interface Details {
  readonly element: HTMLElement;
  /** About a box, or for null about the whole flow. */
  show(index: GraphIndex | null, box: Box | null): void;
}

const mostRules = 60;

const keys: readonly Fact[] = [
  { term: 'Arrows', text: 'walk along the flow', line: null },
  { term: 'Enter', text: 'show the rule; of a Service its flow', line: null },
  { term: 'Space', text: 'open or close a group', line: null },
  { term: '+ - 0', text: 'zoom, fit', line: null },
  { term: 'Shift+Arrows', text: 'pan', line: null },
  { term: '/', text: 'find', line: null },
  { term: 'F7', text: 'next difference', line: null },
  { term: 'Alt+F9', text: 'next step of a trace', line: null },
  { term: 'T, D', text: 'text, details', line: null },
  { term: 'Alt+←, Alt+→', text: 'back, forward', line: null },
];

/** What there is to know about the selected box, with buttons to each rule. */
export function createDetails(events: DetailsEvents): Details {
  const host = element('aside', { class: 'details', 'aria-label': 'Details' });
  let last: { readonly index: GraphIndex | null; readonly box: Box | null } | null = null;
  return {
    element: host,
    show(index, box) {
      // Built anew only for another place, as a button in it may have the focus.
      if (last !== null && last.index === index && last.box === box) return;
      last = { index, box };
      const content = index === null ? [] : box === null ? wholeFlow(events, index) : oneBox(events, index, box);
      host.replaceChildren(...content.filter((item) => item !== null));
      host.scrollTop = 0;
    },
  };
}

function oneBox(events: DetailsEvents, index: GraphIndex, box: Box): readonly (Node | null)[] {
  if (box.group !== null) {
    return [element('h2', {}, drawingText(box.group.label)), factList(events, groupFacts(box.group))];
  }
  if (box.node === null) return [];
  const to = rulesTo(index, box.node);
  const from = rulesFrom(index, box.node);
  return [
    element('p', { class: 'kind' }, kindName(box.node.kind)),
    element('h2', {}, drawingText(box.node.label)),
    factList(events, nodeFacts(box.node)),
    box.node.kind === 'entry' ? routes(index, box.node.id) : shareTable(index, box.node),
    to.length === 0 ? null : section('Comes from', ruleList(events, to)),
    from.length === 0 ? null : section('Goes to', ruleList(events, from)),
  ];
}

function wholeFlow(events: DetailsEvents, index: GraphIndex): readonly (Node | null)[] {
  const { graph } = index;
  const endpoints = graph.nodes.filter((node) => node.kind === 'endpoint').length;
  const verdicts = graph.nodes.filter((node) => node.kind === 'verdict').map((node) => drawingText(node.label));
  const facts: Fact[] = [
    ...graph.entries.map((entry) => ({
      term: entryKindName(entry.kind),
      text: drawingText(entry.label),
      line: null,
    })),
    ...(index.map === null ? [] : mapFacts(index.map)),
    ...(endpoints > 0 ? [{ term: 'Endpoints', text: count(endpoints), line: null }] : []),
    ...(verdicts.length > 0 ? [{ term: 'Verdicts', text: [...new Set(verdicts)].join(', '), line: null }] : []),
    { term: 'Names from', text: drawingText(graph.source), line: null },
  ];
  return [
    element('h2', {}, drawingText(graph.title)),
    factList(events, facts),
    graph.notes.length === 0 ? null : section('Notes', noteList(events, graph.notes)),
    section('Keys', factList(events, keys)),
  ];
}

/** How many Services there are, and how many are in which state. */
function mapFacts({ namespaces }: MapIndex): readonly Fact[] {
  const services = namespaces.flatMap((namespace) => namespace.services);
  const states = [...countStates(services.map(({ service }) => service.state))];
  return [
    { term: 'Namespaces', text: count(namespaces.length), line: null },
    { term: 'Services', text: count(services.length), line: null },
    ...states.map(([kind, number]) => ({ term: 'Of these', text: stateCount(kind, number), line: null })),
  ];
}

function section(title: string, ...content: readonly Node[]): HTMLElement {
  return element('section', {}, element('h3', {}, title), ...content);
}

function lineButton(events: DetailsEvents, line: number): HTMLButtonElement {
  const made = element('button', { type: 'button', class: 'link' }, `line ${count(line)}`);
  made.addEventListener('click', () => events.openLine(line, true));
  return made;
}

/** A button to a fact's or a note's line; null where it has none. */
function factLine(events: DetailsEvents, line: number | null): HTMLElement | null {
  return line === null ? null : element('span', { class: 'fact-line' }, lineButton(events, line));
}

function factList(events: DetailsEvents, facts: readonly Fact[]): HTMLElement {
  const list = element('dl', { class: 'facts' });
  for (const fact of facts) {
    list.append(element('dt', {}, fact.term), element('dd', {}, fact.text, factLine(events, fact.line)));
  }
  return list;
}

function ruleList(events: DetailsEvents, rules: readonly RuleFact[]): HTMLElement {
  const list = element('ul', { class: 'rules' });
  for (const rule of rules.slice(0, mostRules)) {
    const other = element('button', { type: 'button', class: 'link' }, rule.label);
    other.addEventListener('click', () => events.select(rule.id));
    const packets = rule.packets === null ? '' : counted(rule.packets, 'packet');
    const when = [rule.branch, packets].filter((part) => part !== '').join(' · ');
    list.append(
      element(
        'li',
        {},
        element('div', { class: 'rule-head' }, other, rule.line === null ? null : lineButton(events, rule.line)),
        when === '' ? null : element('div', { class: 'rule-branch' }, when),
        rule.rule === '' ? null : element('code', { class: 'rule-text' }, rule.rule),
      ),
    );
  }
  if (rules.length > mostRules) list.append(element('li', {}, `and ${counted(rules.length - mostRules, 'more rule')}`));
  return list;
}

function noteList(events: DetailsEvents, notes: readonly FlowNote[]): HTMLElement {
  const list = element('ul', { class: 'notes' });
  for (const note of notes) {
    const warning = note.severity === 'warning' ? element('strong', {}, 'Warning: ') : null;
    const className = `note-${note.severity}`;
    list.append(element('li', { class: className }, warning, drawingText(note.message), factLine(events, note.line)));
  }
  return list;
}

function shareTable(index: GraphIndex, node: FlowNode): HTMLElement | null {
  const shares = nodeShares(index, node);
  const seen = seenShares(index, node);
  if (shares.length === 0 && seen.length === 0) return null;
  const made = section('Share');
  for (const { entry, from, share } of shares) {
    const name = element('span', { class: 'share-name' }, entry, from === '' ? null : element('span', { class: 'from' }, from));
    made.append(element('div', { class: 'share' }, name, bar(share), percentText(share)));
  }
  for (const fact of seen) {
    const text = `${counted(fact.packets, 'packet')}, seen ${percentText(fact.seen)}, expected ${percentText(fact.expected)}`;
    made.append(element('div', { class: 'seen' }, `${fact.chain}: ${text}`));
  }
  return made;
}

/** Where packets to an entry (its id) end; those to all are above the drawing. */
function routes(index: GraphIndex, entry: string): HTMLElement | null {
  const facts = routeFacts(index.graph).filter((fact) => fact.entry === entry);
  if (facts.length === 0) return null;
  const list = element('ul', { class: 'routes' });
  for (const { from, ends, change } of facts) {
    const end = [ends, change].filter((part) => part !== '').join(', ');
    list.append(element('li', {}, element('span', { class: 'from' }, `${from}: `), end));
  }
  return section('Where packets end', list);
}

/** A bar as wide as a share. */
function bar(share: number): SVGSVGElement {
  return svgElement(
    'svg',
    { class: 'share-bar', width: 80, height: 8, 'aria-hidden': true, focusable: 'false' },
    svgElement('rect', { class: 'share-track', width: 80, height: 8, rx: 4 }),
    svgElement('rect', { class: 'share-value', width: Math.max(2, 80 * Math.min(1, share)), height: 8, rx: 4 }),
  );
}
