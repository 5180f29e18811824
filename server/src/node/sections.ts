/** Files that hold what several commands printed, each below the command itself: notes that people take, Retina's ip-resources.txt. */
import type { BundleFile } from './bundle-file.ts';

/** What a bundle's commands look like; what stands before one is a prompt, a heading's signs or a path. */
const command =
  /^(?:(?:\[[^\]\n]{1,80}\]|[\w.@:~/-]{0,80}) ?[#$>] ?|[#>=+*-]{1,10} ?)?(?:(?:sudo(?: -\w{1,10})?|chroot \S{1,40}|(?:kubectl|oc|docker|crictl|nsenter|ssh) [^\n]{1,100}?(?: --)?) ){0,2}(?:\/[\w/.-]{1,60}\/)?((?:ip6?tables(?:-nft|-legacy)?(?:-save)?|ip|bridge|conntrack|sysctl|nft|ipset|nstat|netstat|cat)(?: [^\n]{0,120})?)$/;

/** Words by which a line is a command of a bundle, and no text that only begins alike. */
const known: readonly RegExp[] = [
  /^ip6?tables(?:-nft|-legacy)?-save\b/,
  /^ip6?tables(?:-nft|-legacy)? (?:-\S+ (?:\w+ )?)*-\w*[LS]\b/,
  /^ip (?:-\S+ )*(?:a|ad|addr|address|r|ro|route|ru|rule|l|li|link|n|ne|neigh|neighbor|neighbour)\b/,
  /^bridge (?:-\S+ )*(?:link|fdb)\b/,
  /^conntrack (?:-\S+ )*-[LS]\b/,
  /^conntrack -[LS]/,
  /^sysctl (?:-a|net)/,
  /^nft (?:-\S+ )*list\b/,
  /^ipset (?:save|list|-S|-L)\b/,
  /^nstat\b/,
  /^netstat -s/,
  /^cat \/proc\/(?:net|sys)\//,
];

interface Section {
  readonly words: string;
  readonly start: number;
  readonly firstLine: number;
  end: number;
}

/** Bytes of a file that are looked at line by line; what is larger is one program's output. */
const mostCharacters = 20_000_000;

function commandOf(line: string): string | undefined {
  // Cheap first: no command is that long.
  if (line.length > 220 || line.length < 5) return undefined;
  const words = command.exec(line.trimEnd())?.[1];
  return words !== undefined && known.some((shape) => shape.test(words)) ? words : undefined;
}

function sectionsIn(text: string): readonly Section[] {
  const sections: Section[] = [];
  let line = 0;
  for (let start = 0; start < text.length; line += 1) {
    const found = text.indexOf('\n', start);
    const next = found < 0 ? text.length : found + 1;
    const words = commandOf(text.slice(start, Math.min(next, start + 230)));
    const last = sections.at(-1);
    if (words !== undefined) {
      if (last !== undefined) last.end = start;
      sections.push({ words, start, firstLine: line, end: text.length });
    }
    start = next;
  }
  return sections;
}

/** Line ends before outputs, so that their lines stand where they stood: of all outputs of a file together. */
const mostLineEnds = 5_000_000;

export interface Sections {
  readonly files: readonly BundleFile[];
  /** Whether those at the end were left out, as there are too many. */
  readonly isCut: boolean;
}

/**
 * The outputs in a file, each as a file of its own with its lines where they stood; undefined for a file that is one output. A listing of
 * iptables keeps its command, which says the table.
 */
export function sectionsOf({ path, text }: BundleFile): Sections | undefined {
  if (text.length > mostCharacters) return undefined;
  const sections = sectionsIn(text);
  if (sections.length === 0) return undefined;
  const saves = sections.filter(({ words }) => /^ip6?tables\S*-save/.test(words));
  const files: BundleFile[] = [];
  let lineEnds = 0;
  for (const { words, start, end, firstLine } of sections) {
    const isListing = /^ip6?tables/.test(words) && !/-save\b/.test(words);
    const body = text.indexOf('\n', start) + 1;
    const inner = isListing ? text.slice(start, end) : body === 0 ? '' : text.slice(body, end);
    // Where rules were saved, listings of them say the same once more.
    if (inner.trim() === '' || (isListing && saves.length > 0)) continue;
    lineEnds += firstLine;
    if (lineEnds > mostLineEnds) return { files, isCut: true };
    files.push({ path, text: `${'\n'.repeat(isListing ? firstLine : firstLine + 1)}${inner}` });
  }
  return files.length === 0 ? undefined : { files, isCut: false };
}
