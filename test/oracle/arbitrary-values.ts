/** Values for the options of rules, by their kind: good ones, and now and then one with something wrong. */
import fc from 'fast-check';
import type { Family, ValueKind } from '../../server/src/catalog/types.ts';

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
export const protocols = [
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
export const badProtocols = ['256', 'nosuch', '-1', '6x'];

export const oneOf = (...words: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...words);

export function mostly<T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<T>): fc.Arbitrary<T> {
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
export function wordsOf(kind: ValueKind, family: Family): fc.Arbitrary<readonly string[]> {
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
