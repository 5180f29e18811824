import { createMemory } from '../../base/memory.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import { endpoint, notOfProxy, proxyNameSteps, service } from '../../ruleset/proxy-names.ts';
import { reachSteps } from '../../ruleset/reachable.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';

/**
 * The chains of a table that some rule of lint has something to say of. A dump of a large cluster has 50,000 chains and nothing to say of any:
 * they are walked once, and what is found is kept with the table, which an edit that changes no chain and no jump leaves as it is.
 */
export interface TableFacts {
  /** Used, but never declared, and not built in. */
  readonly undeclared: readonly Chain[];
  /** Declared more than once, and not built in. */
  readonly redeclared: readonly Chain[];
  /** Used above the line that declares them. */
  readonly declaredLater: readonly Chain[];
  /** Declared, but no way from a built-in chain leads to them. */
  readonly unreached: readonly Chain[];
  /** Built-in chains that rules jump to. */
  readonly builtinJumpedTo: readonly Chain[];
  /** KUBE-SVC- and KUBE-SVL-. */
  readonly services: readonly Chain[];
  /** KUBE-SVC- and KUBE-SVL- that are jumped to, but jump to no endpoint. */
  readonly emptyServices: readonly Chain[];
  /** Chains other than kube-proxy's for Services and endpoints: those that are looked at rule by rule. */
  readonly plain: readonly Chain[];
}

const known = createMemory<Table, TableFacts>();

const chainsBetweenPauses = 1_024;
const linesBetweenPauses = 32_768;

/** What lint needs to know of a table's chains. */
export function tableFacts(ruleset: Ruleset, table: Table): TableFacts {
  return known.get(table) ?? runToEnd(tableFactsSteps(ruleset, table));
}

/** The same; pauses every thousand chains. */
export function* tableFactsSteps(ruleset: Ruleset, table: Table): Steps<TableFacts> {
  let facts = known.get(table);
  if (facts === undefined) {
    facts = yield* examine(ruleset, table);
    known.set(table, facts);
  }
  return facts;
}

function* examine(ruleset: Ruleset, table: Table): Steps<TableFacts> {
  const undeclared: Chain[] = [];
  const redeclared: Chain[] = [];
  const unreached: Chain[] = [];
  const builtinJumpedTo: Chain[] = [];
  const services: Chain[] = [];
  const emptyServices: Chain[] = [];
  const plain: Chain[] = [];
  const reach = yield* reachSteps(table);
  const { declarations, references } = table.lists;
  let lastDeclaration = -1;
  const kinds = yield* proxyNameSteps(table.chains);
  for (let index = 0; index < table.chains.size; index += 1) {
    if (index % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    const kind = kinds[index];
    const isOfService = kind === endpoint || kind === service;
    const count = declarations.lengthOf(index);
    lastDeclaration = Math.max(lastDeclaration, declarations.firstOf(index) ?? -1);
    // Most chains are of endpoints, about which there is nothing to say.
    if (kind === endpoint && count === 1 && reach.isReachedAt(index)) continue;
    const chain = table.chains.at(index);
    if (chain === undefined) continue;
    if (!isOfService) plain.push(chain);
    if (kind === notOfProxy && chain.builtin) {
      if (references.lengthOf(index) > 0) builtinJumpedTo.push(chain);
      continue;
    }
    if (count === 0) {
      undeclared.push(chain);
      continue;
    }
    if (count > 1) redeclared.push(chain);
    if (!reach.isReachedAt(index)) unreached.push(chain);
    if (kind !== service) continue;
    services.push(chain);
    if (references.lengthOf(index) > 0 && !jumpsToEndpoint(chain)) emptyServices.push(chain);
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

/** The line of a table's first rule; a dump has all declarations above it. */
function* firstRuleOf({ lines }: Ruleset, table: Table): Steps<number> {
  let number = table.firstLine;
  while (number < table.endLine && lines.kindAt(number) !== 'rule') {
    number += 1;
    if (number % linesBetweenPauses === 0) yield;
  }
  return number;
}

function* declaredLaterIn({ chains, lists }: Table): Steps<readonly Chain[]> {
  const later: Chain[] = [];
  for (let index = 0; index < chains.size; index += 1) {
    if (index % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    const declared = lists.declarations.firstOf(index);
    if (declared === undefined) continue;
    const used = Math.min(lists.rules.firstOf(index) ?? declared, lists.references.firstOf(index) ?? declared);
    const chain = used < declared ? chains.at(index) : undefined;
    if (chain?.builtin === false) later.push(chain);
  }
  return later;
}

function jumpsToEndpoint(chain: Chain): boolean {
  const { chains, lists } = chain.table;
  const { starts, values } = lists.jumps;
  const end = starts[chain.index + 1] ?? 0;
  for (let at = starts[chain.index] ?? 0; at < end; at += 1) {
    if (chains.nameAt(values[at] ?? 0).startsWith('KUBE-SEP-')) return true;
  }
  return false;
}
