import type { Asked, Journey } from '../journey.ts';
import { atOnce, foundCause, type Looked, leaving, type NodeFinding, nothing } from '../node-finding.ts';
import { endText, whoHas } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** The way of the routes: none, or through an interface that is down. */
export const noRoute: NodeFinding = {
  codes: { 'no-route': 'The node has no route to where its rules send the packet.' },
  look: atOnce(look),
};

function isWithout({ route }: Journey): boolean {
  return route.kind === 'none';
}

function look(subject: Subject, asked: Asked | null): Looked {
  const ways = leaving(asked).filter(isWithout);
  const [way] = ways;
  const { routes, policyRules } = subject.facts;
  if (way === undefined || routes === null) {
    const routed = leaving(asked).filter(({ route }) => route.kind === 'route');
    return { ...nothing, fine: routed.length > 0 ? ['There is a route to where the packet is sent.'] : [] };
  }
  const rule = way.route.kind === 'none' ? way.route.rule : null;
  const cause = {
    code: 'no-route',
    message: `The node has no route to ${endText(way)}, where the rules send the packet for ${whoHas(subject, way.end.destination.text)}${rule === null ? '' : `: policy rule ${rule.priority} refuses it`}. A node's routes to the Pods of others are the network plugin's.`,
    evidence: [
      rule !== null && policyRules !== null
        ? { file: policyRules.file, line: rule.line, text: `priority ${rule.priority} ${rule.refuses}` }
        : { file: routes.file, line: 1, text: `no route of ${routes.records.length} is for ${way.end.destination.text}` },
    ],
    confirm: [`ip route get ${way.end.destination.text}`, 'ip rule'],
    mend: ["restart the network plugin's Pod on this node, and look into its log"],
  };
  return { ...nothing, found: [foundCause(cause, { ends: ways })] };
}
