import { type FlowAnswer, flowAnswer } from '../model/answer.ts';
import type { AnswerRoute, AnswerWords } from '../model/answer-words.ts';
import { groupBy } from '../model/collect.ts';
import type { GraphIndex } from '../model/graph-index.ts';
import { type MapWords, mapAnswer } from '../model/map-answer.ts';
import { element } from './dom.ts';

/** Above the drawing: whether the Service serves, whom, by which endpoints, and what is wrong, each a link to its rule or box. */
export interface AnswerBar {
  readonly element: HTMLElement;
  show(index: GraphIndex | null): void;
}

export interface AnswerEvents {
  openLine(line: number, focus: boolean): void;
  select(id: string): void;
}

/** Shape beside colour: what a reader sees who tells no colours apart. */
export const toneSigns = { good: '✓', warning: '!', bad: '✕', unsure: '?', plain: '' } as const;

/** So many faults are seen of a folded answer, as flow.css has it. */
const mostLowFaults = 2;

/** The bar, hidden until it has something to show. */
export function createAnswerBar(events: AnswerEvents): AnswerBar {
  const host = element('section', { class: 'answer', 'aria-label': 'Where packets end', hidden: true });
  let last: GraphIndex | null = null;
  // Where there is little height, all but the first lines is folded away.
  const fold = element('button', { type: 'button', class: 'answer-fold' });
  let folded = '';
  const unfold = (isOpen: boolean): void => {
    host.classList.toggle('unfolded', isOpen);
    fold.setAttribute('aria-expanded', String(isOpen));
    fold.textContent = isOpen ? 'Less' : folded;
  };
  unfold(false);
  fold.addEventListener('click', () => unfold(!host.classList.contains('unfolded')));
  host.addEventListener('keydown', (event) => walkLinks(host, event));
  return {
    element: host,
    show(index) {
      // Built anew only for another flow, as a button in it may have the focus.
      if (last === index) return;
      last = index;
      const answer = index === null ? null : answerOf(index);
      host.hidden = answer === null;
      host.replaceChildren();
      if (answer === null) return;
      const state = element('strong', { class: `answer-state tone-${answer.state.tone}` }, link(events, answer.state));
      const spans = (facts: readonly AnswerWords[]): readonly HTMLElement[] =>
        facts.map((fact) => element('span', { class: `tone-${fact.tone}` }, link(events, fact)));
      const faults = answer.faults.map((fault) => element('li', { class: `tone-${fault.tone}` }, link(events, fault)));
      host.append(element('p', { class: 'answer-head' }, state, ...spans(answer.facts), fold));
      if (faults.length > 0) host.append(element('ul', { class: 'answer-faults' }, ...faults));
      const details = spans(answer.details);
      const more = [
        ...(details.length > 0 ? [element('p', { class: 'answer-head' }, ...details)] : []),
        ...(answer.routes.length > 0 ? [routeTable(events, answer.routes)] : []),
      ];
      if (more.length > 0) host.append(element('div', { class: 'answer-more' }, ...more));
      folded = index?.map == null ? 'Where packets end…' : 'More…';
      unfold(host.classList.contains('unfolded'));
      fold.hidden = more.length === 0 && faults.length <= mostLowFaults;
      host.setAttribute('aria-label', index?.map == null ? 'Where packets end' : 'How the Services are');
      setTabStop(host, linksOf(host)[0]);
      host.scrollTop = 0;
    },
  };
}

/** The answer of a flow or a map; null where there is none. */
function answerOf(index: GraphIndex): FlowAnswer | null {
  if (index.map === null) return flowAnswer(index);
  const { state, facts, faults } = mapAnswer(index.map);
  const withLine = (words: MapWords): AnswerWords => ({ ...words, line: null });
  return { state: withLine(state), facts: facts.map(withLine), details: [], routes: [], faults: faults.map(withLine) };
}

function linksOf(host: HTMLElement): readonly HTMLButtonElement[] {
  return [...host.querySelectorAll('button')].filter((link) => link.offsetParent !== null);
}

/** One tab stop for all links, so that the flow stays near; arrows lead from one to the other. */
function setTabStop(host: HTMLElement, link: HTMLButtonElement | undefined): void {
  // Those that are folded away, too.
  for (const other of host.querySelectorAll('button')) other.tabIndex = other === link ? 0 : -1;
}

function walkLinks(host: HTMLElement, event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLButtonElement)) return;
  const links = linksOf(host);
  const at = links.indexOf(event.target);
  const places: Readonly<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowDown: at + 1,
    ArrowLeft: at - 1,
    ArrowUp: at - 1,
    Home: 0,
    End: links.length - 1,
  };
  const place = places[event.key];
  const next = place === undefined ? undefined : links[place];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  setTabStop(host, next);
  next.focus();
}

function sign({ tone }: AnswerWords): HTMLElement | null {
  return toneSigns[tone] === '' ? null : element('span', { class: 'answer-sign', 'aria-hidden': 'true' }, toneSigns[tone]);
}

/** Words as a button to what they are about, or as plain text; `after` is the comma behind them. */
function link(events: AnswerEvents, words: AnswerWords, after = ''): HTMLElement {
  const { text, node, line } = words;
  if (node === null && line === null) return element('span', {}, sign(words), text, after);
  const made = element('button', { type: 'button', class: 'answer-link' }, sign(words), text, after);
  made.addEventListener('click', () => {
    if (node !== null) events.select(node);
    if (line !== null) events.openLine(line, false);
  });
  return made;
}

function routeTable(events: AnswerEvents, routes: readonly AnswerRoute[]): HTMLElement {
  const heads = ['To', 'From', 'Ends at', 'Source'].map((text) => element('th', { scope: 'col' }, text));
  const bodies = [...groupBy(routes, ({ entries }) => entries[0]?.node)].map(([, own]) =>
    element(
      'tbody',
      {},
      ...own.map((route, at) =>
        element(
          'tr',
          {},
          at === 0 ? element('th', { scope: 'rowgroup', rowspan: own.length }, ...wordList(events, route.entries)) : null,
          element('td', {}, route.from),
          element('td', {}, ...wordList(events, route.ends)),
          element('td', {}, route.source),
        ),
      ),
    ),
  );
  return element('table', { class: 'answer-routes' }, element('thead', {}, element('tr', {}, ...heads)), ...bodies);
}

/** Words with commas between them, each within the button before it: behind one that takes several lines it would stand far off. */
function wordList(events: AnswerEvents, list: readonly AnswerWords[]): readonly (Node | string)[] {
  return list.flatMap((words, at) => {
    const isLast = at === list.length - 1;
    const made = element('span', { class: `tone-${words.tone}` }, link(events, words, isLast ? '' : ','));
    return isLast ? [made] : [made, ' '];
  });
}
