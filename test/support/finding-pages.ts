/** The examples on the pages of findings (docs/findings). */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the pages. */
export const pagesFolder = resolve(import.meta.dirname, '../../docs/findings');

/** The text of a page. */
export function pageOf(code: string): string {
  return readFileSync(join(pagesFolder, `${code}.md`), 'utf8');
}

/** The dump of a page's example, with what it stands for: "␍" for a carriage return, "{a × 200}" for so many letters. Undefined for none. */
export function exampleIn(page: string): string | undefined {
  return /```iptables\n([\s\S]*?)```/
    .exec(page)?.[1]
    ?.replaceAll('␍', '\r')
    .replace(/\{([^{}]*?) ?× (\d+)\}/g, (_, part: string, count: string) =>
      (part.length === 1 ? part : `${part} `.replace(/, $/, ',')).repeat(Number(count)),
    );
}

/** The snapshot of the cluster that stands beside a page's example; undefined for none. */
export function snapshotIn(page: string): string | undefined {
  return /```yaml\n([\s\S]*?)```/.exec(page)?.[1];
}

/** The examples of all pages that have one, by code. */
export function pageExamples(): readonly {
  readonly code: string;
  readonly text: string;
  readonly snapshot: string | undefined;
}[] {
  return readdirSync(pagesFolder)
    .toSorted()
    .flatMap((name) => {
      const code = name.replace(/\.md$/, '');
      const page = pageOf(code);
      const text = exampleIn(page);
      return text === undefined ? [] : [{ code, text, snapshot: snapshotIn(page) }];
    });
}
