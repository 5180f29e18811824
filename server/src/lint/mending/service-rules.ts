/** The rules of a Service as kube-proxy would write them now, in place of those that a dump has. */
import type { ComparisonBasis } from '../../kube/drift/basis.ts';
import { comparedPort } from '../../kube/drift/compare-service.ts';
import type { DriftFinding } from '../../kube/drift/finding.ts';
import { type ExpectedPort, expectedPortsOf } from '../../kube/expected/expected.ts';
import { type ExpectedRule, ruleText } from '../../kube/expected/rule.ts';
import { hashedPrefix } from '../../kube/identity/chain-names.ts';
import type { Chain, Table } from '../../ruleset/ruleset.ts';
import { lineContext } from '../../syntax/line.ts';
import { readLine } from '../../syntax/read-line.ts';
import type { LintInput } from '../support/finding.ts';
import { type Change, removedLines } from './change.ts';
import type { Fix } from './fix.ts';
import { declaredChains, isMendable, linesWithChains, rulesAtEnd, rulesInFront } from './mendable.ts';

/**
 * The fix of a difference between a dump and a cluster: the Service's rules, those of one port where one is concerned, as kube-proxy would write them.
 * Unsafe: the file is what a node had, and becomes what it should have.
 */
export function asKubeProxyWrites(input: LintInput, basis: ComparisonBasis, found: DriftFinding): readonly Fix[] {
  const tables = [basis.side.nat, basis.side.filter].flatMap((side) => (side === undefined ? [] : [side.table]));
  if (!tables.every((table) => isMendable(input, table))) return [];
  const name = found.namespace === '' ? found.service : `${found.namespace}/${found.service}`;
  const fix = (title: string, changes: () => readonly Change[]): readonly Fix[] => [{ title, safety: 'unsafe', changes }];
  switch (found.kind) {
    case 'unused-chain':
      return fix('Remove the chain', () => withoutChain(input, basis, found));
    case 'service-gone':
    case 'port-gone':
      return fix(`Remove the rules of ${name}`, () => withoutRules(input, basis, found.lines ?? []));
    default:
      return fix(`Write the rules of ${name} as kube-proxy would`, () => serviceChanges(input, basis, found));
  }
}

/** Chains that kube-proxy makes for a Service port or an endpoint go with the last rule that leads to them. */
function goesAlong({ name }: Pick<Chain, 'name'>): boolean {
  return hashedPrefix(name) !== undefined;
}

function withoutChain({ document, ruleset }: LintInput, { side }: ComparisonBasis, { line }: DriftFinding): readonly Change[] {
  const table = side.nat?.table;
  const chain = table?.chains.get(ruleset.lines.at(line ?? -1)?.name ?? '');
  if (table === undefined || chain === undefined) return [];
  return removedLines(document, linesWithChains(table, { chains: [chain] }, goesAlong, ruleset));
}

function withoutRules({ document, ruleset }: LintInput, { side }: ComparisonBasis, lines: readonly number[]): readonly Change[] {
  const nat = side.nat?.table;
  const gone = new Set(lines);
  if (nat !== undefined) {
    const own = lines.filter((line) => line >= nat.firstLine && line < nat.endLine);
    // Where no rule leads to the chains any more, they are what the lines jump from or to.
    for (const line of linesWithChains(nat, { chains: [], lines: own }, goesAlong, ruleset)) gone.add(line);
  }
  return removedLines(document, gone);
}

interface Rewriting {
  readonly removed: Set<number>;
  /** Rules to write, by table and chain. */
  readonly written: Map<Table, Map<string, string[]>>;
}

function serviceChanges(input: LintInput, basis: ComparisonBasis, found: DriftFinding): readonly Change[] {
  const service = basis.cluster.service(found.namespace, found.service);
  if (service === undefined) return [];
  const rewriting: Rewriting = { removed: new Set(), written: new Map() };
  for (const port of expectedPortsOf(basis.cluster, service, basis.options)) {
    if (found.kind === 'service-missing' || port.port.port.name === found.port) rewritePort(basis, port, rewriting);
  }
  return changesOf(input, basis, rewriting);
}

/** In these the order of the rules decides: they are written whole. */
const ordered = /^KUBE-(?:SVC|SVL|EXT|FW|SEP|XLB)-/;

function rewritePort(basis: ComparisonBasis, port: ExpectedPort, { removed, written }: Rewriting): void {
  const { side } = basis;
  const { rules } = comparedPort(basis, port);
  if (rules === undefined) return;
  const wanted = rules.expected.rules();
  const concerned = new Set([...rules.missing, ...rules.extra].map(({ table, chain }) => `${table} ${chain}`));
  if (rules.misplaced !== undefined) concerned.add(`${rules.misplaced.table} ${rules.misplaced.chain}`);
  for (const { line } of rules.extra) removed.add(line);
  const write = (rule: ExpectedRule): void => {
    const table = side[rule.table]?.table;
    if (table === undefined) return;
    const chains = written.get(table) ?? new Map<string, string[]>();
    written.set(table, chains);
    const texts = chains.get(rule.chain);
    if (texts === undefined) chains.set(rule.chain, [ruleText(rule)]);
    else texts.push(ruleText(rule));
  };
  const whole = new Set([...concerned].filter((key) => ordered.test(key.slice(key.indexOf(' ') + 1))));
  for (const { table, chain, line } of rules.actual) if (whole.has(`${table} ${chain}`)) removed.add(line);
  for (const rule of wanted) if (whole.has(`${rule.table} ${rule.chain}`)) write(rule);
  for (const rule of rules.missing) if (!whole.has(`${rule.table} ${rule.chain}`)) write(rule);
}

function changesOf(input: LintInput, { side }: ComparisonBasis, { removed, written }: Rewriting): readonly Change[] {
  const { document, ruleset } = input;
  const nat = side.nat?.table;
  const staying = new Set([...(nat === undefined ? [] : (written.get(nat)?.keys() ?? []))]);
  const stillUsed = new Set([...written.values()].flatMap((chains) => [...chains.values()].flat().flatMap(targetsIn)));
  const gone =
    nat === undefined
      ? removed
      : linesWithChains(
          nat,
          { chains: [], lines: [...removed] },
          (chain) => goesAlong(chain) && !staying.has(chain.name) && !stillUsed.has(chain.name),
          ruleset,
        );
  const changes: Change[] = [...removedLines(document, new Set([...removed, ...gone]))];
  for (const [table, chains] of written) {
    const isDeclared = (name: string): boolean => (table.chains.get(name)?.declarations.length ?? 0) > 0;
    const named = [...chains].flatMap(([name, texts]) => [name, ...texts.flatMap(targetsIn)]);
    changes.push(
      ...declaredChains(
        input,
        table,
        [...new Set(named)].filter((name) => goesAlong({ name }) && !isDeclared(name)),
      ),
    );
    for (const [name, texts] of chains) {
      const chain = table.chains.get(name);
      // In kube-proxy's own chains a Service's rules stand before the one that must be last.
      changes.push(
        ...(chain === undefined || ordered.test(name) ? rulesAtEnd(input, table, texts) : rulesInFront(input, chain, texts)),
      );
    }
  }
  return changes;
}

function targetsIn(text: string): readonly string[] {
  const { target } = readLine(text, lineContext(undefined, undefined, undefined), false);
  return target === '' ? [] : [target];
}
