import type { Page } from './page.ts';

/** The answer takes no more than this share of what it and the drawing have. */
const mostForAnswer = 0.44;
/** With less height than this, in pixels, a drawing shows too little beside its answer. */
const leastForDrawing = 360;

/** Folds the answer to its first lines where all of it would leave the drawing too little room, so that endpoints stay in sight. */
export function foldAnswer({ parts }: Page): void {
  const { classList } = document.body;
  // As tall as all of it would be.
  classList.remove('low');
  const answer = parts.answer.element;
  const height = answer.offsetHeight + parts.main.offsetHeight;
  const wanted = answer.hidden ? 0 : answer.scrollHeight;
  classList.toggle('low', wanted > height * mostForAnswer || height - wanted < leastForDrawing);
}
