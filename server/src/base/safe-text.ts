/**
 * Text of a dump, a cluster or a program on its way to a person: one function for each way out. Such text is data wherever it goes; nothing
 * in it is obeyed, leads anywhere, or hides. What cannot be seen is shown by its number, "<U+202E>": control, format (zero-width, turning
 * the direction of writing, tags), variation selectors and others that Unicode calls ignorable, halves of a pair, non-characters.
 */

/** Text that went through the function for one way out and may take that way. */
export type SafeText<Way extends 'notification' | 'dialog' | 'status' | 'label' | 'terminal' | 'markdown' | 'xml' | 'shell'> =
  string & {
    readonly safeFor: Way;
  };

const unseenSet = '[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}]';
// Made when they are needed: Unicode's tables take a millisecond to look up.
let unseen: RegExp | undefined;
let unseenButLines: RegExp | undefined;

function unseenCharacters(): RegExp {
  unseen ??= new RegExp(unseenSet, 'gu');
  return unseen;
}

function unseenCharactersButLines(): RegExp {
  unseenButLines ??= new RegExp(`(?![\\n\\t])${unseenSet}`, 'gu');
  return unseenButLines;
}
/** Control characters that part words and lines, as the Unicode standard has them. */
const breaks = /[\t-\r\u0085\u2028\u2029]+/g;
/** Most text is this, and needs no look at Unicode's tables. */
const plain = /^[ -~]*$/;

function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  if (code === 0x7f) return '\u2421';
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
}

/** The text with every character that cannot be seen shown by its picture ("␛") or its number ("<U+202E>"); line ends too. */
export function visibleText(text: string): string {
  return plain.test(text) ? text : text.replace(unseenCharacters(), shown);
}

/** Visible text in one line, for places that have only one: line ends and tabs are blanks. */
export function oneLine(text: string): string {
  return plain.test(text) ? text : visibleText(text.replace(breaks, ' '));
}

/** Visible text that keeps its lines and tabs. */
export function visibleLines(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(unseenCharactersButLines(), shown);
}

/** Cuts after so many characters, never between the halves of one. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const half = /[\ud800-\udbff]$/.test(text.slice(0, most));
  return `${text.slice(0, half ? most - 1 : most)}…`;
}

/** VS Code makes a link of `[text](target)`, one that runs a command of `[text](command:...)`: there is no escape but a blank between. SARIF's viewers do, too. */
function unlinked(text: string): string {
  return text.replaceAll('](', '] (');
}

/** VS Code draws an icon for `$(name)` in labels. */
function withoutIcons(text: string): string {
  return text.replaceAll('$(', '$ (');
}

/** VS Code shows no more of a message (`MAX_MESSAGE_LENGTH` of its notifications). */
const longestMessage = 1_000;

/** For notifications and progress: one line, without links. */
export function notificationText(text: string): SafeText<'notification'> {
  return unlinked(cutText(oneLine(text), longestMessage)) as SafeText<'notification'>;
}

/** For a modal dialog's details, which have lines. */
export function dialogText(text: string): SafeText<'dialog'> {
  return unlinked(visibleLines(text)) as SafeText<'dialog'>;
}

/** For the status bar, a language status and a tree's message: one line, without links and icons. */
export function statusText(text: string): SafeText<'status'> {
  return withoutIcons(unlinked(cutText(oneLine(text), longestMessage))) as SafeText<'status'>;
}

/** For the rows of trees, quick picks and completions, names of symbols, titles of tabs and of code lenses: one line, without icons. */
export function labelText(text: string): SafeText<'label'> {
  return withoutIcons(unlinked(oneLine(text))) as SafeText<'label'>;
}

/** For messages in SARIF, in lines: its viewers make a link of `[text](target)` in them, too. */
export function sarifText(text: string): string {
  return unlinked(text);
}

/** For the drawing, its text form and files made of it: one line, without blanks at its ends. */
export function drawingText(text: string): string {
  return oneLine(text).trim();
}

/** For a terminal: nothing that it would obey, one line. */
export function terminalText(text: string): SafeText<'terminal'> {
  return visibleText(text) as SafeText<'terminal'>;
}

/** A value as JSON in one line, for programs and for who looks at it on a terminal: what cannot be seen is escaped, and reads back as it was. */
export function jsonText(value: unknown): string {
  const json = JSON.stringify(value);
  if (plain.test(json)) return json;
  return json.replace(unseenCharacters(), (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** What a name in a hover may take up; a dump may hold words of a megabyte. */
const longestInMarkdown = 400;

/** For Markdown and plain hovers before either's own rules: one line, cut. */
export function hoverText(text: string): string {
  return cutText(oneLine(text), longestInMarkdown);
}

/** As Markdown text: every character is escaped that Markdown or HTML could take for markup. */
export function markdownText(text: string): SafeText<'markdown'> {
  return hoverText(text)
    .replace(/[\\`*_{}[\]()#+\-!|~$^=:@]/g, '\\$&')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/\./g, '\\.') as SafeText<'markdown'>;
}

/** As Markdown code, in a cell of a table too. */
export function markdownCode(text: string): SafeText<'markdown'> {
  return fenced(hoverText(text).replace(/\|/g, '¦'));
}

/** As Markdown code outside of tables, whole: a command that is copied has every character, its pipes too. */
export function markdownCommand(text: string): SafeText<'markdown'> {
  return fenced(oneLine(text));
}

function fenced(code: string): SafeText<'markdown'> {
  let longest = 0;
  for (const run of code.matchAll(/`+/g)) longest = Math.max(longest, run[0].length);
  const fence = '`'.repeat(longest + 1);
  // A space on both sides lets text begin or end with a backtick; CommonMark takes it off again.
  const spelled = longest > 0 || code.trim() === '' ? `${fence} ${code} ${fence}` : `${fence}${code}${fence}`;
  return spelled as SafeText<'markdown'>;
}

/** Inside an XML or HTML element or a quoted attribute, with its lines. */
export function xmlText(text: string): SafeText<'xml'> {
  return visibleLines(text).replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`) as SafeText<'xml'>;
}
