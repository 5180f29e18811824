/**
 * What asks for a drawing, as a text that server, client, page and command line hand to each other: an address ("10.96.20.10:80/tcp") or a
 * Service ("shop/web:http"), either also for the flow that kube-proxy would make ("expected:shop/web:http"), or a chain with how many jumps
 * are followed from it ("chain:filter/FORWARD@3", and of its Services those of a namespace: "chain:nat/KUBE-SERVICES@3/shop"), or the map of all Services ("map:").
 */

const chainPrefix = 'chain:';
const expectedPrefix = 'expected:';
const chainPattern = /^chain:([^/\s]+)\/(\S+?)(?:@(\d{1,2})(?:\/([a-z0-9-]+)(?:\/(\d{1,6}))?)?)?$/;
const usualDepth = 3;

/** A chain that is asked for. */
export interface RequestedChain {
  readonly table: string;
  readonly chain: string;
  /** How many jumps are followed, 0 to 99. */
  readonly depth: number;
  /** The Services of a namespace that are drawn where there are too many for one drawing; absent: all. */
  readonly part?: RequestedPart;
}

/** Some of the Services that a chain leads to. */
export interface RequestedPart {
  readonly namespace: string;
  /** Which of its parts, from 1; null for the whole namespace. */
  readonly page: number | null;
}

/** What asks for the graph of a chain, over so many jumps: "chain:filter/FORWARD@3". */
export function chainRequest(table: string, chain: string, depth = usualDepth, part?: RequestedPart): string {
  const own = part === undefined ? '' : `/${part.namespace}${part.page === null ? '' : `/${part.page}`}`;
  return `${chainPrefix}${table}/${chain}@${depth}${own}`;
}

/** Whether a request is for a chain's graph and not for a flow. */
export function isChainRequest(to: string): boolean {
  return to.startsWith(chainPrefix);
}

/** The chain that a request is for; undefined where it is for none, or cannot be read. */
export function requestedChain(to: string): RequestedChain | undefined {
  const [, table, chain, depth, namespace, page] = chainPattern.exec(to) ?? [];
  if (table === undefined || chain === undefined) return undefined;
  const asked = { table, chain, depth: depth === undefined ? usualDepth : Number(depth) };
  return namespace === undefined ? asked : { ...asked, part: { namespace, page: page === undefined ? null : Number(page) } };
}

/** What asks for the flow that kube-proxy would make, instead of the dump's own. */
export function expectedRequest(to: string): string {
  return `${expectedPrefix}${to}`;
}

/** Whether a request is for the flow that kube-proxy would make, and not for the dump's own. */
export function isExpectedRequest(to: string): boolean {
  return to.startsWith(expectedPrefix);
}

/** What asks for the dump's own flow, of a request for either. */
export function ownRequest(to: string): string {
  return isExpectedRequest(to) ? to.slice(expectedPrefix.length) : to;
}

/** What asks for the map of all Services of a dump. */
export const mapRequest = 'map:';

/** Whether a request is for the map of all Services and not for one flow. */
export function isMapRequest(to: string): boolean {
  return to === mapRequest;
}
