import type { Steps } from '../../base/steps.ts';
import { portName, splitHashedName } from '../../kube/identity/chain-names.ts';
import { type ServiceComment, serviceComment } from '../../kube/identity/comments.ts';
import { commentOf } from '../../kube/proxy/rule-values.ts';
import { ruleAt } from '../../ruleset/rules.ts';
import type { Dump, Ruleset } from '../../ruleset/ruleset.ts';
import { tableAt } from '../../ruleset/ruleset.ts';
import type { Line } from '../../syntax/line.ts';
import { type Change, removedLines } from '../mending/change.ts';
import type { Fix } from '../mending/fix.ts';
import { isMendable } from '../mending/mendable.ts';
import { restartKubeProxy } from '../mending/node-commands.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';

/** A Service that the filter table rejects, while nat sends its traffic on (kubernetes/kubernetes#121909). */
export const rejectedService: LintRule = {
  codes: {
    'rejected-service': 'The filter table rejects a Service as one without endpoints, and the nat table sends its traffic on.',
  },
  check,
};

const rulesBetweenPauses = 1024;

function* check(input: LintInput, report: (finding: Finding) => void): Steps<void> {
  const { ruleset } = input;
  for (const dump of ruleset.dumps) {
    yield;
    const rejections = rejectionsIn(ruleset, dump);
    if (rejections.size > 0) yield* checkNat(input, dump, rejections, report);
  }
}

function commentOn(ruleset: Ruleset, line: number): ServiceComment | undefined {
  const rule = ruleAt(ruleset, line);
  return rule === undefined ? undefined : serviceComment(commentOf(rule));
}

/** The lines of the rules that reject a Service port for want of endpoints, by the port's name. */
function rejectionsIn(ruleset: Ruleset, dump: Dump): Map<string, number> {
  // A grep of a dump loses which table a rule is of.
  const table = dump.tables.find(({ name }) => name === 'filter') ?? dump.tables.find(({ name }) => name === 'nat');
  const rejections = new Map<string, number>();
  for (const name of ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES']) {
    for (const number of table?.chains.get(name)?.rules ?? []) {
      const comment = ruleset.lines.at(number)?.target === 'REJECT' ? commentOn(ruleset, number) : undefined;
      if (comment?.use === 'no-endpoints') rejections.set(portName(comment.namespace, comment.service, comment.port), number);
    }
  }
  return rejections;
}

/** The first word of a rule's comment as iptables-save lays it out, by which the few rules are found that have to be read. */
function commentWord({ text }: Line): string {
  const at = text.indexOf('--comment ');
  if (at < 0) return '';
  const start = at + '--comment '.length + (text.charAt(at + '--comment '.length) === '"' ? 1 : 0);
  const blank = text.indexOf(' ', start);
  const word = text.slice(start, blank < 0 ? text.length : blank);
  return withoutEnd(word.endsWith('"') ? word.slice(0, -1) : word);
}

/** kube-proxy up to about 1.20 writes "namespace/name:" for a port without a name. */
function withoutEnd(name: string): string {
  return name.endsWith(':') ? name.slice(0, -1) : name;
}

function* checkNat(
  input: LintInput,
  { tables }: Dump,
  rejections: Map<string, number>,
  report: (finding: Finding) => void,
): Steps<void> {
  const { ruleset } = input;
  const nat = tables.find(({ name }) => name === 'nat');
  for (const name of ['KUBE-SERVICES', 'KUBE-NODEPORTS']) {
    for (const [index, number] of (nat?.chains.get(name)?.rules ?? []).entries()) {
      if (index % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
      const line = ruleset.lines.at(number);
      const isNamed = line !== undefined && rejections.has(commentWord(line)) && splitHashedName(line.target) !== undefined;
      const comment = isNamed ? commentOn(ruleset, number) : undefined;
      if (line === undefined || comment === undefined) continue;
      const service = portName(comment.namespace, comment.service, comment.port);
      const rejection = rejections.get(service);
      if (rejection === undefined) continue;
      rejections.delete(service);
      const message = `${service} is rejected here as one without endpoints, though line ${number + 1} sends its traffic to ${line.target}`;
      report(
        finding(linePlace(ruleset, rejection), 'rejected-service', 'warning', message, {
          table: tableAt(ruleset, rejection),
          related: [{ ...linePlace(ruleset, number), message: 'sends its traffic on' }],
          fixes: () => removal(input, rejection),
          onNode: restartKubeProxy(),
        }),
      );
    }
  }
}

function removal(input: LintInput, rejection: number): readonly Fix[] {
  const { document, ruleset } = input;
  const table = tableAt(ruleset, rejection);
  if (table === undefined || !isMendable(input, table)) return [];
  const changes = (): readonly Change[] => removedLines(document, [rejection]);
  return [{ title: 'Remove the rule that rejects', safety: 'unsafe', changes }];
}
