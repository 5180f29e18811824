import { afterAll, beforeAll, expect, it } from 'vitest';
import { coreOptions, matches, spellings, targets } from '../../server/src/catalog/lookup.ts';
import type { ExtensionSpec, Family, OptionSpec } from '../../server/src/catalog/types.ts';
import { describeWith } from '../support/requirements.ts';
import type { GeneratedRule } from './arbitrary-rules.ts';
import { judgeAll, type Namespace, openNamespace, type Verdict } from './real-iptables.ts';

const minutes = 60_000;
const families: readonly Family[] = ['ipv4', 'ipv6'];
const extensions = [...matches, ...targets];

function flagOf({ kind }: ExtensionSpec): string {
  return kind === 'match' ? '-m' : '-j';
}

/** Words of an extension's help that look like its options and are none. */
const noOptions: ReadonlyMap<string, readonly string[]> = new Map([
  // The help calls --object-pinned so.
  ['bpf', ['--pinned']],
]);

describeWith(['iptables', 'root'], 'the catalogue beside real iptables', () => {
  let namespaces: readonly Namespace[] = [];

  beforeAll(async () => {
    namespaces = await Promise.all([openNamespace(), openNamespace()]);
  });

  afterAll(() => {
    for (const namespace of namespaces) namespace.close();
  });

  /** What iptables says of each of these lines, in order. */
  async function verdictsOn(lines: readonly { readonly family: Family; readonly words: string }[]): Promise<readonly Verdict[]> {
    const rules = lines.map(({ family, words }): GeneratedRule => ({ family, table: 'mangle', text: `-A X ${words}` }));
    const found = await judgeAll(namespaces, 'nft', rules);
    return rules.map((rule) => found.get(rule) ?? { accepted: false, message: 'no verdict' });
  }

  it(
    'has every match in just the families in which iptables loads it',
    async () => {
      const lines = matches.flatMap((match) => families.map((family) => ({ family, match, words: `-m ${match.name}` })));
      const verdicts = await verdictsOn(lines);
      const wrong = lines.filter(({ family, match }, index) => {
        const isLoaded = verdicts[index]?.message.startsWith("Couldn't load match") !== true;
        return isLoaded !== match.families.includes(family);
      });
      expect(wrong.map(({ family, words }) => `${family} ${words}`)).toEqual([]);
    },
    minutes,
  );

  it(
    'has every option in just the families in which iptables knows it, with the spelling and the number of values',
    async () => {
      const lines = extensions.flatMap((extension) =>
        families
          .filter((family) => extension.families.includes(family))
          .flatMap((family) =>
            extension.options.flatMap((option) =>
              spellings(option).map((spelled) => ({
                family,
                option,
                words: `${flagOf(extension)} ${extension.name} ${spelled}`,
              })),
            ),
          ),
      );
      expect(lines.length).toBeGreaterThan(600);
      const verdicts = await verdictsOn(lines);
      const wrong = lines.flatMap((line, index) => {
        const message = verdicts[index]?.message ?? '';
        const isKnown = !message.startsWith('unknown option');
        if (isKnown !== line.option.families.includes(line.family)) return [`${line.family} ${line.words}: ${message}`];
        const wantsValue = message.endsWith('requires an argument');
        return isKnown && wantsValue !== line.option.arity > 0 ? [`${line.family} ${line.words} takes values: ${message}`] : [];
      });
      expect(wrong).toEqual([]);
    },
    2 * minutes,
  );

  it(
    'knows every option that an extension’s help speaks of',
    async () => {
      const [namespace] = namespaces;
      const unknown: string[] = [];
      let spokenOf = 0;
      for (const extension of extensions) {
        for (const family of extension.families) {
          const program = family === 'ipv4' ? 'iptables' : 'ip6tables';
          const help = await namespace?.run(program, [flagOf(extension), extension.name, '--help']);
          const section =
            /\n\S+[^\n]* (?:match|target|v[0-9.]+) options?[^\n]*:?\n([\s\S]*)$/i.exec(help?.stdout ?? '')?.[1] ?? '';
          for (const [word] of section.matchAll(/(?<![\w-])--[a-z][a-z0-9-]*[a-z0-9]/g)) {
            spokenOf += 1;
            if (noOptions.get(extension.name)?.includes(word) === true) continue;
            if (![...extension.options, ...coreOptions].some((option) => isBeginning(option, word)))
              unknown.push(`${family} ${extension.name} ${word}`);
          }
        }
      }
      expect(spokenOf).toBeGreaterThan(500);
      expect(unknown).toEqual([]);
    },
    2 * minutes,
  );
});

/** Help texts cut names short now and then, as getopt allows. */
function isBeginning(option: OptionSpec, word: string): boolean {
  return spellings(option).some((spelled) => spelled.startsWith(word));
}
