import { terminalText } from '../base/safe-text.ts';
import { isTerminal } from './output.ts';

/** A text as the bytes that `decodeBytes` made it of: characters that stand for a byte which is no UTF-8 become that byte again. */
export function encodeText(text: string): Buffer {
  if (!/[\udc80-\udcff]/u.test(text)) return Buffer.from(text, 'utf8');
  // A byte of its own takes three as a character, so there is room for all.
  const bytes = Buffer.allocUnsafe(Buffer.byteLength(text, 'utf8'));
  let end = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit <= 0xdbff && isLow(text.charCodeAt(at + 1))) {
      at += 1;
      continue;
    }
    if (unit < 0xdc80 || unit > 0xdcff) continue;
    if (from < at) end += bytes.write(text.slice(from, at), end, 'utf8');
    end = bytes.writeUInt8(unit - 0xdc00, end);
    from = at + 1;
  }
  end += bytes.write(text.slice(from), end, 'utf8');
  return bytes.subarray(0, end);
}

/** The text of a file for standard output: the bytes that it was made of, or on a terminal what can be shown there. */
export function outputBytes(text: string): Buffer {
  return isTerminal(1) ? Buffer.from(text.split('\n').map(terminalText).join('\n')) : encodeText(text);
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
