/** Rules made from the catalogue: valid ones, and ones with something wrong. For comparison with real iptables. */
import fc from 'fast-check';
import { coreOptions, matches, standardTargets, targets } from '../../server/src/catalog/lookup.ts';
import { builtinChains } from '../../server/src/catalog/tables.ts';
import type { ExtensionSpec, Family, OptionSpec, TableName, ValueKind } from '../../server/src/catalog/types.ts';

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

const addresses: Readonly<Record<Family, readonly string[]>> = {
  ipv4: ['10.0.0.1', '10.96.0.0', '0.0.0.0', '255.255.255.255', '192.168', '10', '010.0.0.1', '0x7f.1', '16909060', '1.2.3'],
  ipv6: ['fd00::1', '::', '::1', '2001:db8::ff00:42:8329', '::ffff:1.2.3.4', '1:2:3:4:5:6:7:8', 'FE80::'],
};
const badAddresses = [
  '256.0.0.1',
  '1.2.3.4.5',
  '1..2',
  'fd00::1::2',
  '12345::',
  '',
  '1.2.3.x',
  '08.0.0.1',
  '[::1]',
  '4294967296',
];
const masks: Readonly<Record<Family, readonly string[]>> = {
  ipv4: ['/32', '/8', '/0', '/24', '/255.255.0.0', '/255.0.255.0', '/0x10', '/010'],
  ipv6: ['/128', '/64', '/0', '/48', '/ffff::', '/ffff:0:ffff::'],
};
const badMasks = ['/33', '/129', '/', '/x', '/-1', '/8/8', '/255.255'];
const ports = ['0', '80', '443', '65535', '0x50', '010', 'http', 'domain', 'ssh'];
const badPorts = ['65536', '-1', '080', 'nosuchport', '', '80x', '1.5'];
const numbers = ['0', '1', '2', '5', '15', '32', '63', '64', '255', '256', '1000', '65535', '65536', '4294967295', '0x10', '017'];
const badNumbers = ['', '-1', 'x', '08', '1x', '4294967296', '18446744073709551616', '1.5', '0x', ' 5', '+5'];
const protocols = [
  'tcp',
  'udp',
  'icmp',
  'sctp',
  'dccp',
  'udplite',
  'ah',
  'esp',
  'ipcomp',
  'ipv6-icmp',
  'icmpv6',
  '6',
  '0x11',
  'TCP',
  'all',
];
const badProtocols = ['256', 'nosuch', '-1', '6x'];

const oneOf = (...words: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...words);

function mostly<T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 36, arbitrary: good }, { weight: 1, arbitrary: bad });
}

function list(item: fc.Arbitrary<string>, max = 4): fc.Arbitrary<string> {
  return fc.array(item, { minLength: 1, maxLength: max }).map((items) => items.join(','));
}

function range(item: fc.Arbitrary<string>, separator: string): fc.Arbitrary<string> {
  const end = fc.oneof({ weight: 4, arbitrary: item }, { weight: 1, arbitrary: fc.constant('') });
  return fc.oneof(
    { weight: 4, arbitrary: item },
    { weight: 4, arbitrary: fc.tuple(end, end).map((ends) => ends.join(separator)) },
    { weight: 1, arbitrary: fc.tuple(item, item, item).map((ends) => ends.join(separator)) },
  );
}

function address(family: Family): fc.Arbitrary<string> {
  const other: Family = family === 'ipv4' ? 'ipv6' : 'ipv4';
  return mostly(oneOf(...addresses[family]), oneOf(...badAddresses, ...addresses[other]));
}

function network(family: Family): fc.Arbitrary<string> {
  const mask = mostly(oneOf('', ...masks[family]), oneOf(...badMasks));
  return fc.tuple(address(family), mask).map((parts) => parts.join(''));
}

const number = mostly(oneOf(...numbers), oneOf(...badNumbers));
const port = mostly(oneOf(...ports), oneOf(...badPorts));

function words(kind: Extract<ValueKind, { type: 'enum' }>): fc.Arbitrary<string> {
  const word = mostly(
    oneOf(...kind.values),
    fc.oneof(
      oneOf('', 'nosuch'),
      oneOf(...kind.values).map((value) => value.slice(0, -1)),
    ),
  );
  const cased = fc.tuple(word, fc.boolean()).map(([text, lower]) => (lower ? text.toLowerCase() : text));
  return kind.list ? list(cased, 3) : cased;
}

/** The words of a value, each as it stands in the line. */
function wordsOf(kind: ValueKind, family: Family): fc.Arbitrary<readonly string[]> {
  const one = (arbitrary: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> => arbitrary.map((word) => [quote(word)]);
  switch (kind.type) {
    case 'networks':
      return one(fc.oneof({ weight: 5, arbitrary: network(family) }, { weight: 1, arbitrary: list(network(family), 3) }));
    case 'network':
      return one(network(family));
    case 'host':
      return one(address(family));
    case 'address-range':
      return one(range(address(family), '-'));
    case 'address-list':
      return one(list(address(family)));
    case 'prefix-length':
    case 'prefix-mask':
      return one(mostly(oneOf('0', '8', '24', '32', '64', '255.255.0.0', '255.0.255.0'), oneOf('129', 'x', '', '-1', '/8')));
    case 'nat-range': {
      const addressPart = fc.oneof(
        address(family),
        fc.tuple(address(family), address(family)).map((ends) => ends.join('-')),
      );
      const bracketed = family === 'ipv4' ? addressPart : addressPart.map((text) => `[${text}]`);
      const portPart = fc.oneof(
        port,
        fc.tuple(port, port).map((ends) => ends.join('-')),
        oneOf('10-20/30', '10-20/x', '10/20'),
      );
      return one(
        fc.oneof(
          addressPart,
          fc.tuple(bracketed, portPart).map((parts) => parts.join(':')),
          portPart.map((text) => `:${text}`),
        ),
      );
    }
    case 'nat-ports':
      return one(
        fc.oneof(
          port,
          fc.tuple(port, port).map((ends) => ends.join('-')),
          oneOf('10-20/30', ''),
        ),
      );
    case 'port':
      return one(port);
    case 'port-range':
    case 'ordered-port-range':
      return one(range(port, ':'));
    case 'multiport':
      return one(
        list(
          fc.oneof(
            port,
            fc.tuple(port, port).map((ends) => ends.join(':')),
          ),
          17,
        ),
      );
    case 'protocol':
      return one(mostly(oneOf(...protocols), oneOf(...badProtocols)));
    case 'interface':
      return one(
        mostly(oneOf('eth0', 'cni0', 'lo', 'veth+', '+', 'a b', 'x/y'), oneOf('', 'thisnameistoolong', 'sixteen-bytes-xx')),
      );
    case 'mac':
      return one(
        mostly(oneOf('00:11:22:33:44:55', 'A:b:C:d:E:f'), oneOf('00:11:22:33:44', '00-11-22-33-44-55', 'g0:11:22:33:44:55', '')),
      );
    case 'mark':
    case 'realm':
    case 'device-group':
      return one(
        fc.oneof(
          number,
          fc.tuple(number, number).map((parts) => parts.join('/')),
          oneOf('1/2/3', '/1'),
        ),
      );
    case 'tos':
      return one(
        fc.oneof(
          number,
          fc.tuple(number, number).map((parts) => parts.join('/')),
          oneOf('Minimize-Cost', 'maximize-throughput', 'Minimize'),
        ),
      );
    case 'uint':
      return one(
        fc.oneof(
          { weight: 3, arbitrary: fc.integer({ min: kind.min ?? 0, max: kind.max ?? 255 }).map(String) },
          { weight: 1, arbitrary: number },
        ),
      );
    case 'segment-size':
      return one(mostly(oneOf('0', '536', '1460', '65475', '65495'), oneOf('65536', 'x', '-1')));
    case 'uint-range':
      return one(range(number, ':'));
    case 'probability':
      return one(
        mostly(oneOf('0', '1', '0.5', '.25', '1e-3', '0.33333333349'), oneOf('1.1', '-0.1', 'x', '', '0.5x', '5', '1e3')),
      );
    case 'text':
    case 'pattern':
      return one(mostly(oneOf('a', 'some text', 'a-b_c', 'x'.repeat(15)), oneOf('', 'x'.repeat(140), 'q"q')));
    case 'enum':
      return one(words(kind));
    case 'rate':
      return one(
        mostly(
          oneOf('3', '5/sec', '60/minute', '10/h', '1/Day', '10000/s'),
          oneOf('0/s', '10001/s', 'x', '', '3/', '3/fort', '-1/s', '0.5/s'),
        ),
      );
    case 'hash-rate':
      return one(
        mostly(
          oneOf('3', '5/sec', '100/min', '512kb/s', '1mb/s', '10b/s', '20000/h'),
          oneOf('0', '1000001/s', 'x', '', '3/', 'kb/s', '-1'),
        ),
      );
    case 'hash-burst':
      return one(mostly(oneOf('1', '5', '100', '1mb', '2kb'), oneOf('0', '1000001', 'x', '', '-1', '5x')));
    case 'rate-interval':
      return one(mostly(oneOf('1', '60', '5x'), oneOf('0', '', '0x5', '-1', 'x')));
    case 'duration':
      return one(mostly(oneOf('250ms', '500ms', '1s', '0.5s', '100000'), oneOf('x', '', '1h', '5 s')));
    case 'bit-rate':
      return one(mostly(oneOf('8bit', '5kbit', '1mbit', '10kbps', '100'), oneOf('x', '', '5foo')));
    case 'led-delay':
      return one(mostly(oneOf('0', '500', 'inf'), oneOf('x', '', '-5')));
    case 'date':
      return one(
        mostly(
          oneOf('2020', '2021-02', '2022-03-04', '2023-04-05T06', '2024-05-06T07:08:09'),
          oneOf('1960', '2039', '2020-13', '2020-00', 'x', '', '2020-01-32', '2020-1-1T24'),
        ),
      );
    case 'time-of-day':
      return one(mostly(oneOf('00:00', '12:34', '23:59:59', '1:2:3'), oneOf('24:00', '12', '12:60', 'x', '', '1:2:60')));
    case 'weekdays':
      return one(list(mostly(oneOf('Mon', 'Tue', 'Sa', 'Su', '1', '7'), oneOf('Monday', 'mon', 'x', '8', '0')), 3));
    case 'monthdays':
      return one(list(mostly(oneOf('1', '15', '31'), oneOf('0', '32', 'x')), 3));
    case 'tcp-flags': {
      const flags = list(mostly(oneOf('SYN', 'ACK', 'fin', 'RST', 'ALL', 'NONE', 'URG', 'PSH'), oneOf('FOO', '')), 3);
      return fc.tuple(flags, flags).map((pair) => pair.map(quote));
    }
    case 'tcp-option':
      return one(fc.oneof(number, oneOf('5', '30')));
    case 'tcp-option-list':
      return one(list(mostly(oneOf('mss', 'wscale', 'sack', '5', '30'), oneOf('0', '1', '256', 'foo', '')), 3));
    case 'sctp-chunks': {
      const chunk = mostly(oneOf('DATA', 'INIT', 'sack', 'DATA:bE', 'ABORT:T', 'ALL', 'NONE'), oneOf('FOO', 'DATA:x', '5', ''));
      return fc.tuple(mostly(oneOf('all', 'any', 'ONLY'), oneOf('some', '')), list(chunk, 3)).map((pair) => pair.map(quote));
    }
    case 'dccp-types':
      return one(list(mostly(oneOf('REQUEST', 'ack', 'SYNCACK', 'RESET'), oneOf('FOO', '')), 3));
    case 'icmp-type':
    case 'icmpv6-type':
      return one(
        mostly(
          oneOf('8', '0', '3/1', 'echo-request', 'ping', 'redirect', 'time-exceeded', 'port-unreach'),
          oneOf('256', 'echo', '8/256', 'foo', '', '3/1/2', 'any', '3/x'),
        ),
      );
    case 'reject-type':
      return one(
        mostly(
          oneOf('icmp-port-unreachable', 'icmp-host-prohibited', 'icmp6-adm-prohibited', 'port-unreach', 'no-route'),
          oneOf('foo', 'icmp', 'ICMP6', ''),
        ),
      );
    case 'mh-type':
      return one(range(mostly(oneOf('0', '5', 'brr', 'binding-update', 'be'), oneOf('256', 'x', 'binding')), ':'));
    case 'header-options':
      return one(list(mostly(oneOf('1', '5:4', '194:2', '255'), oneOf('x', '5:x', ''))));
    case 'ipv6-headers':
      return one(
        list(
          mostly(
            oneOf('hop', 'dst', 'route', 'frag', 'auth', 'esp', 'none', 'prot', '60', 'ipv6-route'),
            oneOf('foo', '17', 'HOP', ''),
          ),
          3,
        ),
      );
    case 'log-level':
      return one(mostly(oneOf('0', '7', 'warning', 'emerg', 'error', 'debug'), oneOf('8', 'warn', 'INFO', '', 'x')));
    case 'account':
      return one(
        mostly(oneOf('0', '1000', 'root', '0-10', 'daemon', '10:20'), oneOf('nosuchaccount', '-1', '', '5-', '4294967295')),
      );
    case 'class':
      return one(mostly(oneOf('1:2', 'ffff:0', '0:0'), oneOf('1', ':', 'x:y', '')));
    case 'zone':
      return one(mostly(oneOf('0', '5', '65535', 'mark'), oneOf('65536', '-1', 'x', '')));
    case 'label':
      return one(mostly(oneOf('0', '40', '0x10'), oneOf('nosuchlabel', '')));
    case 'hex-text':
      return one(mostly(oneOf('|0d 0a|', 'abc', 'a|41|b', '|0d0a'), oneOf('|0|', '|zz|', '', 'x'.repeat(140))));
    case 'hash-mode':
      return one(list(mostly(oneOf('srcip', 'dstip', 'srcport', 'dstport'), oneOf('foo', '')), 3));
    case 'u32':
      return one(
        mostly(
          oneOf('0=1', '6&0xFF=1', '0&0xFFFF=0x100:0xFFFF', '6&0xFF=1 && 4&0x1FFF=0', '0>>22&0x3C@0>>24=0,3:5'),
          oneOf('0', '', 'x=1', '0=', '0=1&&', '0&=1', '0=1 2'),
        ),
      );
    case 'bytecode':
      return one(mostly(oneOf('1,6 0 0 1', '4,48 0 0 9,21 0 1 6,6 0 0 1,6 0 0 0'), oneOf('', '0', '2,6 0 0 1', '1,6 0 0', 'x')));
    case 'counters':
      return fc.oneof(
        { weight: 24, arbitrary: fc.constantFrom<readonly string[]>(['1,2'], ['1', '2'], ['0x10,2']) },
        { weight: 1, arbitrary: fc.constantFrom<readonly string[]>(['1'], ['a', 'b'], ['1', 'b'], ['1,b'], ['', '1']) },
      );
    case 'set':
    case 'match-name':
    case 'target':
    case 'chain':
    case 'table-name':
      return fc.constant(['nosuch']);
  }
}

/** A word as a line holds it: in quotes where it needs them. */
function quote(word: string): string {
  return word === '' || /[\s"]/.test(word) ? `"${word.replace(/["\\]/g, '\\$&')}"` : word;
}

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
