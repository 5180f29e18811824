/** Entries that two Services have: the rule of one is asked first, and the other gets no packet by it. */
import { createMemory } from '../../base/memory.ts';
import { portName } from '../identity/chain-names.ts';
import { type Frontend, type FrontendService, frontendLabel } from './frontends.ts';

/** An entry that another Service's rule for the same address, port and protocol comes before. */
export interface SharedEntry {
  /** The entry, of the Service that is asked first. */
  readonly first: Frontend;
  readonly service: FrontendService;
  /** The rule that is asked too late, 0-based. */
  readonly line: number;
}

const known = createMemory<readonly Frontend[], readonly SharedEntry[]>();

/** The entries of all frontends of a ruleset that others have taken, in the order of the rules. Mostly none; looked for once. */
export function sharedEntries(frontends: readonly Frontend[]): readonly SharedEntry[] {
  let shared = known.get(frontends);
  if (shared === undefined) {
    shared = frontends.flatMap((first) => (first.behind ?? []).map((each) => ({ first, ...each })));
    known.set(frontends, shared);
  }
  return shared;
}

/** "c/three:http has 10.96.0.50:80/tcp, too (line 68): the rule for a/one:http (line 64) is asked first, and takes all packets that it matches." */
export function sharedEntryText({ first, service, line }: SharedEntry): string {
  const name = portName(service.namespace, service.name, service.port);
  const taker = first.service === null ? '' : ` for ${portName(first.service.namespace, first.service.name, first.service.port)}`;
  const at = first.lines[0] === undefined ? '' : ` (line ${first.lines[0] + 1})`;
  return `${name} has ${frontendLabel(first)}, too (line ${line + 1}): the rule${taker}${at} is asked first, and takes all packets that it matches.`;
}

/** A Service may have a hundred thousand addresses. */
const mostSaid = 5;

/** A sentence for each of the first of these, and one that says of how many more it is the same. */
export function sharedEntryTexts(shared: readonly SharedEntry[], most = mostSaid): readonly string[] {
  const more = shared.length > most ? [`Of ${shared.length - most} more entries it is the same.`] : [];
  return [...shared.slice(0, most).map(sharedEntryText), ...more];
}

/** The entries that a Service has and another's rules take. */
export function entriesTakenFrom(
  frontends: readonly Frontend[],
  { namespace, name }: Pick<FrontendService, 'namespace' | 'name'>,
): readonly SharedEntry[] {
  return sharedEntries(frontends).filter(({ service }) => service.namespace === namespace && service.name === name);
}
