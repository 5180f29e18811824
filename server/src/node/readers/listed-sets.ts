/** Sets as `ipset list` shows them, in the form of `ipset save`. */

/** Options of a set's header that `ipset create` takes with a value; others stand alone or are left out, as bucketsize and initval. */
const withValue: ReadonlySet<string> = new Set([
  'family',
  'hashsize',
  'maxelem',
  'netmask',
  'timeout',
  'range',
  'markmask',
  'size',
]);
const alone: ReadonlySet<string> = new Set(['counters', 'comment', 'skbinfo', 'forceadd']);

function createOf(name: string, type: string, header: string): string {
  const words = header.split(/\s+/);
  const options = words.flatMap((word, at) =>
    withValue.has(word) ? [word, words[at + 1] ?? ''] : alone.has(word) ? [word] : [],
  );
  return ['create', name, type, ...options].join(' ');
}

/** The text of `ipset save` for one of `ipset list`; a text that is none is given back. */
export function savedSets(text: string): string {
  if (!/^Name: \S+$/m.test(text) || /^create \S+ /m.test(text)) return text;
  const lines: string[] = [];
  let name = '';
  let type = '';
  let isMember = false;
  for (const line of text.split('\n')) {
    const [, word, value = ''] = /^(Name|Type|Header|Members): ?(.*)$/.exec(line) ?? [];
    if (word === 'Name') {
      name = value.trim();
      isMember = false;
    } else if (word === 'Type') type = value.trim();
    else if (word === 'Header') lines.push(createOf(name, type, value.trim()));
    else if (word === 'Members') isMember = true;
    else if (line.trim() === '') isMember = false;
    else if (isMember) lines.push(`add ${name} ${line.trim()}`);
  }
  return `${lines.join('\n')}\n`;
}
