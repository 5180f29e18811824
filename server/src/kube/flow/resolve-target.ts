/** Which frontends a target means, or in a sentence why none. */

import { canonicalIP, isLoopbackIP } from '../../base/ip.ts';
import { createMemory } from '../../base/memory.ts';
import { nearestNames } from '../../base/nearest-names.ts';
import { runToEnd, type Steps } from '../../base/steps.ts';
import type { ServiceRecord } from '../../cluster/objects.ts';
import { isTableWhole } from '../../ruleset/completeness.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { serviceView } from '../drift/port-view.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { portName } from '../identity/chain-names.ts';
import { dumpNode, dumpNodeSteps } from '../proxy/dump-node.ts';
import { isElsewhere, type ServiceProxy, serviceProxyOf, serviceProxySteps, serviceProxyText } from '../proxy/mode.ts';
import { chainFrontends } from './chain-frontends.ts';
import { dumpsByFamily, type Frontend, frontendKey, frontendLabel, frontendSteps, frontendsOfRecord } from './frontends.ts';
import { entriesTakenFrom, sharedEntryTexts } from './shared-entries.ts';
import { type FlowTargetSpec, flowTargetText } from './target.ts';

export type FrontendChoice =
  | { readonly ok: true; readonly frontends: readonly Frontend[]; readonly title: string; readonly remark: string }
  | { readonly ok: false; readonly reason: string };

type ServiceTarget = Extract<FlowTargetSpec, { readonly kind: 'service' }>;
type AddressTarget = Extract<FlowTargetSpec, { readonly kind: 'address' }>;

function no(reason: string): FrontendChoice {
  return { ok: false, reason };
}

function orNearest(wanted: string, names: Iterable<string>): string {
  const near = nearestNames(wanted, names);
  return near.length === 0 ? '' : ` Did you mean ${near.join(' or ')}?`;
}

const frontendsBetweenPauses = 2_048;
const namedFrontends = createMemory<readonly Frontend[], ReadonlyMap<string, readonly Frontend[]>>();

/** The frontends of a dump by the Service that they are entries of. */
function* byServiceName(frontends: readonly Frontend[]): Steps<ReadonlyMap<string, readonly Frontend[]>> {
  const known = namedFrontends.get(frontends);
  if (known !== undefined) return known;
  const index = new Map<string, Frontend[]>();
  for (const [at, frontend] of frontends.entries()) {
    if (at % frontendsBetweenPauses === frontendsBetweenPauses - 1) yield;
    const name = serviceName(frontend);
    const before = index.get(name);
    if (before === undefined) index.set(name, [frontend]);
    else before.push(frontend);
  }
  namedFrontends.set(frontends, index);
  return index;
}

function serviceName({ service }: Frontend): string {
  return service === null ? '' : `${service.namespace}/${service.name}`;
}

/** The entries of a Service that kube-proxy would write and the dump, as far as it can be compared, does not have. */
function* missingFrontends(resolution: Resolution, service: ServiceRecord): Steps<readonly Frontend[]> {
  const { namespace, name } = service;
  const frontends: Frontend[] = [];
  for (const dump of dumpsByFamily(resolution.ruleset)) {
    const view = yield* serviceView(resolution, dump, namespace, name);
    for (const { compared, missingEntries } of view?.ports ?? []) {
      const port = compared?.port.port.port.name ?? '';
      for (const place of missingEntries)
        frontends.push({ ...place, dump, service: { namespace, name, port }, lines: [], target: null });
    }
  }
  return frontends;
}

/** Who does Services on the node where it is not kube-proxy with the rules of this dump, and what to collect; empty where it is, or the dump is an excerpt. */
export function otherProxyRemark(resolution: Resolution): string {
  return runToEnd(otherProxySteps(resolution));
}

const remarks = createMemory<Resolution, string>();
const dumpsBetweenPauses = 64;

/** The same; pauses every few dozen dumps, and is looked for once. */
export function* otherProxySteps(resolution: Resolution): Steps<string> {
  let remark = remarks.get(resolution);
  if (remark === undefined) {
    const { ruleset, cluster } = resolution;
    yield* dumpNodeSteps(resolution);
    yield* serviceProxySteps(ruleset);
    let told: ServiceProxy | undefined;
    let isHere = false;
    for (const dump of ruleset.dumps) {
      if (dump.index % dumpsBetweenPauses === dumpsBetweenPauses - 1) yield;
      const proxy = serviceProxyOf(ruleset, dump, cluster, dumpNode(resolution, dump).name);
      if (isElsewhere(proxy)) told ??= proxy;
      isHere ||= proxy.kind === 'iptables';
    }
    remark = told === undefined || isHere ? '' : serviceProxyText(told);
    remarks.set(resolution, remark);
  }
  return remark;
}

const kubeDumps = createMemory<Ruleset, boolean>();
const chainsBetweenPauses = 4_096;

/** Whether a ruleset has a chain named as kubelet and kube-proxy name theirs; looked for once. */
function* hasKubeChain(ruleset: Ruleset): Steps<boolean> {
  let has = kubeDumps.get(ruleset);
  if (has === undefined) {
    has = false;
    for (const { chains } of ruleset.tables) {
      for (let place = 0; place < chains.size && !has; place += 1) {
        has = chains.nameAt(place).startsWith('KUBE-');
        if (place % chainsBetweenPauses === chainsBetweenPauses - 1) yield;
      }
    }
    kubeDumps.set(ruleset, has);
  }
  return has;
}

/** Who does the Services of a Kubernetes node where the dump does not show them; empty elsewhere. Pauses every few thousand chains. */
export function* otherProxyNoteSteps(resolution: Resolution): Steps<string> {
  const isNode = resolution.cluster.source.kind !== 'none' || (yield* hasKubeChain(resolution.ruleset));
  return isNode ? yield* otherProxySteps(resolution) : '';
}

/** The same in one go, for what was prepared (`otherProxyNoteSteps`) or is not waited for. */
export function otherProxyNote(resolution: Resolution): string {
  return runToEnd(otherProxyNoteSteps(resolution));
}

/** Whether some dump of a ruleset shows all of nat, so that what is not there is not on the node. */
export function showsAllOfNat({ ruleset }: Resolution): boolean {
  return ruleset.tables.some((table) => table.name === 'nat' && isTableWhole(ruleset, table));
}

/** Why there is nothing to draw of a Service that the cluster has. */
function whyNoRules(resolution: Resolution, service: ServiceRecord): string {
  const name = `${service.namespace}/${service.name}`;
  if (service.type === 'ExternalName')
    return `${name} is an ExternalName Service: a DNS alias, for which kube-proxy writes no rules.`;
  if (service.headless)
    return `${name} is headless (clusterIP None): DNS gives the Pods' addresses, and kube-proxy writes no rules.`;
  if (service.serviceProxyName !== '')
    return `${name} is left to ${service.serviceProxyName} by its label service.kubernetes.io/service-proxy-name: kube-proxy writes no rules.`;
  if (service.labelledHeadless)
    return `${name} has the label service.kubernetes.io/headless, for which kube-proxy writes no rules.`;
  const entries = frontendsOfRecord(resolution, service);
  if (entries.length === 0) return `${name} has no address or port of this dump's family.`;
  const mode = otherProxyRemark(resolution);
  if (mode !== '') return `No rule of the dump is for ${name}. ${mode}`;
  const where = entries.slice(0, 4).map(frontendLabel).join(', ');
  return showsAllOfNat(resolution)
    ? `No rule of the dump is for ${name} (${where}), and whether there should be one cannot be told.`
    : `The dump is an excerpt and shows no rule for ${name} (${where}): whether the node has some is not known.`;
}

function unknownService(resolution: Resolution, name: string, frontends: readonly Frontend[]): FrontendChoice {
  const { cluster } = resolution;
  const names = [...frontends.map(serviceName), ...cluster.services.map((service) => `${service.namespace}/${service.name}`)];
  const isAlone = cluster.source.kind === 'none';
  const what = isAlone
    ? `The dump's comments name no Service ${name}.`
    : `Neither the dump nor the cluster has a Service ${name}.`;
  const mode = otherProxyRemark(resolution);
  const near = orNearest(
    name,
    names.filter((each) => each !== ''),
  );
  return no(`${what}${near}${mode === '' ? '' : ` ${mode}`}`);
}

/** The frontends of a Service: those of the dump's rules, those that are missing, and of ports that have neither their chains. */
function* frontendsOfService(
  resolution: Resolution,
  inDump: readonly Frontend[],
  target: ServiceTarget,
): Steps<readonly Frontend[]> {
  const { namespace, name } = target;
  const record = resolution.cluster.service(namespace, name);
  const keys = new Set(inDump.map(frontendKey));
  // Comparing is only for what may be missing: the first comparison looks through the whole dump.
  const isWhole =
    record === undefined ||
    (record.healthCheckNodePort === 0 && frontendsOfRecord(resolution, record).every((each) => keys.has(frontendKey(each))));
  const missing = isWhole ? [] : (yield* missingFrontends(resolution, record)).filter((each) => !keys.has(frontendKey(each)));
  const led = new Set(inDump.map(({ service }) => service?.port));
  const chains = yield* chainFrontends(
    resolution,
    (service) => service.namespace === namespace && service.name === name && !led.has(service.port),
  );
  return [...inDump, ...missing, ...chains];
}

/** The ports of a Service: "http (80/tcp), metrics (9100/tcp)". */
function portsText(frontends: readonly Frontend[]): string {
  const isOwn = ({ kind, port }: Frontend): boolean => kind !== 'node-port' && kind !== 'health-check' && port !== 0;
  const nameOf = ({ service }: Frontend): string => service?.port ?? '';
  const own = frontends.filter(isOwn);
  const numbered = new Set(own.map(nameOf));
  const ofOwn = own.map((frontend) => {
    const number = `${frontend.port}/${frontend.protocol}`;
    return nameOf(frontend) === '' ? number : `${nameOf(frontend)} (${number})`;
  });
  const others = frontends.map(nameOf).filter((name) => !numbered.has(name));
  return [...new Set([...ofOwn, ...others.map((name) => name || 'an unnamed port')])].slice(0, 8).join(', ');
}

function* chooseService(resolution: Resolution, frontends: readonly Frontend[], target: ServiceTarget): Steps<FrontendChoice> {
  const name = `${target.namespace}/${target.name}`;
  const record = resolution.cluster.service(target.namespace, target.name);
  const inDump = (yield* byServiceName(frontends)).get(name) ?? [];
  const all = yield* frontendsOfService(resolution, inDump, target);
  const taken = sharedEntryTexts(entriesTakenFrom(frontends, target)).join(' ');
  if (all.length === 0 && taken !== '') return no(taken);
  if (all.length === 0)
    return record === undefined ? unknownService(resolution, name, frontends) : no(whyNoRules(resolution, record));
  if (target.port === null) return { ok: true, frontends: all, title: name, remark: taken };
  const byName = all.filter((frontend) => frontend.service?.port === target.port);
  const number = /^\d{1,5}$/.test(target.port) ? Number(target.port) : null;
  // A number is the Service's port; its NodePort belongs to the same port by name.
  const ports = new Set(
    all
      .filter(({ kind, port }) => kind !== 'node-port' && kind !== 'health-check' && port === number)
      .map((frontend) => frontend.service?.port),
  );
  for (const port of record?.ports ?? []) if (port.port === number) ports.add(port.name);
  const byNumber = number === null ? [] : all.filter((frontend) => ports.has(frontend.service?.port));
  const chosen = byName.length > 0 ? byName : byNumber;
  if (chosen.length === 0) {
    const nodePort = all.find(({ kind, port }) => kind === 'node-port' && port === number)?.service?.port;
    const isNodePort = nodePort === undefined ? '' : `; ${number} is the NodePort${nodePort === '' ? '' : ` of ${nodePort}`}`;
    return no(`${name} has no port ${target.port}${isNodePort}; it has ${portsText(all)}.`);
  }
  const named = new Set(chosen.map((frontend) => frontend.service?.port ?? ''));
  const title = named.size === 1 ? portName(target.namespace, target.name, [...named][0] ?? '') : flowTargetText(target);
  return { ok: true, frontends: chosen, title, remark: taken };
}

function fits({ port, protocol }: AddressTarget, frontend: Frontend): boolean {
  return (port === null || frontend.port === port) && (protocol === null || frontend.protocol === protocol);
}

/** Frontends with an address of their own that is asked for. */
function* frontendsAt(resolution: Resolution, frontends: readonly Frontend[], { ip }: AddressTarget): Steps<readonly Frontend[]> {
  const at = frontends.filter((frontend) => frontend.ip === ip);
  const keys = new Set(at.map(frontendKey));
  const missing: Frontend[] = [];
  for (const { service } of resolution.cluster.servicesAt(ip)) {
    for (const frontend of yield* missingFrontends(resolution, service))
      if (frontend.ip === ip && !keys.has(frontendKey(frontend))) missing.push(frontend);
  }
  if (at.length + missing.length > 0) return [...at, ...missing];
  return yield* chainFrontends(resolution, ({ clusterIP }) => clusterIP === ip);
}

function titleOf(frontends: readonly Frontend[], otherwise: string): string {
  const names = new Set(
    frontends.map(({ service }) => (service === null ? '' : portName(service.namespace, service.name, service.port))),
  );
  const [only] = names;
  return names.size === 1 && only ? only : otherwise;
}

function* chooseAddress(resolution: Resolution, frontends: readonly Frontend[], target: AddressTarget): Steps<FrontendChoice> {
  const text = flowTargetText(target);
  const all = yield* frontendsAt(resolution, frontends, target);
  // Of a chain the port may not be known.
  const exact = all.filter((frontend) => fits(target, frontend) || (frontend.kind === 'chain' && frontend.port === 0));
  if (exact.length > 0) return { ok: true, frontends: exact, title: titleOf(exact, text), remark: '' };
  if (all.length > 0) {
    const has = [...new Set(all.map(({ port, protocol }) => `${port}/${protocol}`))];
    const isAll = showsAllOfNat(resolution) ? '' : ' in what the dump shows';
    return no(`${text}: no rule for that port. ${target.ip} has ${has.slice(0, 8).join(', ')}${isAll}.`);
  }
  return chooseNodeAddress(resolution, frontends, target) ?? no(whyNoAddress(resolution, frontends, target));
}

/** Frontends at any address of the node, where the address asked for is one; undefined where it is no node's. */
function chooseNodeAddress(
  resolution: Resolution,
  frontends: readonly Frontend[],
  target: AddressTarget,
): FrontendChoice | undefined {
  const { cluster, ruleset } = resolution;
  const { ip, port } = target;
  const node = cluster.nodeAt(ip);
  const endpoint = cluster.endpointsAt(ip)[0];
  const pod = cluster.podsAt(ip).find(({ hostNetwork }) => !hostNetwork);
  if (pod !== undefined || (endpoint !== undefined && node === undefined)) {
    const { slice } = endpoint ?? {};
    const who =
      pod === undefined ? `an endpoint of ${slice?.namespace}/${slice?.serviceName}` : `Pod ${pod.namespace}/${pod.name}`;
    return no(`${ip} is ${who}: kube-proxy does not redirect packets to it. Ask for its Service.`);
  }
  const names = new Set(ruleset.dumps.map((dump) => dumpNode(resolution, dump).name));
  if (node !== undefined && !names.has('') && !names.has(node.name))
    return no(`${ip} is node ${node.name}, and the dump is of ${[...names].join(' and ')}: its NodePorts are in its own dump.`);
  const onNode = frontends.filter(({ ip: own, dump }) => {
    const { record } = dumpNode(resolution, dump);
    const isFamily = (dump.family === 'ipv6') === ip.includes(':');
    return own === null && isFamily && (node === undefined || record === null || record === node);
  });
  const exact = port === null ? [] : onNode.filter((frontend) => fits(target, frontend));
  const [first] = exact;
  if (first !== undefined)
    return { ok: true, frontends: exact, title: frontendLabel(first), remark: ownRemark(resolution, ip, first.dump) };
  if (node === undefined) return undefined;
  const ports = [...new Set(onNode.map((frontend) => `${frontend.port}/${frontend.protocol}`))];
  const list = ports.length === 0 ? 'no NodePort or hostPort' : ports.slice(0, 8).join(', ');
  const which = port === null ? `Say which port of ${ip}` : `${flowTargetText(target)} is no NodePort or hostPort`;
  return no(`${which}; the dump has ${list}.`);
}

/** That nothing proves an address to be the node's own; empty where it is known. */
function ownRemark(resolution: Resolution, ip: string, dump: Dump): string {
  if (isLoopbackIP(ip)) return '';
  const node = resolution.cluster.nodeAt(ip);
  if (node === undefined) return `${ip} is taken to be an address of this node.`;
  if (dumpNode(resolution, dump).record === node) return '';
  return `${ip} is node ${node.name}, of which the dump is taken to be: nothing in it tells the node.`;
}

/** Why no frontend has an address. */
function whyNoAddress(resolution: Resolution, frontends: readonly Frontend[], target: AddressTarget): string {
  const text = flowTargetText(target);
  const mode = otherProxyRemark(resolution);
  const [known] = resolution.cluster.servicesAt(target.ip);
  if (known !== undefined)
    return `${target.ip} is an address of ${known.service.namespace}/${known.service.name}. ${whyNoRules(resolution, known.service)}`;
  const addresses = new Set(frontends.flatMap(({ ip }) => (ip === null ? [] : [ip])));
  const near = orNearest(target.ip, addresses);
  // Rules of other programs may be for it (Docker's published ports), which make no Service.
  const others = 'What other rules make of packets to it, a trace says.';
  if (mode !== '') return `No Service that the dump has rules for has ${text}. ${others} ${mode}`;
  if (showsAllOfNat(resolution)) return `No Service that the dump has rules for has ${text}.${near} ${others}`;
  return `No rule that the dump shows is for ${text}: it is an excerpt, and the node may have one.${near}`;
}

/** Of several dumps of one family in a file, the first that has an address of a Service counts. */
export function ofFirstDumps(frontends: readonly Frontend[]): readonly Frontend[] {
  const first = new Map<string, number>();
  return frontends.filter((frontend) => {
    const { family, index } = frontend.dump;
    const key = `${family} ${serviceName(frontend)} ${frontend.ip ?? ''}`;
    if (!first.has(key)) first.set(key, index);
    return first.get(key) === index;
  });
}

/** The frontends that a target means: those of the dump's rules, those that the dump should have, and chains that nothing leads to. */
export function* chooseFrontends(resolution: Resolution, target: FlowTargetSpec): Steps<FrontendChoice> {
  const frontends = yield* frontendSteps(resolution);
  const choice =
    target.kind === 'service'
      ? yield* chooseService(resolution, frontends, target)
      : yield* chooseAddress(resolution, frontends, { ...target, ip: canonicalIP(target.ip) ?? target.ip });
  return choice.ok ? { ...choice, frontends: ofFirstDumps(choice.frontends) } : choice;
}
