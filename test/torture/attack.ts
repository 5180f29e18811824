/** A generator of whole numbers below a bound. */
export type Below = (bound: number) => number;

/** What an attack tries again and again. */
export interface Attack {
  /** "dumps". */
  readonly name: string;
  /** What must hold, for the table of figures. */
  readonly claim: string;
  /** Makes one input and tries it. @throws where the claim does not hold */
  readonly attempt: (below: Below) => void;
}

/** Hostile pieces of text: what ends a string, starts a command or a link, hides, or is too long. */
export const pieces: readonly string[] = [
  '\n',
  '\r',
  '\u0000',
  '\u001b[2J',
  '\u001b]8;;http://x.test\u0007',
  '\u202e',
  '\u200b',
  '\u2066',
  '\u{e0041}',
  '\ufeff',
  '\ud800',
  '"',
  "'",
  '\\',
  '`',
  '$(id)',
  '$(alert)',
  '[x](command:workbench.action.terminal.new)',
  '<a href="command:x">',
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '"/><svg onload=alert(1)>',
  'javascript:alert(1)',
  ']]>',
  '--><!--',
  '-->',
  '\nCOMMIT\n*filter\n-A INPUT -j DROP\n',
  ' -j DROP -A INPUT',
  '|',
  '](',
  '![x](http://x.test/a.png)',
  '%00',
  '{{7*7}}',
  '__proto__',
  'constructor',
  '../../../../etc/passwd',
  'a'.repeat(300),
  '9'.repeat(40),
  '-1',
  '1e999',
  'NaN',
  '',
  ' ',
];

/** One of a list. */
export function pick<T>(below: Below, list: readonly T[]): T {
  return list[below(list.length)] as T;
}

/** Text with hostile pieces in it. */
export function hostileText(below: Below): string {
  let text = '';
  for (let parts = 1 + below(4); parts > 0; parts -= 1) text += below(3) === 0 ? 'shop-web' : pick(below, pieces);
  return text;
}

/** A value of any JSON type, mostly of another one than is wanted. */
export function hostileValue(below: Below, depth = 0): unknown {
  switch (below(depth > 2 ? 6 : 8)) {
    case 0:
      return null;
    case 1:
      return below(2) === 0;
    case 2:
      return pick(below, [0, -1, 1.5, 2 ** 31, 2 ** 53, Number.MAX_VALUE]);
    case 3:
    case 4:
    case 5:
      return hostileText(below);
    case 6:
      return Array.from({ length: below(4) }, () => hostileValue(below, depth + 1));
    default:
      return Object.fromEntries(Array.from({ length: below(4) }, () => [hostileText(below), hostileValue(below, depth + 1)]));
  }
}

/** A copy of a JSON value in which some places are lost, doubled, or hold something hostile. */
export function mutateValue(value: unknown, below: Below, chance: number): unknown {
  if (below(chance) === 0) return hostileValue(below);
  if (Array.isArray(value)) {
    const list = value.filter(() => below(chance) !== 0).map((item) => mutateValue(item, below, chance));
    return below(chance) === 0 && list.length > 0 ? [...list, list[0]] : list;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(() => below(chance) !== 0);
    return Object.fromEntries(
      entries.map(([key, item]) => [below(chance * 4) === 0 ? hostileText(below) : key, mutateValue(item, below, chance)]),
    );
  }
  if (typeof value === 'string' && below(chance) === 0) {
    const at = below(value.length + 1);
    return value.slice(0, at) + hostileText(below) + value.slice(at);
  }
  return value;
}
