/** Links of the project's pages to its own files. */
import { readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const { homepage } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly homepage: string };
/** What stands before the path of a file in the repository's addresses: of a page, a picture, a folder. */
const web = ['blob', 'raw', 'tree'].map((kind) => `${homepage.replace(/#.*/, '')}/${kind}/HEAD/`);

export interface PageLink {
  /** From the project's folder on, with slashes. */
  readonly target: string;
  /** Whether it leads to the repository's web address. */
  readonly isWeb: boolean;
}

/** The links of a page, which is named from the project's folder on, to files of the project; those to elsewhere and within the page are left out. */
export function linksOf(page: string): readonly PageLink[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/\]\(([^)#\s]+)/g)].flatMap(([, link = '']): readonly PageLink[] => {
    const before = web.find((start) => link.startsWith(start));
    if (before !== undefined) return [{ target: link.slice(before.length), isWeb: true }];
    return /^[a-z]+:/.test(link) ? [] : [{ target: posix.normalize(posix.join(posix.dirname(page), link)), isWeb: false }];
  });
}
