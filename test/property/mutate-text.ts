const tokens = [
  '"',
  '\\',
  '\\"',
  '\u0000',
  '\ufeff',
  '\r',
  '\n',
  '\t',
  '!',
  '-',
  '--',
  '-j',
  '-A',
  '-m',
  '[',
  ']',
  '[0:0]',
  ':',
  '*',
  '#',
  '{',
  '}',
  '> ',
  '\ud800',
  '\udc00',
  '\u{1f600}',
  '99999999999999999999',
  '0x',
  '/* ',
  ' */',
  'Chain X (',
  'Chain X (1 references)\n',
  'COMMIT',
  '*nat\n',
  '%s',
  '/'.repeat(40),
  'a,'.repeat(60),
  '('.repeat(50),
  '0.0.0.0/0 ',
  '-m comment --comment ',
  'Name: S\nMembers:\n',
  'table ip x {\n',
  '::',
  '...',
];

/** A damaged text: some places lose, double or swap characters and lines, or get something from elsewhere. */
export function mutateText(text: string, other: string, below: (bound: number) => number): string {
  let result = text;
  for (let times = 1 + below(6); times > 0; times -= 1) {
    const at = below(result.length + 1);
    const length = below(4) === 0 ? below(400) : below(8);
    switch (below(7)) {
      case 0:
        result = result.slice(0, at) + result.slice(at + length);
        break;
      case 1:
        result = result.slice(0, at) + (tokens[below(tokens.length)] ?? '') + result.slice(at);
        break;
      case 2:
        result = result.slice(0, at) + result.slice(at, at + length).repeat(1 + below(40)) + result.slice(at + length);
        break;
      case 3: {
        const from = below(other.length + 1);
        result = result.slice(0, at) + other.slice(from, from + length * 4) + result.slice(at);
        break;
      }
      case 4:
        result = result.slice(0, at) + String.fromCharCode(below(0x10000)) + result.slice(at + 1);
        break;
      case 5:
        result = result.slice(0, at);
        break;
      default:
        result = result.slice(0, at) + result.slice(at).replaceAll('\n', below(2) === 0 ? ' ' : '\r\n');
    }
  }
  return result.slice(0, 60_000);
}
