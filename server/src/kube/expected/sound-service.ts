/**
 * Whether a Service is one that an API server could have given out (apimachinery's validation.IsDNS1123Label, core's ValidateService). A
 * snapshot may hold anything; for what kube-proxy can never have seen no rules are written, so that no text of it becomes a line of them.
 */
import type { ServicePort, ServiceRecord } from '../../cluster/objects.ts';

const mostLabelCharacters = 63;
const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);
/** One day; core's MaxClientIPServiceAffinitySeconds. */
const mostAffinitySeconds = 86400;
const mostShown = 60;

/** Small letters, digits and inner hyphens. */
function isLabel(text: string): boolean {
  return text.length <= mostLabelCharacters && /^[a-z0-9-]+$/.test(text) && !text.startsWith('-') && !text.endsWith('-');
}

function quoted(text: string): string {
  return JSON.stringify(text.length > mostShown ? `${text.slice(0, mostShown)}...` : text);
}

/** What a port is not that a Service's port must be, in a clause; undefined for a sound one. */
export function portFault({ name, protocol, port }: ServicePort): string | undefined {
  if (name !== '' && !isLabel(name)) return `the port name ${quoted(name)} is none`;
  if (!protocols.has(protocol)) return `the protocol ${quoted(protocol)} is none of TCP, UDP and SCTP`;
  return port === 0 ? 'a port’s number is not 1 to 65535' : undefined;
}

/** What is wrong with a Service but its ports, in a clause; undefined for a sound one. */
export function serviceFault({ namespace, name, affinityTimeout }: ServiceRecord): string | undefined {
  if (!isLabel(namespace)) return `its namespace ${quoted(namespace)} is none`;
  if (!isLabel(name)) return `its name ${quoted(name)} is none`;
  return affinityTimeout > mostAffinitySeconds ? `${affinityTimeout} seconds are too long for session affinity` : undefined;
}

/** Each Service for which not all rules are written because of its own fields, with the reason, in sentences. */
export function unsoundServices(services: readonly ServiceRecord[]): readonly string[] {
  return services.flatMap((service) => {
    const full = quoted(`${service.namespace}/${service.name}`);
    const fault = serviceFault(service);
    if (fault !== undefined) return [`Service ${full} is left out: ${fault}`];
    return service.ports
      .flatMap((port) => portFault(port) ?? [])
      .map((words) => `A port of Service ${full} is left out: ${words}`);
  });
}
