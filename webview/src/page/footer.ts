import { counted } from '../../../server/src/base/counted.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowGraph } from '../../../server/src/kube/flow/graph.ts';
import { element } from './dom.ts';

/** Below the drawing: where names come from, and what a reader should know before believing the picture. */
export interface Footer {
  readonly element: HTMLElement;
  show(graph: FlowGraph | null): void;
}

/** `open` is called when the user wants to read all notes. */
export function createFooter(open: () => void): Footer {
  const source = element('span', { class: 'source' });
  const notes = element('button', { type: 'button', class: 'notes-button', title: 'All notes' });
  notes.addEventListener('click', open);
  const host = element('footer', { class: 'footer', hidden: true }, source, notes);
  return {
    element: host,
    show(graph) {
      host.hidden = graph === null;
      if (graph === null) return;
      source.textContent = drawingText(graph.source);
      source.title = drawingText(graph.source);
      notes.hidden = graph.notes.length === 0;
      const warning = graph.notes.find((note) => note.severity === 'warning');
      const others = graph.notes.length - 1;
      notes.textContent =
        warning === undefined
          ? counted(graph.notes.length, 'note')
          : `⚠ ${drawingText(warning.message)}${others > 0 ? ` (and ${counted(others, 'more note')})` : ''}`;
    },
  };
}
