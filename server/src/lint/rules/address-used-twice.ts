import { createMemory } from '../../base/memory.ts';
import type { Steps } from '../../base/steps.ts';
import { splitHashedName } from '../../kube/identity/chain-names.ts';
import { destinationPort, protocolOf, singleAddress } from '../../kube/proxy/rule-values.ts';
import { marksOf, newChainMark } from '../../ruleset/chain-marks.ts';
import type { Chain, Ruleset } from '../../ruleset/ruleset.ts';
import { statementOf } from '../../syntax/document.ts';
import type { Line } from '../../syntax/line.ts';
import { type Finding, finding, type LintInput, type LintRule } from '../support/finding.ts';
import { linePlace } from '../support/line-place.ts';

/** Two Services with one address, protocol and port: the first rule takes all of it (kubernetes/kubernetes#69599). */
export const addressUsedTwice: LintRule = {
  codes: { 'address-used-twice': 'Two Services have rules for one address, protocol and port: the first wins.' },
  check,
};

/** Of a KUBE-SERVICES in which no two rules with other targets have one address. */
const hasOwnAddresses = newChainMark();

const rulesBetweenPauses = 512;

function* check({ ruleset }: LintInput, report: (finding: Finding) => void): Steps<void> {
  for (const table of ruleset.tables) {
    yield;
    const services = table.name === 'nat' ? table.chains.get('KUBE-SERVICES') : undefined;
    if (services === undefined) continue;
    const marks = marksOf(ruleset, table);
    if (((marks[services.index] as number) & hasOwnAddresses) > 0) continue;
    const numbers = yield* suspects(ruleset, services);
    if (numbers.length > 0) yield* checkAddresses(ruleset, services, numbers, report);
    else (marks[services.index] as number) |= hasOwnAddresses;
  }
}

/** What a rule is for: "10.96.0.1 port 443/tcp". */
interface Frontend {
  readonly text: string;
  /** Of the chain that it leads to. */
  readonly hash: string;
}

// Lines live as long as some ruleset has them, and an edit leaves most of them alone.
const known = createMemory<Line, Frontend | null>();
/** What a rule may have that is for all packets to one address and port. */
const plainOptions = new Set(['--destination', '--protocol', '--destination-port', '--match', '--comment', '--jump']);

function frontendOf(line: Line): Frontend | null {
  let frontend = known.get(line);
  if (frontend === undefined) {
    frontend = readFrontend(line);
    known.set(line, frontend);
  }
  return frontend;
}

function readFrontend(line: Line): Frontend | null {
  const hash = splitHashedName(line.target)?.hash;
  if (hash === undefined || line.isUnsure || line.command !== 'append') return null;
  const rule = statementOf(line);
  if (rule.kind !== 'rule' || !rule.options.every(({ name, negation }) => negation === undefined && plainOptions.has(name)))
    return null;
  const address = singleAddress(rule, '--destination');
  const port = destinationPort(rule);
  const protocol = protocolOf(rule);
  return address === undefined || port === undefined || protocol === ''
    ? null
    : { text: `${address} port ${port}/${protocol}`, hash };
}

/** The word behind `-d` as iptables-save lays a rule out; empty where it is laid out in another way. Only rules that share it are read. */
function addressWord(text: string): string {
  const at = text.indexOf(' -d ');
  const end = at < 0 ? -1 : text.indexOf(' ', at + 4);
  return end < 0 ? '' : text.slice(at + 4, end);
}

/** The rules of KUBE-SERVICES whose address a rule for another chain has, too, in the order of the text: mostly none. */
function* suspects({ lines }: Ruleset, services: Chain): Steps<readonly number[]> {
  const first = new Map<string, number>();
  const shared = new Set<string>();
  for (const [index, number] of services.rules.entries()) {
    if (index % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const word = addressWord(lines.textAt(number));
    const before = first.get(word);
    if (before === undefined) first.set(word, number);
    else if (lines.targetAt(before) !== lines.targetAt(number)) shared.add(word);
  }
  if (shared.size === 0) return [];
  return services.rules.filter((number) => shared.has(addressWord(lines.textAt(number))));
}

function* checkAddresses(
  ruleset: Ruleset,
  services: Chain,
  numbers: readonly number[],
  report: (finding: Finding) => void,
): Steps<void> {
  const first = new Map<string, { readonly number: number; readonly hash: string }>();
  for (const [index, number] of numbers.entries()) {
    if (index % rulesBetweenPauses === rulesBetweenPauses - 1) yield;
    const line = ruleset.lines.kept(number);
    const frontend = line === undefined ? null : frontendOf(line);
    if (frontend === null) continue;
    const before = first.get(frontend.text);
    if (before === undefined) {
      first.set(frontend.text, { number, hash: frontend.hash });
      continue;
    }
    if (before.hash === frontend.hash) continue;
    const message = `Another Service has ${frontend.text} already: line ${before.number + 1} takes the traffic, and this rule gets none`;
    report(
      finding(linePlace(ruleset, number), 'address-used-twice', 'warning', message, {
        table: services.table,
        chain: services,
        related: [{ ...linePlace(ruleset, before.number), message: 'takes the traffic' }],
      }),
    );
  }
}
