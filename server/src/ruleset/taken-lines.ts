/**
 * Whether lines were taken out of a dump by a word in them, as `iptables-save | grep -v KUBE-SEP` does. Such a text looks whole; but iptables-save
 * declares every built-in chain, and kube-proxy writes all of a table's rules in one go, so that some of its chains say what others must hold.
 * What they lack then says nothing of the node.
 */
import { createMemory } from '../base/memory.ts';
import type { NameIndex } from '../base/name-index.ts';
import type { Steps } from '../base/steps.ts';
import { builtinChains, isTableName } from '../catalog/tables.ts';
import { placeOf } from '../syntax/unusual-lines.ts';
import type { ChainMap } from './chain-map.ts';
import { cutLines } from './cut-columns.ts';
import { countLeftOver } from './left-over.ts';
import {
  notOfProxy,
  endpoint as ofEndpoints,
  external as ofExternal,
  service as ofServices,
  proxyNameSteps,
  proxyNames,
} from './proxy-names.ts';
import { lacksPartsOfWrite } from './proxy-write.ts';
import { optionOf, ruleAt } from './rules.ts';
import type { Chain, Dump, Ruleset, Table } from './ruleset.ts';

/** Fewer chains or rules than these may be somebody's example, or a fault of the node's. */
const several = 2;
const manyChains = 10;
const fewRules = 5;
const chainsBetweenPauses = 4_096;

/** What a table has of kube-proxy's: chains of Services, and of endpoints, to which these lead. */
interface ProxyChains {
  readonly services: ChainPlaces;
  readonly external: ChainPlaces;
  readonly endpoints: ChainPlaces;
}

/** Chains by their indices: there are tens of thousands. */
type ChainPlaces = readonly number[];

const known = createMemory<NameIndex, ProxyChains>();

/** Told by names alone, which versions of a table share. */
function* proxyChains({ chains }: Table): Steps<ProxyChains> {
  const before = known.get(chains.places);
  if (before !== undefined) return before;
  const services: number[] = [];
  const external: number[] = [];
  const endpoints: number[] = [];
  const kinds = yield* proxyNameSteps(chains);
  for (let chain = 0; chain < kinds.length; chain += 1) {
    if (chain % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
    switch (kinds[chain]) {
      case ofEndpoints:
        endpoints.push(chain);
        break;
      case ofServices:
        services.push(chain);
        break;
      case ofExternal:
        external.push(chain);
        break;
      default:
    }
  }
  const found: ProxyChains = { services, external, endpoints };
  known.set(chains.places, found);
  return found;
}

/** Keeps what is known of a table's chains for its version after an edit, where the first chains, so many, have the places that they had, and hardly any other has. */
export function carryProxyChains(from: ChainMap<Chain>, to: ChainMap<Chain>, kept: number): void {
  const before = known.get(from.places);
  if (before === undefined || to.size - kept > chainsBetweenPauses) return;
  const kinds = proxyNames(to);
  const carried = (places: ChainPlaces, kind: number): ChainPlaces => {
    const above = placeOf(places, kept);
    const more: number[] = [];
    for (let place = kept; place < kinds.length; place += 1) if (kinds[place] === kind) more.push(place);
    return above === places.length && more.length === 0 ? places : places.slice(0, above).concat(more);
  };
  known.set(to.places, {
    services: carried(before.services, ofServices),
    external: carried(before.external, ofExternal),
    endpoints: carried(before.endpoints, ofEndpoints),
  });
}

function hasRules({ lists }: Table, chain: number): boolean {
  return lists.rules.lengthOf(chain) > 0;
}

function isReferenced({ lists }: Table, chain: number): boolean {
  return lists.references.lengthOf(chain) > 0;
}

/** A chain for a port of a Service is there only if it has endpoints, an endpoint's only if a Service has it, and none of these is ever empty. */
function lacksHalf(table: Table, { services, external, endpoints }: ProxyChains): boolean {
  const { chains, dump } = table;
  const isFilled = (chain: number): boolean => hasRules(table, chain);
  const isPrinted = dump.generator !== undefined;
  const isLookedUp = chains.get('KUBE-SERVICES')?.rules[0] !== undefined;
  const filled = table.lists.rules.countFilled(endpoints);
  const isSomeLeft = filled > 0 || (isPrinted && isLookedUp);
  if (isSomeLeft && endpoints.length - filled >= several) return true;
  if (endpoints.length === 0) return table.lists.references.countFilled(services) >= (isPrinted ? 1 : several);
  // With internal traffic policy Local alone there is no KUBE-SVC-.
  if (filled >= several && services.length === 0) return true;
  // For traffic from inside alone it would be looked up; for that from outside there would be a chain that jumps to it.
  const isAskedFromOutside = external.some((chain) => !chains.nameAt(chain).startsWith('KUBE-FW-'));
  const isLeft = (chain: number): boolean => isFilled(chain) && !isReferenced(table, chain);
  return !isAskedFromOutside && services.some((chain) => chains.nameAt(chain).startsWith('KUBE-SVL-') && isLeft(chain));
}

/** The Service that a rule of kube-proxy's is for: "shop/web:http", the first word of its comment. */
function serviceNamed(ruleset: Ruleset, line: number): string | undefined {
  const rule = ruleAt(ruleset, line);
  return rule && optionOf(rule, '--comment')?.values[0]?.text.split(' ', 1)[0];
}

/**
 * Whether all endpoints that are left over are those of one Service, whose own chain is empty and looked up: somebody flushed it. A word would be in lines of
 * other chains, too.
 */
function areOfOneEmptied(ruleset: Ruleset, table: Table, { services, endpoints }: ProxyChains): boolean {
  const { rules, references } = table.lists;
  const emptied = services.filter((chain) => !hasRules(table, chain) && isReferenced(table, chain));
  const [first] = emptied;
  if (first === undefined || emptied.length > 1) return false;
  // The jump of a chain for traffic from outside has no comment.
  const name = references.at(first).reduce<string | undefined>((known, line) => known ?? serviceNamed(ruleset, line), undefined);
  if (name === undefined) return false;
  return endpoints.every((chain) => {
    const rule = rules.firstOf(chain);
    return rule === undefined || isReferenced(table, chain) || serviceNamed(ruleset, rule) === name;
  });
}

/** A single chain to which nothing leads may be left over; kube-proxy leaves many only where there are a thousand endpoints, without comments. */
function lacksManyJumps(ruleset: Ruleset, table: Table, chains: ProxyChains): boolean {
  const { services, external, endpoints } = chains;
  const isFilled = (chain: number): boolean => hasRules(table, chain);
  const isMostlyLeft = (places: ChainPlaces): boolean => {
    const left = countLeftOver(table.lists, places);
    return left >= several && left * 4 >= table.lists.rules.countFilled(places);
  };
  const areServicesLeft = [services, external].some(isMostlyLeft);
  if (!areServicesLeft && (!isMostlyLeft(endpoints) || areOfOneEmptied(ruleset, table, chains))) return false;
  const first = table.lists.rules.firstOf(endpoints.find(isFilled) ?? -1);
  return first !== undefined && ruleset.lines.textAt(first).includes('--comment');
}

/** What kube-proxy of every version makes in nat, and names in other rules of it. */
const alwaysMade = ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-MARK-MASQ'];

/** filter as kube-proxy since 1.19 makes it, without one of its chains: all of them are made at once. */
function lacksFilterChain({ name, chains }: Table): boolean {
  const isOfProxy = name === 'filter' && chains.has('KUBE-PROXY-CANARY') && chains.has('KUBE-FORWARD');
  const made = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-NODEPORTS'].filter((each) => chains.has(each)).length;
  return isOfProxy && made > 0 && made < 3;
}

/** Endpoints without a translation, Services that nothing looks up, a mark that is never set. */
function lacksBasics({ lines }: Ruleset, table: Table, { services, external, endpoints }: ProxyChains): boolean {
  const { chains, dump, lists } = table;
  const isFilled = (chain: number): boolean => hasRules(table, chain);
  if (dump.generator !== undefined && services.some(isFilled) && !chains.has('KUBE-SERVICES')) return true;
  if (lists.rules.countFilled(endpoints) < several) return false;
  if (services.length >= several && alwaysMade.some((name) => !chains.has(name))) return true;
  if (external.some((chain) => isFilled(chain) && !isReferenced(table, chain)) && !chains.has('KUBE-NODEPORTS')) return true;
  const marking = chains.get('KUBE-MARK-MASQ');
  if (marking !== undefined && lists.references.lengthOf(marking.index) >= several && !isFilled(marking.index)) return true;
  return !endpoints.some((chain) => lists.rules.some(chain, (number) => lines.targetAt(number) === 'DNAT'));
}

const commented = createMemory<Dump, boolean>();

/** Whether some rules of kube-proxy's have comments, as those of its fixed chains have in a cluster of any size; true where it has no rules. */
function hasProxyComments({ lines }: Ruleset, dump: Dump): boolean {
  let hasComments = commented.get(dump);
  if (hasComments === undefined) {
    let isFilled = false;
    // The first few rules of a chain tell.
    const hasComment = ({ lists }: Table, chain: number): boolean =>
      lists.rules
        .at(chain)
        .slice(0, fewRules)
        .some((number) => lines.textAt(number).includes('--comment'));
    hasComments = dump.tables.some((table) =>
      someOfProxy(table, (chain) => {
        if (!hasRules(table, chain)) return false;
        isFilled = true;
        return hasComment(table, chain);
      }),
    );
    hasComments ||= !isFilled;
    commented.set(dump, hasComments);
  }
  return hasComments;
}

/** Rules of kube-proxy's without any of its comments. Chains without any rule are what a flush leaves. */
function lacksComments(ruleset: Ruleset, table: Table): boolean {
  const { dump } = table;
  // Who writes an example needs none.
  if (dump.generator === undefined || hasProxyComments(ruleset, dump)) return false;
  return someOfProxy(table, (chain) => hasRules(table, chain));
}

/** Whether something holds for one of kube-proxy's chains, by their indices. */
function someOfProxy({ chains }: Table, is: (chain: number) => boolean): boolean {
  const kinds = proxyNames(chains);
  for (let chain = 0; chain < kinds.length; chain += 1) if (kinds[chain] !== notOfProxy && is(chain)) return true;
  return false;
}

/** iptables-save prints all built-in chains of a table, nat's INPUT since Linux 2.6.36: one is missing where all lines with its name are. */
function lacksBuiltinChain({ name, declared, chains, dump, commitLine }: Table): boolean {
  const isPrinted = dump.generator !== undefined || chains.size >= manyChains;
  if (!declared || !isPrinted || commitLine === undefined || !isTableName(name)) return false;
  const isDeclared = (hook: string): boolean => chains.get(hook)?.declarations[0] !== undefined;
  const expected = builtinChains[name].filter((hook) => name !== 'nat' || hook !== 'INPUT');
  const missing = expected.filter((hook) => !isDeclared(hook)).length;
  // Of what iptables-save printed two words may have been taken out; a short text may be somebody's example.
  const most = dump.generator === undefined || chains.size < manyChains ? 1 : expected.length - 1;
  return expected.length > several && missing > 0 && missing <= most;
}

const takenOut = createMemory<Dump, boolean>();

/**
 * Whether a table's chains, or those of another table of its dump, show that lines with some word in them are missing: grep -v goes through all of
 * a text, and a table that lacks lines may show nothing of it. Pauses between what it looks at.
 */
export function* hasLinesTakenOut(ruleset: Ruleset, { dump }: Table): Steps<boolean> {
  let found = takenOut.get(dump);
  if (found === undefined) {
    found = false;
    for (const table of dump.tables) {
      // What lines lack that were cut is no sign of lines that are missing.
      found ||=
        (yield* showsLinesTakenOut(ruleset, table)) &&
        (yield* cutLines(ruleset.lines, table.firstLine, table.endLine, table.chains)).size === 0;
    }
    takenOut.set(dump, found);
  }
  return found;
}

function* showsLinesTakenOut(ruleset: Ruleset, table: Table): Steps<boolean> {
  if (lacksBuiltinChain(table) || (table.dump.generator !== undefined && lacksFilterChain(table))) return true;
  // Who writes an example for a table does not write all of it.
  if (!hasLargeTable(table.dump)) return false;
  yield* proxyNameSteps(table.chains);
  yield;
  return lacksComments(ruleset, table) || (yield* lacksProxyLines(ruleset, table));
}

const large = createMemory<Dump, boolean>();

/** Whether a dump has a table of many chains: asked for each of its tables, answered once. */
function hasLargeTable(dump: Dump): boolean {
  let is = large.get(dump);
  if (is === undefined) {
    is = dump.tables.some(hasManyChains);
    large.set(dump, is);
  }
  return is;
}

function hasManyChains({ chains }: Table): boolean {
  return chains.size >= manyChains;
}

function* lacksProxyLines(ruleset: Ruleset, table: Table): Steps<boolean> {
  yield;
  const chains = yield* proxyChains(table);
  if (!hasManyChains(table) || chains.services.length + chains.endpoints.length === 0) return false;
  if (lacksHalf(table, chains)) return true;
  yield;
  if (lacksManyJumps(ruleset, table, chains)) return true;
  yield;
  return lacksBasics(ruleset, table, chains) || (table.name === 'nat' && lacksPartsOfWrite(ruleset, table, chains));
}
