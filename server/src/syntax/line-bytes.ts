const encoder = new TextEncoder();
const lineFeed = 0x0a;
/** What stands for a character that is not ASCII. */
const other = 0xff;

/** Characters of a text as bytes, one for each UTF-16 unit; the same memory is used for one part of a text after the other. */
export class LineBytes {
  bytes = new Uint8Array(1024);
  /** How many characters there are. */
  length = 0;

  /** Takes the characters from `start` up to, but not including, `end`; a line feed stands behind them. */
  fill(text: string, start: number, end: number): void {
    const length = end - start;
    if (length >= this.bytes.length) this.bytes = new Uint8Array(Math.max(length + 1, this.bytes.length * 2));
    const { bytes } = this;
    const { written, read } = encoder.encodeInto(text.slice(start, end), bytes.subarray(0, length));
    if (written !== length || read !== length) {
      for (let at = 0; at < length; at += 1) {
        const unit = text.charCodeAt(start + at);
        bytes[at] = unit < 0x80 ? unit : other;
      }
    }
    bytes[length] = lineFeed;
    this.length = length;
  }
}
