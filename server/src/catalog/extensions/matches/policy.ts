/** The match policy. Source: iptables-extensions(8) and libxt_policy.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, GivenOption, GivenOptions, Normalize, NormalizedOption } from '../../extension.ts';
import { hex32, network, protocol, uint32 } from '../../values/value-kinds.ts';
import { fault, type ValueFault } from '../../values/values.ts';
import { givenText, hasGiven, missingOption, readGiven } from '../support/given.ts';
import { incomingHooks, outgoingHooks } from '../support/hooks.ts';
import { anyWord, listedAs } from '../support/listed.ts';
import { findOption, ordered, without, wordOption } from '../support/normalized.ts';

const ipsecProtocols: Readonly<Record<string, string>> = { '50': 'esp', '51': 'ah', '108': 'ipcomp' };

function check(given: GivenOptions): ValueFault | undefined {
  if (!hasGiven(given, '--dir')) return missingOption('policy match: neither --dir in nor --dir out specified');
  const isStrict = hasGiven(given, '--strict');
  const isNone = givenText(given, '--pol') === 'none';
  if (isStrict && isNone) return fault('excluded-option', 'policy match: policy none but --strict given');
  const elements: GivenOption[][] = [[]];
  for (const option of given.all) {
    if (option.name === '--next') elements.push([]);
    else if (!['--dir', '--pol', '--strict'].includes(option.name)) elements.at(-1)?.push(option);
  }
  for (const [index, element] of elements.entries()) {
    const twice = element.find(({ name }, place) => element.findIndex((other) => other.name === name) < place);
    if (twice !== undefined) return fault('repeated-option', `policy match: double ${twice.name} option`);
    if (isStrict && element.length === 0) {
      return missingOption(
        `policy match: empty policy element ${index}. --strict is in effect, but at least one of reqid, spi, tunnel-src, tunnel-dst, proto or mode is required.`,
      );
    }
    const named = (long: string): GivenOption | undefined => element.find(({ name }) => name === long);
    const hasTunnel = named('--tunnel-src') !== undefined || named('--tunnel-dst') !== undefined;
    const mode = named('--mode');
    const isTunnel = (mode?.values[0]?.text === 'tunnel') !== (mode?.negation !== undefined);
    if (hasTunnel && !isTunnel && !isNone)
      return missingOption('policy match: --tunnel-src/--tunnel-dst is only valid in tunnel mode');
    const protocol = readGiven(given, named('--proto'));
    if (protocol?.type === 'protocol' && ![50, 51, 108].includes(protocol.number))
      return fault('bad-protocol', 'policy match: protocol must be ah/esp/ipcomp');
  }
  return elements.length > 4 ? fault('too-many-values', 'policy match: maximum policy depth reached') : undefined;
}

/** `--dir` and `--pol` come first; then the elements as typed, each with its options in one order. */
const normalize: Normalize = (options) => {
  const order = ['--dir', '--pol', '--strict'];
  const element = ['--reqid', '--spi', '--proto', '--mode', '--tunnel-dst', '--tunnel-src'];
  const about = options.filter(({ name }) => order.includes(name));
  if (findOption(about, '--pol') === undefined) about.push(wordOption('--pol', 'ipsec'));
  const normalized = [...ordered(about, order)];
  // Without a policy there are no elements.
  if (findOption(about, '--pol')?.value?.text === 'none') return normalized;
  let current: NormalizedOption[] = [];
  for (const option of without(options, ...order)) {
    if (option.name !== '--next') {
      current.push(option);
      continue;
    }
    normalized.push(...ordered(current, element), option);
    current = [];
  }
  return [...normalized, ...ordered(current, element)];
};

export const policyMatch: ExtensionData = {
  name: 'policy',
  help: 'The IPsec policy that the packet came under or will come under.',
  options: [
    {
      long: '--dir',
      value: { type: 'enum', values: ['in', 'out'] },
      help: 'The policy of decapsulation (in) or of encapsulation (out).',
    },
    { long: '--pol', value: { type: 'enum', values: ['none', 'ipsec'] }, help: 'Whether IPsec applies.' },
    { long: '--strict', help: 'The whole policy must match, element by element.' },
    { long: '--reqid', value: uint32, negatable: true, repeatable: true, help: 'The request id of the element.' },
    { long: '--spi', value: hex32, negatable: true, repeatable: true, help: 'The security parameters index of the element.' },
    {
      long: '--proto',
      value: protocol,
      negatable: true,
      repeatable: true,
      help: 'The protocol of the element: ah, esp or ipcomp.',
    },
    {
      long: '--mode',
      value: { type: 'enum', values: ['transport', 'tunnel'] },
      negatable: true,
      repeatable: true,
      help: 'The mode of the element.',
    },
    { long: '--tunnel-src', value: network, negatable: true, repeatable: true, help: 'The source of the tunnel.' },
    { long: '--tunnel-dst', value: network, negatable: true, repeatable: true, help: 'The destination of the tunnel.' },
    { long: '--next', repeatable: true, requires: ['--strict'], help: 'What follows is about the next element.' },
  ],
  check,
  hooksWith: (given) => (givenText(given, '--dir') === 'in' ? incomingHooks : outgoingHooks),
  orderCounts: true,
  normalize,
  listed: {
    opening: 'policy match',
    options: [
      listedAs('--dir', 'dir (in|out)'),
      listedAs('--pol', 'pol (ipsec|none)'),
      listedAs('--strict', 'strict'),
      listedAs('', '\\[0\\]'),
      listedAs('--next', '\\[[1-9]\\]'),
      listedAs('--reqid', `~reqid ${anyWord}`),
      listedAs('--spi', `~spi ${anyWord}`),
      listedAs('--proto', '~proto (\\w+)', ([number = '']) => [ipsecProtocols[number] ?? number]),
      listedAs('--mode', `~mode ${anyWord}`),
      listedAs('--tunnel-dst', `~tunnel-dst ${anyWord}`),
      listedAs('--tunnel-src', `~tunnel-src ${anyWord}`),
    ],
  },
};
