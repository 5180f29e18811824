/** Captures of a cluster have a folder for each node (must-gather's `nodes/NAME/`): what is of several nodes is no node's. */
import type { BundleFile } from './bundle-file.ts';
import { type PartKind, partKindOf } from './part-kind.ts';

const folder = /(?:^|\/)nodes\/([^/]+)\/[^\n]/;

/** Parts that one node has once. */
const onlyOnce: ReadonlySet<PartKind> = new Set([
  'rules',
  'addresses',
  'routes',
  'links',
  'neighbours',
  'sysctls',
  'conntrack',
  'nft',
]);

export interface OneNode {
  readonly files: readonly BundleFile[];
  /** What was left out, in a sentence; empty for nothing. */
  readonly note: string;
}

function kindOf({ path, text, isLarge }: BundleFile): PartKind | undefined {
  return partKindOf(path, isLarge === true ? '' : text);
}

/** The files of one node where the same parts lie in folders of several: of the first that has rules, with all that is in no node's folder. */
export function ofOneNode(files: readonly BundleFile[]): OneNode {
  const own = files.flatMap((file) => {
    const name = folder.exec(file.path)?.[1];
    const kind = name === undefined ? undefined : kindOf(file);
    return name === undefined || kind === undefined || !onlyOnce.has(kind) ? [] : [{ file, name, kind }];
  });
  const first = new Map<PartKind, string>();
  const isOfSeveral = own.some(({ name, kind }) => {
    const before = first.get(kind);
    first.set(kind, before ?? name);
    return before !== undefined && before !== name;
  });
  if (!isOfSeveral) return { files, note: '' };
  const chosen = (own.find(({ kind }) => kind === 'rules') ?? own[0])?.name ?? '';
  const others = [...new Set(own.map(({ name }) => name))].filter((name) => name !== chosen);
  const more = others.length > 5 ? ` and ${others.length - 5} more` : '';
  return {
    files: files.filter(({ path }) => (folder.exec(path)?.[1] ?? chosen) === chosen),
    note: `The capture is of several nodes: what is said is of ${chosen}; ${others.slice(0, 5).join(', ')}${more} left out (give the folder of one node to ask for it).`,
  };
}
