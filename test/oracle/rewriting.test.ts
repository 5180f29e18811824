/** Files that were formatted, and files in which a chain was renamed, loaded by real iptables and saved again. */
import { expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { builtinChains } from '../../server/src/catalog/tables.ts';
import type { Family, TableName } from '../../server/src/catalog/types.ts';
import { formatting } from '../../server/src/features/formatting.ts';
import { isRefusal, rename } from '../../server/src/features/rename.ts';
import { annotateSteps } from '../../server/src/kube/identity/annotate.ts';
import { applyEdits } from '../support/apply-edits.ts';
import { dumpState } from '../support/dump-state.ts';
import { clusterFrom } from '../support/dumps.ts';
import { fixturePath, fixtureText } from '../support/fixtures.ts';
import { describeWith } from '../support/requirements.ts';
import { type Backend, openNamespace, programName } from './real-iptables.ts';

interface Row {
  readonly family: Family;
  readonly table: TableName;
  readonly rule: string;
  readonly nft: { readonly verdict: string };
  readonly legacy: { readonly verdict: string };
}

/** What iptables-save prints after a file was loaded into an empty namespace, without comments and counters. */
async function saved(family: Family, backend: Backend, file: string): Promise<string> {
  const namespace = await openNamespace();
  try {
    const restored = await namespace.run(programName(family, backend, 'restore'), [], file);
    expect(
      restored.status,
      `${restored.stderr}
${file}`,
    ).toBe(0);
    const { stdout } = await namespace.run(programName(family, backend, 'save'), []);
    return stdout.replace(/^#.*\n/gm, '').replace(/\[\d+:\d+\]/g, '[0:0]');
  } finally {
    namespace.close();
  }
}

/** What a machine must have, what all rules share, what is no rule of the family, and jumps that would go round in circles together. */
const notTogether = /set|-[46]\b|recent|hashlimit|IDLETIMER|(?:RATE|rate)est|RATEEST|LED|(?:-j|-g|--jump|--goto)[ =]"?[XY]/;

/** Files with so many rules each that both back ends loaded, of every family and table, in a chain that nothing leads to. */
function filesOf(most: number): readonly { readonly family: Family; readonly text: string }[] {
  const rows = fixtureText('corpus/round-2/rules.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
    .filter(
      ({ nft, legacy, rule }) =>
        nft.verdict === 'loads' && legacy.verdict === 'loads' && rule.startsWith('-A X ') && !notTogether.test(rule),
    );
  return (['ipv4', 'ipv6'] as const).flatMap((family) =>
    (['filter', 'nat', 'mangle', 'raw'] as const).map((table) => {
      const rules = rows.filter((row) => row.family === family && row.table === table);
      const builtin = builtinChains[table].map((chain) => `:${chain} ACCEPT [0:0]`);
      const text = [
        `*${table}`,
        ...builtin,
        ':X - [0:0]',
        ':Y - [0:0]',
        ...rules.slice(0, most).map(({ rule }) => rule),
        'COMMIT',
        '',
      ];
      return { family, text: text.join('\n') };
    }),
  );
}

describeWith(['root', 'iptables'], 'a file', () => {
  it.each(['nft', 'legacy'] as const)(
    'that is formatted loads what it loaded, with the %s back end',
    { timeout: 300_000 },
    async (backend) => {
      let changed = 0;
      for (const { family, text } of filesOf(60)) {
        const edits = runToEnd(formatting(dumpState(text, undefined, family === 'ipv4' ? 'rules.v4' : 'rules.v6')));
        if (isRefusal(edits)) throw new Error(edits.refusal);
        changed += edits.length;
        expect(await saved(family, backend, applyEdits(text, edits))).toBe(await saved(family, backend, text));
      }
      expect(changed).toBeGreaterThan(100);
    },
  );

  it.each(['nft', 'legacy'] as const)(
    'in which a chain is renamed loads the same under the new name, with the %s back end',
    { timeout: 300_000 },
    async (backend) => {
      // The accounting object of one rule and the chain of another are not there.
      const text = fixtureText('sample/worker-1.iptables').replace(/^.*(?:-m nfacct|KUBE-SVC-S5UHGVGWUT2PPRZN).*\n/gm, '');
      const lines = text.split('\n');
      const before = await saved('ipv4', backend, text);
      for (const chain of ['KUBE-SERVICES', 'KUBE-SVC-3MGBTRC5ATFFL7T7', 'KUBE-MARK-MASQ']) {
        const line = lines.indexOf(`:${chain} - [0:0]`, lines.indexOf('*nat'));
        const edit = runToEnd(rename(dumpState(text, undefined, 'rules.v4'), { line, character: 2 }, 'MINE'));
        if (edit === null || isRefusal(edit)) throw new Error(`${chain} cannot be renamed`);
        const renamed = applyEdits(text, edit.changes?.['rules.v4'] ?? []);
        const after = await saved('ipv4', backend, renamed);
        // The chain stands elsewhere in alphabetical order, and in its table only.
        const inOrder = (dump: string): readonly string[] => dump.split('\n').sort();
        const start = before.indexOf('*nat');
        const end = before.indexOf('COMMIT', start);
        const expected =
          before.slice(0, start) +
          before.slice(start, end).replaceAll(new RegExp(`${chain}(?=[ "\n])`, 'g'), 'MINE') +
          before.slice(end);
        expect(inOrder(after)).toEqual(inOrder(expected));
      }
    },
  );

  it('with names as comments loads the same, with the nft back end', { timeout: 300_000 }, async () => {
    const text = fixtureText('sample/worker-1.iptables').replace(/^.*(?:-m nfacct|KUBE-SVC-S5UHGVGWUT2PPRZN).*\n/gm, '');
    const state = dumpState(text, clusterFrom(fixturePath('sample/cluster.json')), 'rules.v4');
    const { text: named, comments } = runToEnd(annotateSteps(state.document, state.resolution()));
    expect(comments).toBeGreaterThan(50);
    expect(await saved('ipv4', 'nft', named)).toBe(await saved('ipv4', 'nft', text));
  });
});
