import type { Steps } from '../../base/steps.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import { type Finding, finding, type LintInput, type LintRule, type Place } from '../support/finding.ts';

/** Rules for Services that contradict each other. */
export const contradictingServices: LintRule = {
  codes: {
    'rejected-service': 'The filter table rejects a Service as one without endpoints, and the nat table sends its traffic on.',
    'address-used-twice': 'Two Services have rules for one address, protocol and port: the first wins.',
    'host-port-used-twice': 'Two Pods have a rule for one host port: the first wins.',
  },
  check,
};

const rejected = /--comment "?([^" ]+) has no endpoints"?/;
const named = /--comment "?([^" ]+?)(?= cluster IP| external IP| loadbalancer IP|"| -)/;
const chainOfService = /^KUBE-(?:SVC|SVL|EXT|FW|XLB)-([A-Z2-7]{16})$/;

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const dump of ruleset.dumps) {
    yield;
    const nat = dump.tables.find(({ name }) => name === 'nat');
    const filter = dump.tables.find(({ name }) => name === 'filter');
    if (nat === undefined) continue;
    // A grep of a dump loses which table a rule is of.
    yield* checkRejected(ruleset, nat, filter ?? nat, report);
    const services = nat.chains.get('KUBE-SERVICES');
    if (services !== undefined) yield* checkAddresses(ruleset, services, report);
    const hostPorts = nat.chains.get('CNI-HOSTPORT-DNAT');
    if (hostPorts !== undefined) checkHostPorts(ruleset, hostPorts, report);
  }
}

function placeOf(ruleset: Ruleset, number: number): Place {
  const line = ruleset.lines[number];
  return { line: number, start: line?.prefix ?? 0, end: line?.text.length ?? 0 };
}

const rulesBetweenPauses = 1024;

function* checkRejected(ruleset: Ruleset, nat: Table, filter: Table, report: (finding: Finding) => void): Steps<void> {
  const rejections = new Map<string, number>();
  for (const name of ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES']) {
    for (const number of filter.chains.get(name)?.rules ?? []) {
      const line = ruleset.lines[number];
      const service = line?.target === 'REJECT' ? rejected.exec(line.text)?.[1] : undefined;
      // Older versions write "default/web: has no endpoints" for a port without a name.
      if (service !== undefined) rejections.set(service.replace(/:$/, ''), number);
    }
  }
  if (rejections.size === 0) return;
  for (const name of ['KUBE-SERVICES', 'KUBE-NODEPORTS']) {
    for (const [index, number] of (nat.chains.get(name)?.rules ?? []).entries()) {
      if (index % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
      const line = ruleset.lines[number];
      if (line === undefined || !chainOfService.test(line.target)) continue;
      const service = named.exec(line.text)?.[1]?.replace(/:$/, '');
      const rejection = service === undefined ? undefined : rejections.get(service);
      if (service === undefined || rejection === undefined) continue;
      rejections.delete(service);
      const message = `${service} is rejected here as one without endpoints, though line ${number + 1} sends its traffic to ${line.target}`;
      report(
        finding(placeOf(ruleset, rejection), 'rejected-service', 'warning', message, {
          table: tableAt(ruleset, rejection),
          related: [{ ...placeOf(ruleset, number), message: 'sends its traffic on' }],
        }),
      );
    }
  }
}

const forAddress = / -d (\S+) .*?-p (\w+) .*?--dport (\d+) /;

function* checkAddresses(ruleset: Ruleset, services: Chain, report: (finding: Finding) => void): Steps<void> {
  const first = new Map<string, { readonly number: number; readonly hash: string }>();
  for (const [index, number] of services.rules.entries()) {
    if (index % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const line = ruleset.lines[number];
    const hash = line === undefined ? undefined : chainOfService.exec(line.target)?.[1];
    if (line === undefined || hash === undefined || line.listing) continue;
    const found = forAddress.exec(line.text);
    if (found === null) continue;
    const key = `${found[1]} ${found[2]} ${found[3]}`;
    const before = first.get(key);
    if (before === undefined) {
      first.set(key, { number, hash });
      continue;
    }
    if (before.hash === hash) continue;
    const message = `Another Service has ${found[1]} port ${found[3]}/${found[2]} already: line ${before.number + 1} takes the traffic, and this rule gets none`;
    report(
      finding(placeOf(ruleset, number), 'address-used-twice', 'warning', message, {
        table: services.table,
        chain: services,
        related: [{ ...placeOf(ruleset, before.number), message: 'takes the traffic' }],
      }),
    );
  }
}

const forHostPort = /-p (\w+) .*?--dports? ([\d,:]+) /;

function checkHostPorts(ruleset: Ruleset, chain: Chain, report: (finding: Finding) => void): void {
  const first = new Map<string, number>();
  for (const number of chain.rules) {
    const line = ruleset.lines[number];
    const found = line?.target.startsWith('CNI-DN-') === true ? forHostPort.exec(line.text) : null;
    if (line === undefined || found === null) continue;
    for (const port of (found[2] ?? '').split(',')) {
      const address = / -d (\S+) /.exec(line.text)?.[1] ?? 'any address';
      const key = `${found[1]} ${port} ${address}`;
      const before = first.get(key);
      if (before === undefined) {
        first.set(key, number);
        continue;
      }
      if (ruleset.lines[before]?.target === line.target) continue;
      const message = `Host port ${port}/${found[1]} is taken by line ${before + 1} already: this Pod gets none of its traffic. The other Pod may be gone, and its rules left behind`;
      report(
        finding(placeOf(ruleset, number), 'host-port-used-twice', 'warning', message, {
          table: chain.table,
          chain,
          related: [{ ...placeOf(ruleset, before), message: 'takes the traffic' }],
        }),
      );
    }
  }
}
