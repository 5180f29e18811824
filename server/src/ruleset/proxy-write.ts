/**
 * What kube-proxy writes in one go, and what a text lacks of it. One lack may be a fault that somebody made on the node: a rule that was deleted, a chain
 * that was flushed, chains that were left over. Lacks of several kinds have no such cause in common but one: lines of the text are missing.
 */
import { countLeftOver } from './left-over.ts';
import { endpoint, proxyNames } from './proxy-names.ts';
import type { Ruleset, Table } from './ruleset.ts';

/** A kind of lack, and whether a dump has it; a kind counts once, however many chains have it. */
type Lack = (ruleset: Ruleset, nat: Table, filter: Table | undefined, chains: ServiceChains) => boolean;

/** Chains of nat by their indices. */
interface ServiceChains {
  readonly services: readonly number[];
  readonly endpoints: readonly number[];
}

function rulesOf(table: Table, name: string): readonly number[] {
  return table.chains.get(name)?.rules ?? [];
}

function hasDeclared(table: Table, name: string): boolean {
  return table.chains.get(name)?.declarations[0] !== undefined;
}

function isUnreferenced(table: Table, name: string): boolean {
  return hasDeclared(table, name) && table.chains.get(name)?.references.length === 0;
}

/** Some of filter's chains to which kube-proxy itself makes the jumps. */
const filterChains = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-PROXY-FIREWALL', 'KUBE-FORWARD'];

/** The last of kube-proxy's rules in KUBE-SERVICES of nat, whatever addresses NodePorts are for. */
const lacksNodePortsJump: Lack = (_ruleset, nat) =>
  rulesOf(nat, 'KUBE-SERVICES').length > 0 && isUnreferenced(nat, 'KUBE-NODEPORTS');

/** KUBE-FORWARD lets answers through, in every version. */
const lacksAnswers: Lack = ({ lines }, _nat, filter) => {
  const rules = filter === undefined ? [] : rulesOf(filter, 'KUBE-FORWARD');
  return rules.length > 0 && !rules.some((line) => /--(?:ct)?state /.test(lines.textAt(line)));
};

const lacksFilterJumps: Lack = (_ruleset, _nat, filter) =>
  filter !== undefined && filterChains.some((name) => isUnreferenced(filter, name));

/** The chain for host ports that the portmap plugin makes and jumps to at once. */
const lacksHostPortJump: Lack = (_ruleset, nat) =>
  rulesOf(nat, 'CNI-HOSTPORT-DNAT').length > 0 && isUnreferenced(nat, 'CNI-HOSTPORT-DNAT');

const lacksMark: Lack = (_ruleset, nat) => isMarkEmpty(nat) && nat.chains.get('KUBE-MARK-MASQ')?.references[0] !== undefined;

function isMarkEmpty(nat: Table): boolean {
  return hasDeclared(nat, 'KUBE-MARK-MASQ') && rulesOf(nat, 'KUBE-MARK-MASQ').length === 0;
}

/** A chain of a Service or an endpoint to which nothing jumps: what kube-proxy leaves over for a while, too. */
const hasLeftOver: Lack = (_ruleset, { lists }, _filter, { services, endpoints }) =>
  countLeftOver(lists, services) > 0 || countLeftOver(lists, endpoints) > 0;

/** A chain of an endpoint that has rules, and none that changes the destination. */
const lacksTranslation: Lack = ({ lines }, { lists }, _filter, { endpoints }) => {
  const translates = (line: number): boolean => lines.targetAt(line) === 'DNAT';
  return endpoints.some((chain) => lists.rules.lengthOf(chain) > 0 && !lists.rules.some(chain, translates));
};

/** A chain of a Service that has rules, and none that leads to an endpoint or to another chain. */
const lacksEndpoints: Lack = ({ lines }, { chains, lists }, _filter, { services }) => {
  const kinds = proxyNames(chains);
  const { starts, values } = lists.jumps;
  // Most have a jump to an endpoint: no name is looked at.
  const jumpsOn = (chain: number): boolean => {
    const end = starts[chain + 1] ?? 0;
    for (let at = starts[chain] ?? 0; at < end; at += 1) if (kinds[values[at] as number] === endpoint) return true;
    return false;
  };
  const leadsOn = (line: number): boolean => lines.targetAt(line).startsWith('KUBE-S');
  return services.some((chain) => lists.rules.lengthOf(chain) > 0 && !jumpsOn(chain) && !lists.rules.some(chain, leadsOn));
};

/** Those that look at each chain come last, and only where another one was found; of these the one for the most chains. */
const cheap: readonly Lack[] = [lacksNodePortsJump, lacksAnswers, lacksFilterJumps, lacksHostPortJump, lacksMark];
const dear: readonly Lack[] = [hasLeftOver, lacksEndpoints, lacksTranslation];

const enough = 2;

/** Whether a dump with this table nat lacks so many kinds of lines of one write of kube-proxy's that they are missing from the text. */
export function lacksPartsOfWrite(ruleset: Ruleset, nat: Table, chains: ServiceChains): boolean {
  const filter = nat.dump.tables.find(({ name, declared }) => name === 'filter' && declared);
  let found = cheap.filter((lack) => lack(ruleset, nat, filter, chains)).length;
  for (const [at, lack] of dear.entries()) {
    if (found >= enough || found + dear.length - at < enough) break;
    if (lack(ruleset, nat, filter, chains)) found += 1;
  }
  return found >= enough;
}
