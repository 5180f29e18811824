import type { Page } from 'playwright-core';
import { gone, patience, pressUntil } from './again.ts';

interface Place {
  readonly x: number;
  readonly y: number;
}

/**
 * The text of the hover that opens when the mouse rests on a word of the line at the cursor, as soon as it has all texts of `says`: it may come in
 * parts. The mouse comes there once: no hover, or one without text, is a failure. Only where the word moved away from under the mouse, or the
 * hover was there and went (both for something else that the editor drew), it is moved there again.
 */
export async function hoverText(page: Page, word: string, says: readonly string[]): Promise<string> {
  const contents = page.locator('.monaco-editor .monaco-hover:not(.hidden) .hover-contents');
  const read = async (): Promise<string> => {
    const texts = await contents.allTextContents();
    return texts.filter((text) => !/^(?:Loading\.\.\.)?$/.test(text)).join('\n');
  };
  await pressUntil(page, 'Escape', gone(contents));
  const giveUp = Date.now() + patience;
  let place = await rest(page, word);
  let before = '';
  for (;;) {
    const text = await read();
    if (text !== '' && says.every((each) => text.includes(each))) return text;
    if (Date.now() > giveUp) throw new Error(`The hover over "${word}" has not ${says.join(', ')}: "${text}"`);
    const now = await placeOf(page, word);
    if (!isSame(now, place) || (before !== '' && text === '')) place = await rest(page, word);
    before = text;
    await page.waitForTimeout(100);
  }
}

/** Moves the mouse to where a word begins, which is returned, once nothing moves it any more: hints that arrive push what is behind them. */
async function rest(page: Page, word: string): Promise<Place> {
  let place = await startOf(page, word);
  for (let quiet = 0; quiet < 4; ) {
    await page.waitForTimeout(100);
    const now = await startOf(page, word);
    quiet = isSame(now, place) ? quiet + 1 : 0;
    place = now;
  }
  // From elsewhere: a mouse that does not move opens no hover.
  await page.mouse.move(place.x, place.y - 100);
  await page.mouse.move(place.x, place.y);
  return place;
}

function isSame(a: Place | null, b: Place): boolean {
  return a !== null && a.x === b.x && a.y === b.y;
}

/** Where a word of the line at the cursor begins on the screen, in pixels, as soon as it is there. */
export async function startOf(page: Page, word: string): Promise<Place> {
  const giveUp = Date.now() + patience;
  for (;;) {
    const place = await placeOf(page, word);
    if (place !== null) return place;
    if (Date.now() > giveUp) throw new Error(`"${word}" is not in the line at the cursor.`);
    await page.waitForTimeout(50);
  }
}

/**
 * The same, null where it is not there. Playwright's own hover scrolls what it hovers into view, behind the back of the editor, which then draws
 * its lines in two places. All is measured at one moment: the editor draws its lines anew at any time.
 */
function placeOf(page: Page, word: string): Promise<Place | null> {
  const script = `(() => {
    const word = ${JSON.stringify(word)};
    const editor = document.querySelector('.editor-group-container.active .monaco-editor');
    const top = editor?.querySelector('.current-line')?.getBoundingClientRect().y;
    if (top === undefined) return null;
    for (const token of editor.querySelectorAll('.view-line > span > span')) {
      const at = token.textContent.indexOf(word);
      const box = token.getBoundingClientRect();
      if (at < 0 || box.width === 0 || Math.abs(box.y - top) > 4) continue;
      // Its end may be out of sight.
      return { x: box.x + (box.width / token.textContent.length) * (at + 1), y: box.y + box.height / 2 };
    }
    return null;
  })()`;
  return page.evaluate<Place | null>(script);
}
