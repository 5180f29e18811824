/** Which Services two dumps have rules for, and to which endpoints. */
import type { Steps } from '../../base/steps.ts';
import type { Family } from '../../catalog/types.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { hasGap, isTableWhole, mayBeHalf } from '../../ruleset/completeness.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { portName } from '../identity/chain-names.ts';
import { serviceComment } from '../identity/comments.ts';
import { resolveChains } from '../identity/resolve.ts';
import { endpointAddress } from '../identity/titles.ts';
import { endpointShares } from '../proxy/endpoint-shares.ts';
import { commentOf, protocolOf } from '../proxy/rule-values.ts';
import type { ServiceDiff } from './dump-difference.ts';

/** What one dump shows of a Service's port. */
interface ServiceState {
  readonly service: string;
  readonly protocol: string;
  readonly family: Family;
  clusterIP: string | null;
  readonly endpoints: Set<string>;
}

/** The Services of one dump. */
interface ServicesShown {
  readonly states: ReadonlyMap<string, ServiceState>;
  /** The families of which all rules are shown: what is not among them is not on the node. */
  readonly whole: ReadonlySet<Family>;
}

const chainsBetweenPauses = 64;
const servicePrefixes = ['KUBE-SVC-', 'KUBE-SVL-', 'KUBE-EXT-', 'KUBE-XLB-'];
const refusingChains = ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES'];

type ServiceStates = Map<string, ServiceState>;

function stateOf(states: ServiceStates, service: string, protocol: string, family: Family): ServiceState {
  const key = `${family} ${service} ${protocol}`;
  let state = states.get(key);
  if (state === undefined) {
    state = { service, protocol, family, clusterIP: null, endpoints: new Set() };
    states.set(key, state);
  }
  return state;
}

function addServiceChain(into: ServiceStates, resolution: Resolution, chain: Chain): void {
  const { service } = resolution.chain(chain);
  if (service === null) return;
  const { table } = chain;
  const state = stateOf(into, portName(service.namespace, service.name, service.port), service.protocol, table.dump.family);
  state.clusterIP ??= service.clusterIP;
  const { ruleset } = resolution;
  const isWhole = isTableWhole(ruleset, table);
  for (const { target, line } of endpointShares(ruleset, chain)) {
    const endpointChain = table.chains.get(target);
    // Half a name, half an address or none: which endpoint it is the text does not show.
    const places = [line, ...(endpointChain?.rules ?? [])];
    if (!isWhole && (places.length === 1 || places.some((number) => mayBeHalf(ruleset, number)))) continue;
    const endpoint = endpointChain === undefined ? null : resolution.chain(endpointChain).endpoint;
    // Without the rule that sends packets there nobody knows the port.
    if (!isWhole && endpoint?.port === null) continue;
    state.endpoints.add(endpoint === null ? target : endpointAddress(endpoint));
  }
}

/** Services without endpoints, which only filter names. */
function addRefusals(into: ServiceStates, ruleset: Ruleset, chain: Chain): void {
  for (const line of chain.rules) {
    if (mayBeHalf(ruleset, line) && !isTableWhole(ruleset, chain.table)) continue;
    const target = ruleset.lines.at(line)?.target;
    if (target !== 'REJECT' && target !== 'DROP') continue;
    const rule = ruleAt(ruleset, line);
    const comment = rule === undefined ? undefined : serviceComment(commentOf(rule));
    if (rule === undefined || comment === undefined) continue;
    stateOf(into, portName(comment.namespace, comment.service, comment.port), protocolOf(rule), chain.table.dump.family);
  }
}

function* servicesOf(ruleset: Ruleset, tables: Iterable<Table>, cluster: Cluster): Steps<ServicesShown> {
  const resolution = resolveChains(ruleset, cluster);
  const states: ServiceStates = new Map();
  const whole = new Set<Family>();
  const cut = new Set<Family>();
  let count = 0;
  for (const table of tables) {
    const { family } = table.dump;
    if (table.name === 'nat' || table.name === 'filter') (isTableWhole(ruleset, table) ? whole : cut).add(family);
    // What was left out may have been a table of its own.
    else if (hasGap(ruleset, table)) cut.add(family);
    for (const chain of table.chains.values()) {
      count += 1;
      if (count % chainsBetweenPauses === 0) yield;
      // Behind a part that was left out chains of nat may seem to be another table's.
      if (table.name === 'nat' && servicePrefixes.some((prefix) => chain.name.startsWith(prefix)))
        addServiceChain(states, resolution, chain);
      else if (table.name === 'filter' && refusingChains.includes(chain.name)) addRefusals(states, ruleset, chain);
    }
  }
  return { states, whole: new Set([...whole].filter((family) => !cut.has(family))) };
}

/**
 * The states of one dump, in which those without a protocol have that of the other dump: an excerpt may leave out the rule that says it. A name that
 * the other dump has with several protocols stays as it is.
 */
function withProtocolsOf(states: ReadonlyMap<string, ServiceState>, others: ReadonlyMap<string, ServiceState>): ServiceStates {
  const protocols = new Map<string, string | null>();
  for (const { service, protocol, family } of others.values()) {
    const key = `${family} ${service}`;
    protocols.set(key, protocols.has(key) ? null : protocol);
  }
  const known: ServiceStates = new Map();
  for (const state of states.values()) {
    const { service, family } = state;
    const protocol = state.protocol === '' ? (protocols.get(`${family} ${service}`) ?? '') : state.protocol;
    const same = stateOf(known, service, protocol, family);
    same.clusterIP ??= state.clusterIP;
    for (const endpoint of state.endpoints) same.endpoints.add(endpoint);
  }
  return known;
}

function compare(before: ServicesShown, after: ServicesShown): readonly ServiceDiff[] {
  const diffs: ServiceDiff[] = [];
  for (const key of new Set([...before.states.keys(), ...after.states.keys()])) {
    const old = before.states.get(key);
    const now = after.states.get(key);
    const state = now ?? old;
    if (state === undefined) continue;
    const { service, protocol, family } = state;
    // What an excerpt does not show may be there.
    const isOldWhole = before.whole.has(family);
    const isNowWhole = after.whole.has(family);
    if ((old === undefined && !isOldWhole) || (now === undefined && !isNowWhole)) continue;
    const endpointsAdded = isOldWhole
      ? [...(now?.endpoints ?? [])].filter((endpoint) => old?.endpoints.has(endpoint) !== true)
      : [];
    const endpointsRemoved = isNowWhole
      ? [...(old?.endpoints ?? [])].filter((endpoint) => now?.endpoints.has(endpoint) !== true)
      : [];
    const addresses = { before: old?.clusterIP ?? null, after: now?.clusterIP ?? null };
    const sameAddress =
      addresses.before === addresses.after ||
      (addresses.before === null && !isOldWhole) ||
      (addresses.after === null && !isNowWhole);
    const change = old === undefined ? 'added' : now === undefined ? 'removed' : 'changed';
    if (change === 'changed' && sameAddress && endpointsAdded.length === 0 && endpointsRemoved.length === 0) continue;
    const clusterIP = sameAddress ? null : addresses;
    diffs.push({ service, protocol, family, change, endpointsAdded, endpointsRemoved, clusterIP });
  }
  return diffs.sort((a, b) => (a.service < b.service ? -1 : a.service > b.service ? 1 : 0));
}

/**
 * Which Services differ between the tables of two dumps that are compared. Services are known by comments, and by the cluster where one is given.
 * Pauses every few dozen chains.
 */
export function* diffServices(
  before: { readonly ruleset: Ruleset; readonly tables: Iterable<Table> },
  after: { readonly ruleset: Ruleset; readonly tables: Iterable<Table> },
  cluster: Cluster,
): Steps<readonly ServiceDiff[]> {
  const old = yield* servicesOf(before.ruleset, before.tables, cluster);
  const now = yield* servicesOf(after.ruleset, after.tables, cluster);
  return compare(
    { ...old, states: withProtocolsOf(old.states, now.states) },
    { ...now, states: withProtocolsOf(now.states, old.states) },
  );
}
