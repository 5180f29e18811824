/**
 * What an API object of a snapshot holds that no API server gives out: a value of another type than its field has, as an editor or a template
 * leaves it. Read as if it were not there, `port: "9000"` would be a Service without ports, and claims would rest on that.
 */
import type { Steps } from '../base/steps.ts';
import { type Fields, isFields, textAt } from './fields.ts';
import type { ClusterKind } from './objects.ts';
import { shown } from './snapshot-failure.ts';

type Scalar = 'text' | 'number' | 'port' | 'boolean' | 'port or name' | 'time' | 'texts by name' | 'object';

/** What a value must be: one of a kind, a list of such, or an object whose fields are such. */
type Shape = Scalar | { readonly each: Shape } | { readonly [field: string]: Shape };

const texts: Shape = { each: 'text' };

const metadata: Shape = {
  name: 'text',
  namespace: 'text',
  labels: 'texts by name',
  annotations: 'texts by name',
  creationTimestamp: 'time',
  deletionTimestamp: 'time',
};

/** The fields that `read-object.ts` reads, with their types (core/v1, discovery/v1 and v1beta1). */
const shapes: Readonly<Record<ClusterKind, Shape>> = {
  Service: {
    metadata,
    spec: {
      type: 'text',
      clusterIP: 'text',
      clusterIPs: texts,
      externalIPs: texts,
      externalName: 'text',
      loadBalancerSourceRanges: texts,
      ports: { each: { name: 'text', protocol: 'text', port: 'port', nodePort: 'port', targetPort: 'port or name' } },
      sessionAffinity: 'text',
      sessionAffinityConfig: { clientIP: { timeoutSeconds: 'number' } },
      internalTrafficPolicy: 'text',
      externalTrafficPolicy: 'text',
      healthCheckNodePort: 'port',
      trafficDistribution: 'text',
      publishNotReadyAddresses: 'boolean',
      selector: 'texts by name',
    },
    status: { loadBalancer: { ingress: { each: { ip: 'text', ipMode: 'text' } } } },
  },
  EndpointSlice: {
    metadata,
    addressType: 'text',
    ports: { each: { name: 'text', protocol: 'text', port: 'port' } },
    endpoints: {
      each: {
        addresses: texts,
        conditions: { ready: 'boolean', serving: 'boolean', terminating: 'boolean' },
        nodeName: 'text',
        zone: 'text',
        topology: 'texts by name',
        hints: { forZones: { each: { name: 'text' } }, forNodes: { each: { name: 'text' } } },
        targetRef: { kind: 'text', namespace: 'text', name: 'text' },
      },
    },
  },
  Pod: {
    metadata: { ...metadata, ownerReferences: { each: { kind: 'text', name: 'text', controller: 'boolean' } } },
    spec: {
      nodeName: 'text',
      hostNetwork: 'boolean',
      containers: {
        each: { ports: { each: { hostPort: 'port', containerPort: 'port', hostIP: 'text', protocol: 'text' } } },
      },
    },
    status: {
      phase: 'text',
      conditions: { each: { type: 'text', status: 'text' } },
      podIP: 'text',
      podIPs: { each: { ip: 'text' } },
    },
  },
  Node: {
    metadata,
    spec: { podCIDR: 'text', podCIDRs: texts },
    status: { addresses: { each: { type: 'text', address: 'text' } }, nodeInfo: { kubeletVersion: 'text' } },
  },
};

const maxPort = 65535;

function isWhole(value: unknown, most: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
}

/** Whether a value is one of these, and what they are called. */
const scalars: Readonly<Record<Scalar, { readonly fits: (value: unknown) => boolean; readonly called: string }>> = {
  text: { fits: (value) => typeof value === 'string', called: 'a text' },
  number: { fits: (value) => isWhole(value, Number.MAX_SAFE_INTEGER), called: 'a whole number from 0' },
  port: { fits: (value) => isWhole(value, maxPort), called: `a number from 0 to ${maxPort}` },
  boolean: { fits: (value) => typeof value === 'boolean', called: 'true or false' },
  'port or name': {
    fits: (value) => typeof value === 'string' || isWhole(value, maxPort),
    called: `a text or a number from 0 to ${maxPort}`,
  },
  time: {
    fits: (value) => value instanceof Date || (typeof value === 'string' && !Number.isNaN(Date.parse(value))),
    called: 'a time as a text',
  },
  'texts by name': {
    fits: (value) => isFields(value) && Object.values(value).every((text) => text === null || typeof text === 'string'),
    called: 'an object of texts',
  },
  object: { fits: isFields, called: 'an object' },
};

function isEach(shape: Shape): shape is { readonly each: Shape } {
  return typeof shape !== 'string' && 'each' in shape;
}

/** A value in a message, with its type where that does not show. */
function given(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isFields(value)) return 'an object';
  return typeof value === 'string' ? `the text ${JSON.stringify(shown(value))}` : shown(String(value));
}

function misfit(path: string, value: unknown, called: string): string {
  return `${path} is ${given(value)}, expected ${called}`;
}

const partsBetweenPauses = 1_000;

/** What of a value does not fit, in a clause that begins with its place; undefined where all fits. Pauses in long lists. null stands for a field that is not set. */
function* misfitSteps(shape: Shape, value: unknown, path: string): Steps<string | undefined> {
  if (value === undefined || value === null) return undefined;
  if (typeof shape === 'string') {
    const { fits, called } = scalars[shape];
    if (fits(value)) return undefined;
    if (shape === 'texts by name' && isFields(value)) return misfitAmong(value, path);
    return misfit(path, value, called);
  }
  if (!isEach(shape)) {
    if (!isFields(value)) return misfit(path, value, 'an object');
    for (const [field, inner] of Object.entries(shape)) {
      if (!Object.hasOwn(value, field)) continue;
      const fault = yield* misfitSteps(inner, value[field], path === '' ? field : `${path}.${field}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (!Array.isArray(value)) return misfit(path, value, 'a list');
  for (let at = 0; at < value.length; at += 1) {
    if (at % partsBetweenPauses === partsBetweenPauses - 1) yield;
    const part: unknown = value[at];
    // What a list holds is never unset.
    if (part === null || part === undefined)
      return misfit(`${path}[${at}]`, part, isEach(shape.each) ? 'a list' : calledOf(shape.each));
    const fault =
      typeof shape.each === 'string' && scalars[shape.each].fits(part)
        ? undefined
        : yield* misfitSteps(shape.each, part, `${path}[${at}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function calledOf(shape: Shape): string {
  return typeof shape === 'string' ? scalars[shape].called : 'an object';
}

function misfitAmong(values: Fields, path: string): string | undefined {
  const entry = Object.entries(values).find(([, text]) => text !== null && typeof text !== 'string');
  return entry === undefined ? undefined : misfit(`${path}.${shown(entry[0])}`, entry[1], 'a text');
}

/**
 * What is wrong with an object of that kind, in a clause that names the object, the field, what it holds and what is expected; undefined where nothing is.
 * Pauses in long lists.
 */
export function* objectFaultSteps(kind: ClusterKind, object: Fields): Steps<string | undefined> {
  const fault = yield* misfitSteps(shapes[kind], object, '');
  const { metadata: own } = object;
  const named = isFields(own) ? own : {};
  const name = textAt(named, 'name');
  const namespace = textAt(named, 'namespace');
  const missing = name === '' ? 'name' : namespace === '' && kind !== 'Node' ? 'namespace' : undefined;
  if (fault === undefined && missing === undefined) return undefined;
  const full = [namespace, name]
    .filter((part) => part !== '')
    .map(shown)
    .join('/');
  const which = full === '' ? `${kind === 'EndpointSlice' ? 'An' : 'A'} ${kind}` : `${kind} ${full}`;
  return fault === undefined ? `${which} has no metadata.${missing}` : `${which}: ${fault}`;
}
