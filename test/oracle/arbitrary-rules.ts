/** Rules made from the catalogue: valid ones, and ones with something wrong. For comparison with real iptables. */
import fc from 'fast-check';
import { coreOptions, matches, standardTargets, targets } from '../../server/src/catalog/lookup.ts';
import { builtinChains } from '../../server/src/catalog/tables.ts';
import type { ExtensionSpec, Family, OptionSpec, TableName } from '../../server/src/catalog/types.ts';
import { badProtocols, mostly, oneOf, protocols, wordsOf } from './arbitrary-values.ts';

/** A rule and where it stands. */
export interface GeneratedRule {
  readonly family: Family;
  readonly table: TableName;
  /** "-A X ...": one line. */
  readonly text: string;
}

/** What a machine has or lacks decides about these, not their syntax. */
const leftOut: ReadonlySet<string> = new Set([
  // The set, the counter, the estimator, the context must exist.
  'set',
  'SET',
  'nfacct',
  'rateest',
  'SECMARK',
]);

const optionsLeftOut: ReadonlySet<string> = new Set([
  // A file of the BPF file system, a control group, a policy must exist.
  '--object-pinned',
  '--path',
  'CT --helper',
  'CT --timeout',
  // They print something and end the whole run.
  '--version',
  '--help',
  '--modprobe',
]);
function spelling(option: OptionSpec): fc.Arbitrary<string> {
  return fc.constantFrom(option.long, option.long, ...option.aliases, ...(option.short === undefined ? [] : [option.short]));
}

function optionOf(option: OptionSpec, family: Family): fc.Arbitrary<readonly string[]> {
  const negation = fc.integer({ min: 0, max: 79 }).map((draw) => (draw < (option.negatable ? 16 : 1) ? ['!'] : []));
  const value: fc.Arbitrary<readonly string[]> =
    option.value === undefined
      ? fc.constant([])
      : option.optionalValues > 0 && option.arity === 0
        ? fc.oneof(fc.constant<readonly string[]>([]), wordsOf(option.value, family))
        : wordsOf(option.value, family);
  return fc.tuple(negation, spelling(option), value).map(([bang, name, values]) => [...bang, name, ...values]);
}

/** Each option that none before it excludes, with the options that it requires. */
function compatible(options: readonly OptionSpec[]): readonly OptionSpec[] {
  const kept: OptionSpec[] = [];
  for (const option of options) {
    if (kept.some((other) => other.excludes.includes(option.long) || option.excludes.includes(other.long))) continue;
    if (!kept.includes(option)) kept.push(option);
    for (const required of option.extension?.options.filter(({ long }) => option.requires.includes(long)) ?? []) {
      if (!kept.includes(required)) kept.push(required);
    }
  }
  return kept;
}

function someOptions(options: readonly OptionSpec[], family: Family, least = 0): fc.Arbitrary<readonly string[]> {
  const known = options.filter(
    ({ long, extension }) => !optionsLeftOut.has(long) && !optionsLeftOut.has(`${extension?.name} ${long}`),
  );
  if (known.length === 0) return fc.constant([]);
  const mandatory = known.filter((option) => option.mandatory);
  const most = Math.min(known.length, 4);
  return fc
    .tuple(fc.subarray([...known], { minLength: Math.min(1, least), maxLength: most }), fc.integer({ min: 0, max: 23 }))
    .chain(([chosen, draw]) => {
      // Without what is mandatory, and with what excludes each other, hardly a rule would be right.
      const all = draw === 0 ? chosen : compatible([...new Set([...mandatory, ...chosen])]);
      return fc.tuple(...all.map((option) => optionOf(option, family))).map((parts) => parts.flat());
    });
}

function extensionWords(extension: ExtensionSpec, family: Family): fc.Arbitrary<readonly string[]> {
  const flag = extension.kind === 'match' ? '-m' : '-j';
  const name = fc.constantFrom(extension.name, extension.name, ...extension.aliases);
  const options = someOptions(
    extension.options.filter((option) => option.families.includes(family)),
    family,
    1,
  );
  return fc.tuple(name, options).map(([spelled, words]) => [flag, spelled, ...words]);
}

function ofFamily(extensions: readonly ExtensionSpec[], family: Family): readonly ExtensionSpec[] {
  return extensions.filter(({ name, families }) => families.includes(family) && !leftOut.has(name));
}

const addressOptions = coreOptions.filter(({ long }) =>
  ['--source', '--destination', '--in-interface', '--out-interface', '--fragments', '--set-counters'].includes(long),
);
const strangeOptions = coreOptions.filter(({ long }) =>
  ['--ipv4', '--ipv6', '--verbose', '--table', '--numeric', '--exact', '--line-numbers', '--wait'].includes(long),
);

function ruleWords(family: Family): fc.Arbitrary<readonly string[]> {
  const usual = addressOptions.filter(({ families }) => families.includes(family));
  const core = mostly(someOptions(usual, family), someOptions(addressOptions, family));
  const strange = fc
    .integer({ min: 0, max: 39 })
    .chain((draw) => (draw === 0 ? someOptions(strangeOptions, family) : fc.constant([])));
  const extensions = fc
    .array(fc.constantFrom(...ofFamily(matches, family)), { minLength: 0, maxLength: 2 })
    .chain((chosen) =>
      fc.tuple(...chosen.map((extension) => extensionWords(extension, family))).map((parts) => ({ chosen, words: parts.flat() })),
    );
  const verdict = fc.constantFrom(...[...standardTargets.keys()].map((name) => ['-j', name]), ['-g', 'Y'], ['-j', 'Y'], []);
  const target = fc.oneof(
    { weight: 1, arbitrary: verdict as fc.Arbitrary<readonly string[]> },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...ofFamily(targets, family)).chain((extension) => extensionWords(extension, family)),
    },
  );
  const protocol = mostly(oneOf(...protocols), oneOf(...badProtocols));
  return fc
    .tuple(core, strange, extensions, target, protocol, fc.integer({ min: 0, max: 9 }))
    .map(([first, odd, { chosen, words }, last, anyProtocol, draw]) => {
      const hasPorts = chosen.some(({ name }) => name === 'multiport') || last.some((word) => word.startsWith('--to-'));
      const wanted = chosen.flatMap(({ protocols: needed }) => needed ?? [])[0] ?? (hasPorts ? 'tcp' : undefined);
      const spelled = draw < 7 ? wanted : draw === 9 ? anyProtocol : undefined;
      const options = spelled === undefined ? [] : [...(draw === 6 ? ['!'] : []), '-p', spelled];
      return [...first, ...options, ...odd, ...words, ...last];
    });
}

/** What people mistype: a word lost, doubled, out of place, cut short, with a letter changed or glued to its neighbour. */
function mutate(words: readonly string[], kind: number, place: number): readonly string[] {
  if (words.length === 0) return words;
  const at = place % words.length;
  const word = words[at] ?? '';
  const before = words.slice(0, at);
  const after = words.slice(at + 1);
  switch (kind) {
    case 0:
      return [...before, ...after];
    case 1:
      return [...before, word, word, ...after];
    case 2:
      return [...before, '!', word, ...after];
    case 3:
      return [...after, word, ...before];
    case 4:
      return word.length > 2 ? [...before, word.slice(0, -1), ...after] : words;
    case 5: {
      const index = place % Math.max(word.length, 1);
      return word.includes('"') ? words : [...before, `${word.slice(0, index)}x${word.slice(index + 1)}`, ...after];
    }
    case 6:
      return word.startsWith('--') && after[0] !== undefined && !after[0].includes('"')
        ? [...before, `${word}=${after[0]}`, ...after.slice(1)]
        : words;
    case 7:
      return word.includes('"') || word.startsWith('-') ? words : [...before, `"${word}"`, ...after];
    default:
      return words;
  }
}

/** A name that no file declares would be refused for that alone. */
function namesNothingUnknown(words: readonly string[]): boolean {
  return words.every((word, index) => {
    const before = words[index - 1];
    if (before !== '-j' && before !== '-g' && before !== '--jump' && before !== '--goto') return true;
    const name = word.replaceAll('"', '');
    return name === 'Y' || (before !== '-g' && (standardTargets.has(name) || targets.some((target) => target.name === name)));
  });
}

/** A rule of either family, right or wrong. */
export const generatedRule: fc.Arbitrary<GeneratedRule> = fc
  .record({
    family: fc.constantFrom<Family>('ipv4', 'ipv6'),
    table: fc.constantFrom<TableName>('filter', 'nat', 'mangle', 'raw'),
    mutation: fc.integer({ min: 0, max: 39 }),
    place: fc.nat({ max: 1000 }),
    builtin: fc.nat({ max: 29 }),
  })
  .chain(({ family, table, mutation, place, builtin }) =>
    ruleWords(family).map((words) => ({
      family,
      table,
      chain: builtinChains[table][builtin] ?? 'X',
      words: mutate(words, mutation, place),
    })),
  )
  .filter(({ words }) => namesNothingUnknown(words))
  .map(({ family, table, chain, words }) => ({ family, table, text: ['-A', chain, ...words].join(' ') }));
