import { afterAll, beforeAll, expect, it } from 'vitest';
import { canonicalRule } from '../../server/src/ruleset/canonical.ts';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import { type Backend, type Namespace, openNamespace } from '../oracle/real-iptables.ts';
import { describeWith } from '../support/requirements.ts';
import { type LoadedRules, list, load, sampleRules } from './generated-rules.ts';

const forms = [['-n', '-v'], ['-n'], ['-v'], [], ['-n', '-v', '-x', '--line-numbers'], ['-n', '--line-numbers']];
const batchSize = 60;

function fileNameOf({ family }: LoadedRules): string {
  return family === 'ipv6' ? 'rules.v6' : 'rules.v4';
}

/** Each line below the first as a rule in canonical words; what is no rule as its kind. */
function canonical(text: string, rules: LoadedRules): readonly string[] {
  const { lines } = readWholeDocument(`*${rules.table}\n${text}`, fileNameOf(rules));
  return lines.slice(1).flatMap((line) => {
    const statement = statementOf(line);
    if (statement.kind === 'rule') return [canonicalRule(statement, line.context)];
    return statement.kind === 'blank' || statement.kind === 'chain' || statement.kind === 'columns' ? [] : [statement.kind];
  });
}

/** What `iptables -L` prints in no form, so that it cannot come back. */
const neverShown: readonly RegExp[] = [
  / --hashlimit-name \S+/g,
  / -m eui64/g,
  / (?:--ttl|--log) \d(?= |$)/g,
  // The whole range of ports.
  / --(?:dport|sport) 0:65535/g,
  // Every interface, and none: only some listings show it.
  / ! -[io] \+/g,
];

/** The rule as far as a listing with these flags shows it. */
function asShown(rule: string, flags: readonly string[]): string {
  let shown = rule;
  for (const pattern of neverShown) shown = shown.replace(pattern, '');
  // It says the same of a quota and of its negation.
  shown = shown.replace('! --quota', '--quota');
  if (!flags.includes('-v')) shown = shown.replace(/(?: !)? -[io] \S+/g, '');
  // ip6tables calls every network that begins with :: so, however large.
  if (!flags.includes('-n')) shown = shown.replace(/(?: !)? -[sd] (?:::\/\S+|anywhere)/g, '');
  return shown;
}

/** Texts that a listing prints without quotes, so that its words are anybody's; names that no kernel would have. */
function isAmbiguous(rule: string, flags: readonly string[]): boolean {
  // Whose numbers have which names is the machine's.
  if (!flags.includes('-n') && rule.includes(' -m owner ')) return true;
  // An address 0.0.0.0 is called anywhere, however long its prefix.
  if (/ --ct(?:orig|repl)(?:src|dst) (?:0\.0\.0\.0|::)\//.test(rule)) return true;
  return /-[io] \S+ \S* ?-|some text|q\\?"q| a b|--genre (?:""|-)|-name (?:""|-)/.test(rule) || twice(rule);
}

/** Of a match that is loaded twice a listing shows the options of both in a row. */
function twice(rule: string): boolean {
  const names = [...rule.matchAll(/ -m (\S+)/g)].map((found) => found[1]);
  return new Set(names).size < names.length;
}

function compare(backend: Backend, count: number, seed: number): void {
  let namespace: Namespace;
  beforeAll(async () => {
    namespace = await openNamespace();
  });
  afterAll(() => {
    namespace.close();
  });
  it('comes back from every form of a listing', { timeout: 600_000 }, async () => {
    let compared = 0;
    for (const rules of sampleRules(count, seed).values()) {
      for (let start = 0; start < rules.length; start += batchSize) {
        const loaded = await load(namespace, backend, rules.slice(start, start + batchSize));
        const saved = canonical(loaded.saved.join('\n'), loaded);
        for (const flags of forms) {
          const listing = await list(namespace, backend, loaded, flags);
          const listed = canonical(listing, loaded);
          expect(listed.length, listing).toBe(saved.length);
          for (const [index, rule] of saved.entries()) {
            if (isAmbiguous(loaded.saved[index] ?? '', flags)) continue;
            expect(asShown(listed[index] ?? '', flags), `${flags.join(' ')}: ${listing.split('\n')[index + 2]}`).toBe(
              asShown(rule, flags),
            );
            compared += 1;
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(count / 2);
  });
}

describeWith(['iptables', 'root'], 'a generated rule in the nft back end', () => {
  compare('nft', 1200, 20_261_125);
});

describeWith(['iptables', 'root'], 'a generated rule in the legacy back end', () => {
  compare('legacy', 300, 20_261_126);
});
