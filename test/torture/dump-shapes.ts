/** A shape of text that grows, and is hostile to whoever reads it. */
export interface Shape {
  readonly name: string;
  readonly textOf: (size: number) => string;
}

const filter = (body: string): string => `*filter\n:INPUT ACCEPT [0:0]\n${body}\nCOMMIT\n`;
const inOneLine = (name: string, piece: string): Shape => ({
  name: `a line of ${name}`,
  textOf: (size) => filter(`-A INPUT ${piece.repeat(Math.ceil(size / piece.length))}`),
});
const rows = (name: string, row: (index: number) => string): Shape => ({
  name,
  textOf: (size) => filter(Array.from({ length: Math.ceil(size / 20) }, (_, index) => row(index)).join('\n')),
});

export const dumpShapes: readonly Shape[] = [
  inOneLine('blanks', ' '),
  inOneLine('tabs', '\t'),
  inOneLine('letters', 'a'),
  inOneLine('digits', '1'),
  inOneLine('quotes', '"'),
  inOneLine('backslashes', '\\'),
  inOneLine('bangs', '! '),
  inOneLine('dashes', '-'),
  inOneLine('commas', ','),
  inOneLine('slashes', '/'),
  inOneLine('colons', ':'),
  inOneLine('dots', '.'),
  inOneLine('brackets', '['),
  inOneLine('backticks', '`'),
  inOneLine('joined rules', '-A INPUT -j ACCEPT '),
  inOneLine('options', '-p tcp '),
  inOneLine('openings of comments', '/* '),
  inOneLine('prompts', 'a$ '),
  {
    name: 'a comment of "-p r"',
    textOf: (size) => filter(`-A INPUT -m comment --comment "${'-p r'.repeat(size / 4)}" -j ACCEPT`),
  },
  {
    name: 'a probability of zeros',
    textOf: (size) => filter(`-A INPUT -m statistic --mode random --probability 0.${'0'.repeat(size)}1 -j ACCEPT`),
  },
  { name: 'blanks without a table', textOf: (size) => ' '.repeat(size) },
  {
    name: 'a listing of open comments',
    textOf: (size) => `Chain INPUT (policy ACCEPT)\nACCEPT all -- 0.0.0.0/0 0.0.0.0/0 ${'/* '.repeat(size / 3)}`,
  },
  { name: 'escape sequences', textOf: (size) => '\u001b['.repeat(size / 2) },
  { name: 'lines of a log', textOf: (size) => 'Nov 14 10:00:00 node kubelet: -A INPUT\n'.repeat(size / 40) },
  { name: 'blank lines', textOf: (size) => '\n'.repeat(size) },
  { name: 'a JSON string of lines', textOf: (size) => `"${'-A INPUT -j ACCEPT\\n'.repeat(size / 20)}"` },
  rows('rules inserted', (index) => `-I INPUT ${index % 7 === 0 ? 1 : index + 1} -j ACCEPT`),
  rows('rules inserted at the head', () => '-I INPUT -j ACCEPT'),
  rows('rules deleted', (index) => (index % 2 === 0 ? '-A INPUT -j ACCEPT' : '-D INPUT 1')),
  rows('rules deleted by text', (index) =>
    index % 2 === 0 ? `-A INPUT -s 10.0.0.${index % 250} -j DROP` : `-D INPUT -s 10.0.0.${(index - 1) % 250} -j DROP`,
  ),
  rows('tables opened', () => 'COMMIT\n*filter'),
  rows('tables of nat opened', () => 'COMMIT\n*nat'),
  rows('tables with names of their own', (index) => `COMMIT\n*t${index}\n-A OUTPUT -j C0`),
  rows('rules outside tables', () => 'COMMIT\n*filter\nCOMMIT\n-A INPUT -j ACCEPT'),
  rows('tables that jump elsewhere', (index) => `*filter\n-A INPUT -j C${index}\nCOMMIT`),
  {
    name: 'rules pasted twice',
    textOf: (size) => {
      const half = Array.from({ length: size / 60 }, (_, index) => `-A INPUT -s 10.0.${index >> 8}.${index & 255}/32 -j DROP`);
      return [...half, ...half].join('\n');
    },
  },
  {
    name: 'chains in a circle',
    textOf: (size) => {
      const count = size / 40;
      const chains = Array.from({ length: count }, (_, index) => `:C${index} - [0:0]`);
      const jumps = Array.from({ length: count }, (_, index) => `-A C${index} -j C${(index + 1) % count}`);
      return filter([...chains, '-A INPUT -j C0', ...jumps].join('\n'));
    },
  },
  {
    name: 'rules that take all, one inserted',
    textOf: (size) => filter(`${'-A INPUT -j ACCEPT\n'.repeat(size / 20)}-I INPUT -j DROP`),
  },
  rows('sets never declared', (index) => `-A INPUT -m set --match-set S${index} src -j ACCEPT`),
  rows('one set never declared', () => '-A INPUT -m set --match-set S src -j ACCEPT'),
  rows('lists never written', (index) => `-A INPUT -m recent --rcheck --name L${index} -j ACCEPT`),
  rows('random choices', () => '-A INPUT -m statistic --mode random --probability 0.5 -j ACCEPT'),
  rows('owners', (index) => `-A INPUT -m owner --uid-owner ${index} -j ACCEPT`),
  rows('the same rule', () => '-A INPUT -s 10.0.0.1/32 -j ACCEPT'),
  rows('marks set', (index) => `-A INPUT -j MARK --set-xmark 0x${(index % 4096).toString(16)}/0xfff`),
  rows('chains declared again', (index) => `:C${index % 3} - [0:0]`),
  {
    name: 'chains nested',
    textOf: (size) => {
      const count = size / 4;
      const chains = Array.from({ length: count }, (_, index) => `:C${index} - [0:0]`);
      const jumps = Array.from({ length: count - 1 }, (_, index) => `-A C${index} -j C${index + 1}`);
      return filter([...chains, '-A INPUT -j C0', ...jumps, `-A C${count - 1} -j ACCEPT`].join('\n'));
    },
  },
  {
    name: 'diamonds of jumps',
    textOf: (size) => {
      const count = size / 100;
      const chains = Array.from({ length: count }, (_, index) => `:C${index} - [0:0]`);
      const jumps = Array.from(
        { length: count - 1 },
        (_, index) => `-A C${index} -m statistic --mode random --probability 0.5 -j C${index + 1}\n-A C${index} -j C${index + 1}`,
      );
      return filter([...chains, '-A INPUT -j C0', ...jumps].join('\n'));
    },
  },
];
