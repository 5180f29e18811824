/**
 * What an API object of a snapshot holds that no API server gives out: a value of another type than its field has, as an editor or a template
 * leaves it. Read as if it were not there, `port: "9000"` would be a Service without ports, and claims would rest on that.
 */
import type { Steps } from '../base/steps.ts';
import { type Fields, fieldsAt, isFields, listAt, textAt } from './fields.ts';
import type { ClusterKind } from './objects.ts';
import { fitsShape, type Misfit, misfitSteps, type Shape } from './shape.ts';
import { shown } from './snapshot-failure.ts';

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
        each: {
          name: 'text',
          command: texts,
          args: texts,
          ports: { each: { hostPort: 'port', containerPort: 'port', hostIP: 'text', protocol: 'text' } },
        },
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

/** As many ports or endpoints are looked at without a pause. */
const mostAtOnce = 1_000;

/** A value in a message, with its type where that does not show. */
function given(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (isFields(value)) return 'an object';
  return typeof value === 'string' ? `the text ${JSON.stringify(shown(value))}` : shown(String(value));
}

function misfitText({ path, value, expected }: Misfit): string {
  return `${path} is ${given(value)}, expected ${expected}`;
}

/**
 * What is wrong with an object of that kind, in a clause that names the object, the field, what it holds and what is expected; undefined where nothing is.
 * Pauses in long lists.
 */
export function* objectFaultSteps(kind: ClusterKind, object: Fields): Steps<string | undefined> {
  const isShort = listAt(fieldsAt(object, 'spec'), 'ports').length + listAt(object, 'endpoints').length <= mostAtOnce;
  const fault = isShort && fitsShape(shapes[kind], object) ? undefined : yield* misfitSteps(shapes[kind], object, '');
  const named = fieldsAt(object, 'metadata');
  const name = textAt(named, 'name');
  const namespace = textAt(named, 'namespace');
  const missing = name === '' ? 'name' : namespace === '' && kind !== 'Node' ? 'namespace' : undefined;
  if (fault === undefined && missing === undefined) return undefined;
  const full = [namespace, name]
    .filter((part) => part !== '')
    .map(shown)
    .join('/');
  const which = full === '' ? `${kind === 'EndpointSlice' ? 'An' : 'A'} ${kind}` : `${kind} ${full}`;
  return fault === undefined ? `${which} has no metadata.${missing}` : `${which}: ${misfitText(fault)}`;
}
