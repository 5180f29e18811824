import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { expandedChain } from '../../server/src/features/expand-chain.ts';
import { pathsTo } from '../../server/src/kube/flow/rule-paths.ts';
import { traceReport } from '../../server/src/netfilter/trace-report.ts';
import { dumpState } from '../support/dump-state.ts';

const sources = ['10.0.0.1', '10.0.0.2', '10.0.9.9'];
const destinations = ['10.1.0.1', '10.1.0.2', '10.1.9.9'];
const ports = ['80', '443', '53'];

interface Sent {
  readonly from: string;
  readonly to: string;
  readonly port: string;
}

const packets: readonly Sent[] = sources.flatMap((from) =>
  destinations.flatMap((to) => ports.map((port) => ({ from, to, port }))),
);

const condition = fc.constantFrom(
  ...sources.flatMap((ip) => [`-s ${ip}/32`, `! -s ${ip}/32`]),
  ...destinations.flatMap((ip) => [`-d ${ip}/32`, `! -d ${ip}/32`]),
  ...ports.map((port) => `-p tcp -m tcp --dport ${port}`),
  '-s 10.0.0.0/24',
  '-d 10.1.0.0/24',
  '-s 10.0.0.0/24 -d 10.1.0.0/24',
  '',
);
/** Chains lead to those behind them alone. */
const chains = ['FORWARD', 'A', 'B', 'C'];
const dumps = fc
  .tuple(
    ...chains.map((chain, at) => {
      const target = fc.constantFrom('ACCEPT', 'DROP', ...chains.slice(at + 1), ...chains.slice(at + 1));
      const rule = fc.tuple(condition, target).map(([asked, to]) => `-A ${chain} ${asked} -j ${to}`.replace('  ', ' '));
      return fc.array(rule, { minLength: 1, maxLength: 4 });
    }),
  )
  .map(
    (rules) =>
      `*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n:C - [0:0]\n${rules.flat().join('\n')}\nCOMMIT\n`,
  );

/** Whether a packet meets conditions as iptables-save writes them; told without the code that is tried. */
function meets({ from, to, port }: Sent, conditions: string): boolean {
  const isIn = (ip: string, network: string): boolean =>
    network.endsWith('/32') ? `${ip}/32` === network : ip.startsWith(network.replace(/0\/24$/, ''));
  for (const [, not, option, value = ''] of conditions.matchAll(/(! )?(-s|-d|--dport) (\S+)/g)) {
    const holds = option === '--dport' ? value === port : isIn(option === '-s' ? from : to, value);
    if (holds === (not !== undefined)) return false;
  }
  return true;
}

interface End {
  /** 1-based, of the rule. */
  readonly line: number;
  readonly conditions: readonly string[];
}

/** The ends of an expanded chain, read from its text as a person does. */
function endsIn(text: string): readonly End[] {
  return text.split('\n\n').flatMap((block): readonly End[] => {
    const [head = '', ...below] = block
      .split('\n')
      .filter((line) => !line.startsWith('FORWARD (') && !line.startsWith('A packet that'));
    const line = /^\d+\. (?:ACCEPT|DROP) {2}\(\w+, line (\d+)\)$/.exec(head)?.[1];
    if (line === undefined) return [];
    return [{ line: Number(line), conditions: below.map((each) => each.trim().replace(/ {2}\(\w+, line \d+\)$/, '')) }];
  });
}

/** The lines of the rules that a packet meets in FORWARD, 1-based; the last one decided. */
function rulesMet(state: ReturnType<typeof dumpState>, { from, to, port }: Sent): readonly number[] {
  const answer = traceReport(
    state.ruleset,
    { from, to: `${to}:${port}`, protocol: 'tcp', hook: 'prerouting' },
    { isLocal: () => false },
  );
  if (!answer.ok) throw new Error(answer.message);
  expect(answer.report.outcomes).toHaveLength(1);
  return (answer.report.outcomes[0]?.steps ?? []).flatMap(({ line, rule }) =>
    line === null || rule.startsWith('policy') ? [] : [line],
  );
}

it('a packet ends where the first end of the expanded chain is whose conditions it meets', () => {
  let tried = 0;
  fc.assert(
    fc.property(dumps, (dump) => {
      const state = dumpState(dump);
      const ends = endsIn(runToEnd(expandedChain(state, 'filter', 'FORWARD')).text);
      for (const packet of packets) {
        const end = ends.find(({ conditions }) => conditions.every((each) => meets(packet, each)));
        const met = rulesMet(state, packet);
        const last = state.ruleset.lines.at((met.at(-1) ?? 0) - 1)?.target ?? '';
        expect(last === 'ACCEPT' || last === 'DROP' ? met.at(-1) : undefined).toBe(end?.line);
        if (end !== undefined) tried += 1;
      }
    }),
    { numRuns: 60 },
  );
  expect(tried).toBeGreaterThan(100);
});

it('a packet that comes to a rule meets the conditions of one of the paths that its hover names', () => {
  let tried = 0;
  fc.assert(
    fc.property(dumps, (dump) => {
      const state = dumpState(dump);
      for (const table of state.ruleset.tables)
        for (const chain of table.chains.values()) {
          if (chain.builtin) continue;
          const { paths, left } = pathsTo(state.ruleset, chain);
          for (const packet of packets) {
            if (left > 0 || !rulesMet(state, packet).some((line) => chain.rules.includes(line - 1))) continue;
            const isTold = paths.some(({ steps }) => steps.every(({ conditions }) => meets(packet, conditions.join(' '))));
            expect([chain.name, packet, isTold]).toEqual([chain.name, packet, true]);
            tried += 1;
          }
        }
    }),
    { numRuns: 40 },
  );
  expect(tried).toBeGreaterThan(100);
});
