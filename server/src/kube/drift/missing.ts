/** What of a cluster's Services a dump has no rules for at all. */
import { hostPort } from '../../base/ip.ts';
import type { ExpectedPort } from '../expected/expected.ts';
import { ruleText } from '../expected/rule.ts';
import type { DumpSide } from './dump-side.ts';
import { someOf } from './endpoint-findings.ts';
import type { DriftFinding, DriftKind } from './finding.ts';

/** "10.96.0.10:53/udp"; TCP goes without saying. */
function entryOf({ port }: ExpectedPort): string {
  const { protocol } = port.port;
  return `${hostPort(port.clusterIP, port.port.port)}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}

/**
 * The findings for ports of one Service that have no rules: one for the Service, or one for each port where other ports of it have rules.
 * They stand where the rules would: at the end of KUBE-SERVICES.
 */
export function missingFindings(side: DumpSide, ports: readonly ExpectedPort[], isWhole: boolean): readonly DriftFinding[] {
  const services = side.nat?.table.chains.get('KUBE-SERVICES');
  const line = services?.rules.at(-1) ?? services?.declarations[0] ?? null;
  const finding = (kind: DriftKind, what: string, expected: ExpectedPort, entries: readonly string[]): DriftFinding => {
    const { service, port } = expected.port;
    const first = expected.firstRule();
    return {
      kind,
      status: 'missing',
      message: `${what} has no rules in the dump: ${someOf(entries)} ${entries.length === 1 ? 'leads' : 'lead'} nowhere`,
      cause: '',
      namespace: service.namespace,
      service: service.name,
      port: port.name,
      family: side.dump.family,
      line,
      endpoint: null,
      replacedBy: null,
      expected: first === undefined ? null : ruleText(first),
      actual: null,
    };
  };
  const [first] = ports;
  if (isWhole && first !== undefined) {
    const { namespace, name } = first.port.service;
    return [finding('service-missing', `Service ${namespace}/${name}`, first, ports.map(entryOf))];
  }
  return ports.map((port) => finding('port-missing', port.port.name, port, [entryOf(port)]));
}
