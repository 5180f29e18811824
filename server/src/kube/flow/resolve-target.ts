/** Which frontends a target means, or in a sentence why none. */
import { canonicalIP } from '../../base/ip.ts';
import { nearestNames } from '../../base/nearest-names.ts';
import type { Steps } from '../../base/steps.ts';
import type { Dump } from '../../ruleset/ruleset.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { portName } from '../identity/chain-names.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { type Frontend, frontendKey, frontendLabel, frontendSteps, frontendsOfRecord } from './frontends.ts';
import { type FlowTargetSpec, flowTargetText } from './target.ts';

export type FrontendChoice =
  | { readonly ok: true; readonly frontends: readonly Frontend[]; readonly title: string; readonly remark: string }
  | { readonly ok: false; readonly reason: string };

function orNearest(wanted: string, names: Iterable<string>): string {
  const near = nearestNames(wanted, names);
  if (near.length === 0) return '';
  return ` Did you mean ${near.join(' or ')}?`;
}

function serviceName(frontend: Frontend): string {
  return frontend.service === null ? '' : `${frontend.service.namespace}/${frontend.service.name}`;
}

function chooseService(
  resolution: Resolution,
  frontends: readonly Frontend[],
  target: Extract<FlowTargetSpec, { readonly kind: 'service' }>,
): FrontendChoice {
  const { cluster } = resolution;
  const name = `${target.namespace}/${target.name}`;
  const record = cluster.service(target.namespace, target.name);
  const inDump = frontends.filter((frontend) => serviceName(frontend) === name);
  const keys = new Set(inDump.map(frontendKey));
  const onlyInCluster = frontendsOfRecord(resolution, target.namespace, target.name).filter(
    (frontend) => !keys.has(frontendKey(frontend)),
  );
  const all = [...inDump, ...onlyInCluster];
  if (all.length === 0) {
    if (record?.type === 'ExternalName') {
      return { ok: false, reason: `${name} is an ExternalName Service: a DNS alias, for which kube-proxy writes no rules.` };
    }
    if (record?.headless) {
      return {
        ok: false,
        reason: `${name} is headless (clusterIP None): DNS gives the Pods' addresses, and kube-proxy writes no rules.`,
      };
    }
    if (record !== undefined) return { ok: false, reason: `${name} has no address or port of this dump's family.` };
    const names = [...frontends.map(serviceName), ...cluster.services.map((service) => `${service.namespace}/${service.name}`)];
    const where = cluster.source.kind === 'none' ? "The dump's comments name" : 'Neither the dump nor the cluster has';
    const what = cluster.source.kind === 'none' ? `no Service ${name}.` : `a Service ${name}.`;
    return {
      ok: false,
      reason: `${where} ${what}${orNearest(
        name,
        names.filter((each) => each !== ''),
      )}`,
    };
  }
  if (target.port === null) return { ok: true, frontends: all, title: name, remark: '' };
  const byName = all.filter((frontend) => frontend.service?.port === target.port);
  const number = /^\d{1,5}$/.test(target.port) ? Number(target.port) : null;
  // A number is the Service's port; its NodePort belongs to the same port by name.
  const ports = new Set(
    all
      .filter((frontend) => frontend.kind !== 'node-port' && frontend.kind !== 'health-check' && frontend.port === number)
      .map((frontend) => frontend.service?.port),
  );
  for (const port of record?.ports ?? []) if (port.port === number) ports.add(port.name);
  const byNumber = number === null ? [] : all.filter((frontend) => ports.has(frontend.service?.port));
  const chosen = byName.length > 0 ? byName : byNumber;
  if (chosen.length === 0) {
    const known = [...new Set(all.map((frontend) => frontend.service?.port || String(frontend.port)))];
    return { ok: false, reason: `${name} has no port ${target.port}; it has ${known.slice(0, 8).join(', ')}.` };
  }
  const named = new Set(chosen.map((frontend) => frontend.service?.port ?? ''));
  const title = named.size === 1 ? portName(target.namespace, target.name, [...named][0] ?? '') : flowTargetText(target);
  return { ok: true, frontends: chosen, title, remark: '' };
}

function chooseAddress(
  resolution: Resolution,
  frontends: readonly Frontend[],
  target: Extract<FlowTargetSpec, { readonly kind: 'address' }>,
): FrontendChoice {
  const { cluster } = resolution;
  const text = flowTargetText(target);
  const fits = (frontend: Frontend): boolean =>
    (target.port === null || frontend.port === target.port) &&
    (target.protocol === null || frontend.protocol === target.protocol);
  const isFamily = (frontend: Frontend): boolean => (frontend.dump.family === 'ipv6') === target.ip.includes(':');
  const known = cluster
    .servicesAt(target.ip)
    .flatMap(({ service }) => frontendsOfRecord(resolution, service.namespace, service.name))
    .filter((frontend) => frontend.ip === target.ip);
  const at = frontends.filter((frontend) => frontend.ip === target.ip);
  const keys = new Set(at.map(frontendKey));
  const all = [...at, ...known.filter((frontend) => !keys.has(frontendKey(frontend)))];
  const exact = all.filter(fits);
  if (exact.length > 0) {
    const names = new Set(
      exact.map((frontend) =>
        frontend.service === null ? '' : portName(frontend.service.namespace, frontend.service.name, frontend.service.port),
      ),
    );
    const [only] = names;
    return { ok: true, frontends: exact, title: names.size === 1 && only ? only : text, remark: '' };
  }
  if (all.length > 0) {
    const has = all.map((frontend) => `${frontend.port}/${frontend.protocol}`);
    return { ok: false, reason: `${text}: no rule for that port. ${target.ip} has ${[...new Set(has)].slice(0, 8).join(', ')}.` };
  }
  const endpoint = cluster.endpointsAt(target.ip)[0];
  const nodeOf = cluster.nodeAt(target.ip);
  const isOf = ({ dump }: Frontend): boolean => {
    const { record } = dumpNode(resolution, dump);
    return nodeOf === undefined || record === null || record === nodeOf;
  };
  const isOfPod = cluster.podsAt(target.ip).some((pod) => !pod.hostNetwork) || (endpoint !== undefined && nodeOf === undefined);
  const ofFamily = frontends.filter((frontend) => frontend.ip === null && isFamily(frontend));
  const everyNode = ofFamily.filter(isOf);
  const others = new Set(resolution.ruleset.dumps.map((dump) => dumpNode(resolution, dump).name));
  const isOther = nodeOf !== undefined && !others.has('') && !others.has(nodeOf.name);
  const onNode = target.port === null ? [] : everyNode.filter(fits);
  if (onNode.length > 0 && !isOther && !isOfPod) {
    return {
      ok: true,
      frontends: onNode,
      title: frontendLabel(
        onNode[0] ?? everyNode[0] ?? ({ kind: 'node-port', ip: null, port: target.port ?? 0, protocol: '' } as const),
      ),
      remark: ownRemark(resolution, target.ip, onNode[0]?.dump),
    };
  }
  if (isOfPod) {
    const pod = cluster.podsAt(target.ip)[0];
    const who =
      pod === undefined
        ? `an endpoint of ${endpoint?.slice.namespace}/${endpoint?.slice.serviceName}`
        : `Pod ${pod.namespace}/${pod.name}`;
    return { ok: false, reason: `${target.ip} is ${who}: kube-proxy does not redirect packets to it. Ask for its Service.` };
  }
  if (isOther)
    return {
      ok: false,
      reason: `${target.ip} is node ${nodeOf?.name}, and the dump is of ${[...others].join(' and ')}: its NodePorts are in its own dump.`,
    };
  if (nodeOf !== undefined) {
    const ports = everyNode.map((frontend) => `${frontend.port}/${frontend.protocol}`);
    const list = ports.length === 0 ? 'no NodePort or hostPort' : [...new Set(ports)].slice(0, 8).join(', ');
    const which = target.port === null ? `Say which port of ${target.ip}` : `${text} is no NodePort or hostPort`;
    return { ok: false, reason: `${which}; the dump has ${list}.` };
  }
  const addresses = new Set(frontends.flatMap((frontend) => (frontend.ip === null ? [] : [frontend.ip])));
  return {
    ok: false,
    reason: `No rule of the dump is for ${text}: no Service has that address.${orNearest(target.ip, addresses)}`,
  };
}

/** That nothing proves an address to be the node's own; empty where it is known. */
function ownRemark(resolution: Resolution, ip: string, dump: Dump | undefined): string {
  if (ip.startsWith('127.') || ip === '::1') return '';
  const node = resolution.cluster.nodeAt(ip);
  if (node === undefined) return `${ip} is taken to be an address of this node.`;
  if (dump === undefined || dumpNode(resolution, dump).record === node) return '';
  return `${ip} is node ${node.name}, of which the dump is taken to be: nothing in it tells the node.`;
}

/** The frontends that a target means: those of the dump's rules, and those that only the cluster has. */
export function* chooseFrontends(resolution: Resolution, target: FlowTargetSpec): Steps<FrontendChoice> {
  const frontends = yield* frontendSteps(resolution);
  // Of several dumps of one family in a file, the first that has it counts.
  const first = new Map<string, number>();
  const ofOneDump = (frontend: Frontend): boolean => {
    const { family, index } = frontend.dump;
    const key = `${family} ${serviceName(frontend)} ${frontend.ip ?? ''}`;
    if (!first.has(key)) first.set(key, index);
    return first.get(key) === index;
  };
  const choice =
    target.kind === 'service'
      ? chooseService(resolution, frontends, target)
      : chooseAddress(resolution, frontends, { ...target, ip: canonicalIP(target.ip) ?? target.ip });
  return choice.ok ? { ...choice, frontends: choice.frontends.filter(ofOneDump) } : choice;
}
