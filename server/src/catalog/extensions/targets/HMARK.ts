/** The target HMARK. Source: iptables-extensions(8) and libxt_HMARK.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOptions, Normalize, NormalizedOption } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { uint32 } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { findGiven, hasGiven, missingOption, readGiven } from '../support/given.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { findOption, numberOption, ordered, savedNames } from '../support/normalized.ts';

const wideHex32: ValueKind = { type: 'uint', bits: 32, print: 'hex8' };

const tupleMasks: Readonly<Record<string, string>> = {
  src: '--hmark-src-prefix',
  dst: '--hmark-dst-prefix',
  sport: '--hmark-sport-mask',
  dport: '--hmark-dport-mask',
  spi: '--hmark-spi-mask',
};

function check(given: GivenOptions): ValueFault | undefined {
  if (!hasGiven(given, '--hmark-mod')) return missingOption('--hmark-mod is mandatory');
  if (!hasGiven(given, '--hmark-rnd')) return missingOption('--hmark-rnd is mandatory');
  // The words of the tuple stand for masks of all ones.
  const tuple = readGiven(given, findGiven(given, '--hmark-tuple'));
  const implied = tuple?.type === 'words' ? tuple.words.map((word) => tupleMasks[word] ?? '') : [];
  const place = given.all.findIndex(({ name }) => name === '--hmark-tuple');
  const twice = given.all.find(({ name }, index) => index > place && implied.includes(name));
  if (twice !== undefined) return fault('repeated-option', `HMARK: option "${twice.name}" can only be used once.`);
  const masks = [...given.all.map(({ name }) => name), ...implied];
  if (masks.includes('--hmark-spi-mask') && masks.some((name) => /^--hmark-[sd]port-mask$/.test(name)))
    return fault('excluded-option', 'you cannot use --hmark-spi-mask and --hmark-?port-mask,at the same time');
  const isKey = /^--hmark-(?:src-prefix|dst-prefix|[sd]port|[sd]port-mask|spi|spi-mask|proto-mask|tuple)$/;
  return given.all.some(({ name }) => isKey.test(name)) ? undefined : missingOption('you have to specify --hmark-tuple at least');
}

/** The tuple is short for masks of all ones. */
const normalize: Normalize = (options, { family }) => {
  const tuple = findOption(options, '--hmark-tuple')?.value;
  if (tuple?.type !== 'words') return options;
  const bits = family === 'ipv4' ? 32 : 128;
  const full: Readonly<Record<string, NormalizedOption>> = {
    src: numberOption('--hmark-src-prefix', bits),
    dst: numberOption('--hmark-dst-prefix', bits),
    sport: numberOption('--hmark-sport-mask', 0xffff, '0xffff'),
    dport: numberOption('--hmark-dport-mask', 0xffff, '0xffff'),
    spi: numberOption('--hmark-spi-mask', 0xffff_ffff, '0xffffffff'),
  };
  const implied = tuple.words.flatMap((word) => full[word] ?? []);
  const kept = options.filter((option) => option.name !== '--hmark-tuple' || tuple.words.includes('ct'));
  return ordered(
    [...implied, ...kept].map((option) =>
      option.name === '--hmark-tuple' ? { ...option, value: { type: 'words', words: ['ct'], text: 'ct' } } : option,
    ),
    savedNames(hmarkTarget),
  );
};

export const hmarkTarget: ExtensionData = {
  name: 'HMARK',
  help: 'Marks the packet with a hash of its addresses and ports.',
  options: [
    { long: '--hmark-src-prefix', value: { type: 'prefix-mask' }, help: 'The part of the source address that counts.' },
    { long: '--hmark-dst-prefix', value: { type: 'prefix-mask' }, help: 'The part of the destination address that counts.' },
    {
      long: '--hmark-sport-mask',
      value: { type: 'uint', bits: 16, print: 'hex4' },
      help: 'The part of the source port that counts.',
    },
    {
      long: '--hmark-dport-mask',
      value: { type: 'uint', bits: 16, print: 'hex4' },
      help: 'The part of the destination port that counts.',
    },
    { long: '--hmark-spi-mask', value: wideHex32, help: 'The part of the security parameters index that counts.' },
    { long: '--hmark-sport', value: { type: 'uint', bits: 16, print: 'hex4' }, help: 'A source port instead of the real one.' },
    {
      long: '--hmark-dport',
      value: { type: 'uint', bits: 16, print: 'hex4' },
      help: 'A destination port instead of the real one.',
    },
    { long: '--hmark-spi', value: wideHex32, help: 'A security parameters index instead of the real one.' },
    {
      long: '--hmark-proto-mask',
      value: { type: 'uint', bits: 16, print: 'hex2' },
      help: 'The part of the protocol number that counts.',
    },
    { long: '--hmark-rnd', value: wideHex32, help: 'The seed of the hash.' },
    { long: '--hmark-mod', value: { type: 'uint', bits: 32, min: 1 }, mandatory: true, help: 'How many different marks.' },
    { long: '--hmark-offset', value: uint32, help: 'The lowest mark.' },
    {
      long: '--hmark-tuple',
      value: { type: 'enum', values: ['src', 'dst', 'sport', 'dport', 'spi', 'ct'], list: true, beginning: true },
      help: 'What goes into the hash.',
    },
  ],
  check,
  kernelCheck: (given) =>
    hasGiven(given, '--hmark-spi') && (hasGiven(given, '--hmark-sport') || hasGiven(given, '--hmark-dport'))
      ? fault('excluded-option', 'the kernel refuses --hmark-spi beside a port')
      : undefined,
  normalize,
  listed: {
    opening: 'HMARK',
    options: [
      listedAs('--hmark-mod', 'mod (\\d+)'),
      listedAs('--hmark-offset', '\\+ (0x[0-9a-f]+)'),
      listedAs('--hmark-tuple', '(ct),'),
      listedAs('--hmark-src-prefix', `src-prefix ${anyWord}`),
      listedAs('--hmark-dst-prefix', `dst-prefix ${anyWord}`),
      ...['sport-mask', 'dport-mask', 'spi-mask', 'sport', 'dport', 'spi', 'proto-mask', 'rnd'].map((name) =>
        listedAs(`--hmark-${name}`, `${name} (0x[0-9a-f]+)`),
      ),
    ],
  },
};
