import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import { isBuiltinChain } from '../../catalog/tables.ts';
import type { ChainLists } from '../../ruleset/chain-lists.ts';
import { endpoint, notOfProxy, proxyNameSteps, service } from '../../ruleset/proxy-names.ts';
import { type Reach, reachSteps } from '../../ruleset/reachable.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';

/**
 * The chains of a table that some rule of lint has something to say of. A dump of a large cluster has 50,000 chains and nothing to say of any:
 * they are walked once, and what is found is kept with the table, which an edit that changes no chain and no jump leaves as it is.
 */
export interface TableFacts {
  /** Used, but never declared, and not built in, by their places: where a table is parted these may be most of them. */
  readonly undeclared: readonly number[];
  /** Declared more than once, and not built in. */
  readonly redeclared: readonly Chain[];
  /** Used above the line that declares them. */
  readonly declaredLater: readonly Chain[];
  /** Declared, but no way from a built-in chain leads to them, by their places: while the name of a table is typed these are all of them. */
  readonly unreached: readonly number[];
  /** Built-in chains that rules jump to. */
  readonly builtinJumpedTo: readonly Chain[];
  /** KUBE-SVC- and KUBE-SVL- that are declared, by their places: a large cluster has thousands. */
  readonly services: readonly number[];
  /** KUBE-SVC- and KUBE-SVL- that are jumped to, but jump to no endpoint. */
  readonly emptyServices: readonly Chain[];
  /** Chains other than kube-proxy's for Services and endpoints: those that are looked at rule by rule. */
  readonly plain: readonly Chain[];
}

/** The same by the places of chains, which are others in each version of a table. */
type PlacesOfFacts = { readonly [Fact in keyof TableFacts]: readonly number[] };

const known = createMemory<Table, TableFacts>();
/** By what the chains of a table say, which a table that gets another name keeps, and by its name. */
const underNames = createMemory<ChainLists, Map<string, PlacesOfFacts>>();

const chainsBetweenPauses = 1_024;
const linesBetweenPauses = 32_768;
/** Places are looked at in columns of numbers. */
const placesBetweenPauses = 16_384;

/** What lint needs to know of a table's chains. */
export function tableFacts(ruleset: Ruleset, table: Table): TableFacts {
  return known.get(table) ?? runToEnd(tableFactsSteps(ruleset, table));
}

/** The same; pauses every thousand chains. */
export function* tableFactsSteps(ruleset: Ruleset, table: Table): Steps<TableFacts> {
  let facts = known.get(table);
  if (facts === undefined) {
    let byName = underNames.get(table.lists);
    if (byName === undefined) {
      byName = new Map();
      underNames.set(table.lists, byName);
    }
    const places = byName.get(table.name) ?? (yield* examine(ruleset, table));
    byName.set(table.name, places);
    facts = yield* factsAt(table, places);
    known.set(table, facts);
  }
  return facts;
}

/** The chains at these places, which are made when they are asked for: of a table of hundreds of thousands that takes some ten milliseconds. */
function* chainsAt(chains: Table['chains'], places: readonly number[]): Steps<readonly Chain[]> {
  const found: Chain[] = [];
  for (let from = 0; from < places.length; from += chainsBetweenPauses) {
    if (from > 0) yield;
    for (const chain of chains.atAll(places.slice(from, from + chainsBetweenPauses))) found.push(chain);
  }
  return found;
}

function* factsAt({ chains }: Table, places: PlacesOfFacts): Steps<TableFacts> {
  return {
    undeclared: places.undeclared,
    redeclared: yield* chainsAt(chains, places.redeclared),
    declaredLater: yield* chainsAt(chains, places.declaredLater),
    unreached: places.unreached,
    builtinJumpedTo: yield* chainsAt(chains, places.builtinJumpedTo),
    services: places.services,
    emptyServices: yield* chainsAt(chains, places.emptyServices),
    plain: yield* chainsAt(chains, places.plain),
  };
}

function* examine(ruleset: Ruleset, table: Table): Steps<PlacesOfFacts> {
  const undeclared: number[] = [];
  const redeclared: number[] = [];
  const unreached: number[] = [];
  const builtinJumpedTo: number[] = [];
  const emptyServices: number[] = [];
  const plain: number[] = [];
  const reach = yield* reachSteps(table);
  const { references } = table.lists;
  const kinds = yield* proxyNameSteps(table.chains);
  const { services, others, lastDeclaration } = yield* sortedOut(table, reach, kinds);
  for (let at = 0; at < others.length; at += 1) {
    if (at % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    const index = others[at] as number;
    const kind = kinds[index];
    const isOfService = kind === endpoint || kind === service;
    const count = table.lists.declarations.lengthOf(index);
    // All that there may be to say of an endpoint's chain that is declared once.
    if (kind === endpoint && count === 1) {
      unreached.push(index);
      continue;
    }
    if (!isOfService) plain.push(index);
    if (kind === notOfProxy && isBuiltinChain(table.name, table.chains.nameAt(index))) {
      if (references.lengthOf(index) > 0) builtinJumpedTo.push(index);
      continue;
    }
    if (count === 0) {
      undeclared.push(index);
      continue;
    }
    if (count > 1) redeclared.push(index);
    if (!reach.isReachedAt(index)) unreached.push(index);
    if (kind === service && references.lengthOf(index) > 0 && !jumpsToEndpoint(table, index, kinds)) emptyServices.push(index);
  }
  return {
    undeclared,
    redeclared,
    declaredLater: (yield* firstRuleOf(ruleset, table)) > lastDeclaration ? [] : yield* declaredLaterIn(table),
    unreached,
    builtinJumpedTo,
    services,
    emptyServices,
    plain,
  };
}

/** The chains of a table by their places. */
interface SortedOut {
  readonly services: readonly number[];
  /** All about which there may be something to say: those of endpoints and Services that are as they should be are not among them. */
  readonly others: readonly number[];
  /** The last line that is the first to declare a chain; -1 without any. */
  readonly lastDeclaration: number;
}

function* sortedOut(table: Table, reach: Reach, kinds: Uint8Array): Steps<SortedOut> {
  const { declarations } = table.lists;
  const services: number[] = [];
  const others: number[] = [];
  let lastDeclaration = -1;
  for (let from = 0; from < kinds.length; from += placesBetweenPauses) {
    if (from > 0) yield;
    const end = Math.min(from + placesBetweenPauses, kinds.length);
    for (let place = from; place < end; place += 1) {
      const kind = kinds[place] as number;
      const count = declarations.lengthOf(place);
      if (count > 0) lastDeclaration = Math.max(lastDeclaration, declarations.firstOf(place) ?? -1);
      if (kind === service && count > 0) services.push(place);
      // Most chains are of endpoints, about which there is nothing to say.
      const isAsItShould = count === 1 && reach.isReachedAt(place);
      if (kind === endpoint && isAsItShould) continue;
      if (kind === service && isAsItShould && jumpsToEndpoint(table, place, kinds)) continue;
      others.push(place);
    }
  }
  return { services, others, lastDeclaration };
}

/** The line of a table's first rule; a dump has all declarations above it. */
function* firstRuleOf({ lines }: Ruleset, table: Table): Steps<number> {
  let number = table.firstLine;
  while (number < table.endLine && lines.kindAt(number) !== 'rule') {
    number += 1;
    if (number % linesBetweenPauses === 0) yield;
  }
  return number;
}

function* declaredLaterIn({ name, chains, lists }: Table): Steps<readonly number[]> {
  const later: number[] = [];
  for (let index = 0; index < chains.size; index += 1) {
    if (index % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    const declared = lists.declarations.firstOf(index);
    if (declared === undefined) continue;
    const used = Math.min(lists.rules.firstOf(index) ?? declared, lists.references.firstOf(index) ?? declared);
    if (used < declared && !isBuiltinChain(name, chains.nameAt(index))) later.push(index);
  }
  return later;
}

function jumpsToEndpoint({ lists }: Table, place: number, kinds: Uint8Array): boolean {
  const { starts, values } = lists.jumps;
  const end = starts[place + 1] ?? 0;
  for (let at = starts[place] ?? 0; at < end; at += 1) if (kinds[values[at] ?? 0] === endpoint) return true;
  return false;
}
