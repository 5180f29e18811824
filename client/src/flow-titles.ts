/** A drawing that is open: what it shows, and the path of its dump, with slashes. */
export interface TitledFlow {
  readonly title: string;
  readonly path: string;
}

/**
 * A title for the tab of each drawing. Where drawings of several dumps have one title, each gets its dump's name, and as much of the folders
 * above it as tells them apart: "NAT flow: shop/web:http (node-a.iptables)", "... (before/node-a.iptables)".
 */
export function distinctTitles(flows: readonly TitledFlow[]): readonly string[] {
  const pathsOf = new Map<string, Set<string>>();
  for (const { title, path } of flows) {
    const paths = pathsOf.get(title) ?? new Set();
    pathsOf.set(title, paths.add(path));
  }
  return flows.map(({ title, path }) => {
    const others = [...(pathsOf.get(title) ?? [])].filter((other) => other !== path);
    return others.length === 0 ? title : `${title} (${shortestEnd(path, others)})`;
  });
}

/** The last parts of a path, as few as no other path ends in. */
function shortestEnd(path: string, others: readonly string[]): string {
  const parts = path.split('/');
  for (let count = 1; count < parts.length; count += 1) {
    const end = parts.slice(-count).join('/');
    if (others.every((other) => other !== end && !other.endsWith(`/${end}`))) return end;
  }
  return path;
}
