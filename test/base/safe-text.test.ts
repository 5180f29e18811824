import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cutText,
  dialogText,
  drawingText,
  hoverText,
  jsonText,
  labelText,
  markdownCode,
  markdownCommand,
  markdownText,
  notificationText,
  oneLine,
  statusText,
  terminalText,
  xmlText,
} from '../../server/src/base/safe-text.ts';

describe('what cannot be seen is shown', () => {
  it.each([
    ['an escape', 'a\u001b[2Jb', 'a␛[2Jb'],
    ['a delete', 'a\u007fb', 'a␡b'],
    ['a control character of eight bits', 'a\u009bb', 'a<U+009B>b'],
    ['a zero-width space', 'pro\u200bd', 'pro<U+200B>d'],
    ['a joiner', 'pro\u200dd', 'pro<U+200D>d'],
    ['a soft hyphen', 'pro\u00add', 'pro<U+00AD>d'],
    ['a turned direction', 'web\u202egnp.exe', 'web<U+202E>gnp.exe'],
    ['an isolate', 'a\u2066b\u2069', 'a<U+2066>b<U+2069>'],
    ['a mark of Arabic', 'a\u061cb', 'a<U+061C>b'],
    ['a byte order mark', 'a\ufeffb', 'a<U+FEFF>b'],
    ['tags', 'a\u{e0041}\u{e007f}b', 'a<U+E0041><U+E007F>b'],
    ['variation selectors', 'a\ufe0fb\u{e0100}', 'a<U+FE0F>b<U+E0100>'],
    ['a filler', 'a\u3164b', 'a<U+3164>b'],
    ['half a pair', 'a\ud800b', 'a<U+D800>b'],
    ['a non-character', 'a\uffffb', 'a<U+FFFF>b'],
  ])('%s', (_name, given, shown) => {
    for (const safe of [oneLine, terminalText, notificationText, statusText, labelText, dialogText, drawingText, hoverText]) {
      expect(safe(given)).toBe(shown);
    }
    expect(markdownText(given)).toBe(markdownText(shown));
    expect(markdownCode(given)).toBe(`\`${shown}\``);
    expect(xmlText(given)).toBe(xmlText(shown));
  });

  it('and what can be seen stays', () => {
    for (const text of ['booking/frontend:http', 'größe 漢字 🙂 עברית', '<U+202E>']) expect(oneLine(text)).toBe(text);
  });

  it('whatever the text', () => {
    const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const safe of [
          oneLine,
          terminalText,
          notificationText,
          statusText,
          labelText,
          drawingText,
          hoverText,
          jsonText,
          markdownText,
        ]) {
          expect(safe(text)).not.toMatch(unseen);
        }
        expect(dialogText(text).replace(/[\n\t]/g, '')).not.toMatch(unseen);
        expect(xmlText(text).replace(/[\n\t]/g, '')).not.toMatch(unseen);
      }),
      { seed: 7 },
    );
  });
});

describe('lines', () => {
  it('become blanks where there is one line only', () => {
    expect(oneLine('a\nb\r\n\tc\u2028d')).toBe('a b c d');
    expect(drawingText(' a\n')).toBe('a');
  });

  it('are shown on a terminal, where they could pass for lines of ours', () => {
    expect(terminalText('a\nb')).toBe('a␊b');
  });

  it('stay in a dialog and a file', () => {
    expect(dialogText('a\r\nb')).toBe('a\nb');
    expect(xmlText('a\nb')).toBe('a\nb');
  });
});

describe('links and icons', () => {
  // What VS Code's parseLinkedText and renderLabelWithIcons look for.
  const link = /\[([^\]]+)\]\(((?:command:|https?:\/\/|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
  const icon = /(\\)?\$\(([a-z0-9-]+(?:~[a-z]+)?)\)/i;

  it('are text in notifications, dialogs and the status', () => {
    expect(notificationText('[Repair](command:workbench.action.terminal.new)')).toBe(
      '[Repair] (command:workbench.action.terminal.new)',
    );
    const piece = fc.constantFrom('[', ']', '(', ')', 'x', ' ', '\u200b', '\n', 'command:a', 'https://a', '$', '"', '\\');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join('');
        for (const safe of [notificationText, dialogText, statusText]) expect(safe(text)).not.toMatch(link);
        for (const safe of [statusText, labelText]) expect(safe(text)).not.toMatch(icon);
      }),
      { seed: 7, numRuns: 2_000 },
    );
  });

  it('are no markup in Markdown', () => {
    expect(markdownText('<b>[x](command:y) `q` | \u2066z')).toBe(
      '&lt;b&gt;\\[x\\]\\(command\\:y\\) \\`q\\` \\| &lt;U\\+2066&gt;z',
    );
    expect(markdownCode('a`b|c')).toBe('`` a`b¦c ``');
    expect(markdownCommand('a`b | c')).toBe('`` a`b | c ``');
  });
});

describe('JSON', () => {
  it('shows what hides, and reads back as it was', () => {
    expect(jsonText({ name: 'a\u202eb\u{e0041}\u009b' })).toBe('{"name":"a\\u202eb\\udb40\\udc41\\u009b"}');
    const any = fc.dictionary(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), { noNullPrototype: true });
    fc.assert(
      fc.property(any, (value) => {
        expect(jsonText(value)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u);
        expect(JSON.parse(jsonText(value))).toEqual(value);
      }),
      { seed: 7 },
    );
  });
});

it('cuts between characters', () => {
  expect(cutText('ab🙂c', 3)).toBe('ab…');
  expect(cutText('ab🙂c', 4)).toBe('ab🙂…');
  expect(notificationText('x'.repeat(5_000))).toHaveLength(1_001);
});

it('leaves nothing that XML cannot hold', () => {
  expect(xmlText('a<b>&"\'')).toBe('a&#60;b&#62;&#38;&#34;&#39;');
  expect(xmlText('\u0000🙂')).toBe('␀🙂');
});
