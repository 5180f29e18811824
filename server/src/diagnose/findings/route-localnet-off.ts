import { inCIDR } from '../../base/ip.ts';
import { command } from '../../base/shell-text.ts';
import { isLoopback } from '../../netfilter/packet.ts';
import { largerSetting, type Setting, setting } from '../../node/look-ups/sysctl.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { RuleStatement } from '../../syntax/statement.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked } from '../journey.ts';
import { leavesBy } from '../leaves-by.ts';
import { atOnce, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { settingEvidence } from '../signs.ts';
import { ruleEvidence, type Subject } from '../subject.ts';

/** A packet with a loopback source may leave by no other interface than lo (__mkroute_output), unless route_localnet is set. */
export const routeLocalnetOff: NodeFinding = {
  codes: {
    'route-localnet-off':
      'NodePorts are open on 127.0.0.1, and the kernel does not let loopback addresses leave: route_localnet is 0.',
  },
  look: atOnce(look),
};

const all = 'net.ipv4.conf.all.route_localnet';

/** Whether a rule is for packets to 127.0.0.1, as far as it says for which addresses it is. */
function takesLoopback(rule: RuleStatement | undefined): boolean {
  if (rule === undefined) return false;
  return rule.options.every(({ name, negation, values }) => {
    if (name !== '--destination') return true;
    const isNamed = (values[0]?.text ?? '').split(',').some((network) => inCIDR('127.0.0.1', network));
    return isNamed === (negation === undefined);
  });
}

/** The rule that opens NodePorts on loopback addresses too, and the first NodePort; null where there is none. 0-based. */
function localhostNodePorts({ ruleset }: Subject): { readonly hook: number; readonly port: number } | null {
  for (const table of ruleset.tables) {
    if (table.name !== 'nat' || table.dump.family !== 'ipv4') continue;
    const nodePorts = table.chains.get('KUBE-NODEPORTS');
    const hook = nodePorts?.references.find((line) => takesLoopback(ruleAt(ruleset, line)));
    const port = nodePorts?.rules[0];
    if (hook !== undefined && port !== undefined) return { hook, port };
  }
  return null;
}

/** What of kube-proxy's log says that it set route_localnet. */
function logEvidence({ facts }: Subject): readonly Evidence[] {
  const record = facts.proxyLog?.records.find(({ message }) => message.includes('route_localnet'));
  if (record === undefined || facts.proxyLog === null) return [];
  return [{ file: facts.proxyLog.file, line: record.line, text: record.message.slice(0, 200) }];
}

function look(subject: Subject, asked: Asked | null): Looked {
  const { facts } = subject;
  const whole = setting(facts, all);
  if (whole === undefined) return nothing;
  const decides = (name: string | null): Setting | undefined =>
    name === null ? whole : largerSetting(facts, name, 'route_localnet');
  const fromLoopback = leaving(asked).filter(
    ({ start, end }) =>
      start.isFromHere &&
      start.family === 'ipv4' &&
      start.source !== null &&
      isLoopback(start.source) &&
      !isLoopback(end.destination),
  );
  const ends = fromLoopback.filter((journey) => decides(leavesBy(journey))?.value === 0);
  const open = localhostNodePorts(subject);
  const isAnywhere = [...(facts.sysctls?.values ?? [])].some(
    ([name, { value }]) => /^net\.ipv4\.conf\..*\.route_localnet$/.test(name) && value === '1',
  );
  const isMeant = open !== null && facts.proxyConfiguration?.localhostNodePorts !== false;
  if (ends.length === 0 && (!isMeant || isAnywhere)) {
    return { ...nothing, fine: isMeant ? ['NodePorts can be asked for on 127.0.0.1 (route_localnet).'] : [] };
  }
  const cause = foundCause(
    {
      code: 'route-localnet-off',
      message: `${all} is 0: a packet from 127.0.0.1 to a NodePort is sent on to a Pod by DNAT, and the kernel drops it there, as its source is a loopback address. kube-proxy sets it to 1 when it starts; something set it back. By the node's own address the NodePort works.`,
      evidence: [settingEvidence(whole), ...logEvidence(subject), ...(open === null ? [] : [ruleEvidence(subject, open.port)])],
      confirm: [command`sysctl ${all}`, command`nstat -az IpInAddrErrors IpOutNoRoutes`],
      mend: [command`sysctl -w ${all}=1`],
    },
    { ends },
  );
  return { ...nothing, found: [cause] };
}
