import { fixtureText } from './fixtures.ts';

/**
 * What one back end of real iptables-restore made of a file: 'refused' where `--test` says so already, 'refused-at-commit' where only the
 * kernel or the commit does.
 */
export type FileVerdict = 'accepted' | 'refused' | 'refused-at-commit';

/** A whole file that was given to real iptables. */
export interface FileCase {
  readonly section: string;
  readonly name: string;
  readonly text: string;
  readonly family: 'ipv4' | 'ipv6';
  /** What iptables-restore was called with: "-c", "--noflush"; empty for nothing. */
  readonly options: string;
  readonly legacy: FileVerdict;
  readonly nft: FileVerdict;
  /** The row's words on the verdict. */
  readonly words: string;
}

const repetitions = /\{([^}]*)\}×(\d+)/g;
const lengths = /(.{1,3})…\((\d+) (.|spaces|[^)]{1,2})\)/gu;

/** The text of a case: its marks for line ends, tabs, bytes and long runs written out. */
function expand(cell: string): string {
  return cell
    .replaceAll('⏎', '\n')
    .replaceAll('⇥', '\t')
    .replaceAll('␍', '\r')
    .replace(repetitions, (_, part: string, count: string) => Array.from({ length: Number(count) }, () => part).join(' '))
    .replace(/ …\((\d+) spaces\)/g, (_, count: string) => ' '.repeat(Number(count)))
    .replace(lengths, (_, shown: string, count: string, what: string) => {
      const unit = Array.from(shown).at(-1) === what ? what : (Array.from(shown).at(-1) ?? what);
      const head = Array.from(shown)
        .slice(0, -1)
        .filter((character) => character !== unit)
        .join('');
      return head + unit.repeat(Number(count));
    })
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    .replaceAll('\\xfeff', '\ufeff');
}

function verdict(cell: string): FileVerdict {
  if (cell.startsWith('OK')) return 'accepted';
  return cell.includes('--test OK') ? 'refused-at-commit' : 'refused';
}

/** Every case of the recorded list. */
export function fileCases(): readonly FileCase[] {
  const cases: FileCase[] = [];
  let section = '';
  for (const line of fixtureText('corpus/filelevel.md').split('\n')) {
    if (line.startsWith('## ')) section = line.slice(3);
    const cells = /^\| (.*?) \| `(.*?)` \| ((?:OK|ERROR|CRASH|--test).*) \|$/.exec(line);
    if (cells?.[1] === undefined || cells[2] === undefined || cells[3] === undefined) continue;
    const [, name, input, rest] = cells;
    const split = rest.split(' | ');
    const legacyWords = split[0] ?? '';
    const nftWords = split[1] === undefined || split[1] === 'same' ? legacyWords : split[1];
    cases.push({
      section,
      name,
      text: expand(input.replace(/\\xfeff/, '\ufeff')),
      family: name.includes('(IPv6)') ? 'ipv6' : 'ipv4',
      options: /`(-[^`]*)`/.exec(name)?.[1] ?? '',
      legacy: verdict(legacyWords),
      nft: verdict(nftWords),
      words: rest,
    });
  }
  return cases;
}
