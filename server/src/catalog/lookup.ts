/** Look-ups in what iptables 1.8 knows. The tables are built once; every answer is a shared, immutable object. */
import { coreOptionData } from './core-options.ts';
import type { ExtensionData, OptionData } from './extension.ts';
import { matchData, targetData } from './extensions/registry.ts';
import type { ExtensionSpec, Family, OptionSpec } from './types.ts';

const bothFamilies: readonly Family[] = ['ipv4', 'ipv6'];
const none: readonly string[] = [];
const manual = 'https://man7.org/linux/man-pages/man8/iptables-extensions.8.html';

/** Targets that need no extension: what they do, in one line. */
export const standardTargets: ReadonlyMap<string, string> = new Map([
  ['ACCEPT', 'Lets the packet through: it leaves this table’s chain.'],
  ['DROP', 'Discards the packet without an answer. Refused in the nat table.'],
  ['RETURN', 'Goes back to the calling chain; in a built-in chain the policy decides.'],
  ['QUEUE', 'Hands the packet to a program that decides; NFQUEUE took its place.'],
]);

function arityOf(data: OptionData): 0 | 1 | 2 {
  if (data.value === undefined || data.valueOptional) return 0;
  switch (data.value.type) {
    case 'tcp-flags':
    case 'sctp-chunks':
    case 'set':
      return 2;
    default:
      return 1;
  }
}

function toOption(
  data: OptionData,
  families: readonly Family[],
  extension: ExtensionSpec | undefined,
  index: number,
): OptionSpec {
  return Object.freeze({
    long: data.long,
    short: data.short,
    aliases: data.aliases ?? none,
    saved: data.saved ?? data.long,
    arity: arityOf(data),
    optionalValues: data.valueOptional || data.value?.type === 'counters' ? 1 : 0,
    value: data.value,
    negatable: data.negatable ?? false,
    repeatable: data.repeatable ?? false,
    mandatory: data.mandatory ?? false,
    excludes: data.excludes ?? none,
    requires: data.requires ?? none,
    families: data.families ?? families,
    help: data.help,
    extension,
    index,
  });
}

const dataOf = new Map<ExtensionSpec, ExtensionData>();

function toExtension(kind: 'match' | 'target', data: ExtensionData): ExtensionSpec {
  const families = data.families ?? bothFamilies;
  const options: OptionSpec[] = [];
  const extension: ExtensionSpec = Object.freeze({
    kind,
    name: data.name,
    aliases: data.aliases ?? none,
    families,
    tables: data.tables,
    hooks: data.hooks,
    protocols: data.protocols,
    help: data.help,
    url: `${manual}#${kind === 'match' ? 'MATCH' : 'TARGET'}_EXTENSIONS`,
    options,
  });
  data.options.forEach((option, index) => {
    options.push(toOption(option, families, extension, index));
  });
  Object.freeze(options);
  dataOf.set(extension, data);
  return extension;
}

function byName(extensions: readonly ExtensionSpec[]): ReadonlyMap<string, ExtensionSpec> {
  return new Map(
    extensions.flatMap((extension) => [extension.name, ...extension.aliases].map((name) => [name, extension] as const)),
  );
}

const coreData: readonly OptionData[] = coreOptionData;

/** Every match, in alphabetical order. */
export const matches: readonly ExtensionSpec[] = matchData.map((data) => toExtension('match', data));

/** Every target that is an extension, in alphabetical order; see `standardTargets` for the others. */
export const targets: readonly ExtensionSpec[] = targetData.map((data) => toExtension('target', data));

/** iptables' own options, in the order in which iptables-save prints them. */
export const coreOptions: readonly OptionSpec[] = coreData.map((data, index) => toOption(data, bothFamilies, undefined, index));

const matchesByName = byName(matches);
const targetsByName = byName(targets);
const coreBySpelling = new Map(coreOptions.flatMap((option) => spellings(option).map((spelled) => [spelled, option] as const)));

/** Every full spelling of an option: "--protocol", "-p". */
export function spellings(option: OptionSpec): readonly string[] {
  return [option.long, ...option.aliases, ...(option.short === undefined ? [] : [option.short])];
}

/** The match that `-m name` loads; with a family, only if that family has it. */
export function findMatch(name: string, family?: Family): ExtensionSpec | undefined {
  return ofFamily(matchesByName.get(name), family);
}

/** The target that `-j name` loads; undefined for ACCEPT and its like and for chains. */
export function findTarget(name: string, family?: Family): ExtensionSpec | undefined {
  return ofFamily(targetsByName.get(name), family);
}

function ofFamily(extension: ExtensionSpec | undefined, family: Family | undefined): ExtensionSpec | undefined {
  return extension === undefined || family === undefined || extension.families.includes(family) ? extension : undefined;
}

/** iptables' own option with this full spelling: "-s", "--source", "--src". */
export function coreOption(spelled: string): OptionSpec | undefined {
  return coreBySpelling.get(spelled);
}

let extensionsByOption: ReadonlyMap<string, readonly ExtensionSpec[]> | undefined;

/** The extensions that have an option with this full spelling, matches first: what to load for `--ctstate`. */
export function whoHas(spelled: string): readonly ExtensionSpec[] {
  extensionsByOption ??= indexByOption();
  return extensionsByOption.get(spelled) ?? [];
}

function indexByOption(): ReadonlyMap<string, readonly ExtensionSpec[]> {
  const index = new Map<string, ExtensionSpec[]>();
  for (const extension of [...matches, ...targets]) {
    for (const spelled of extension.options.flatMap(spellings)) {
      const owners = index.get(spelled);
      if (owners === undefined) index.set(spelled, [extension]);
      else owners.push(extension);
    }
  }
  return index;
}

/** What the extension's own file says besides: its checks, its saved and its listed form. */
export function extensionData(extension: ExtensionSpec): ExtensionData {
  const data = dataOf.get(extension);
  if (data === undefined) throw new Error(`${extension.name} is not from this catalogue`);
  return data;
}
