import { describe, expect, it } from 'vitest';
import { coreOption, findMatch, findTarget, matches, targets } from '../../server/src/catalog/lookup.ts';
import type { Family, OptionSpec } from '../../server/src/catalog/types.ts';
import { printAddress, printNetwork, readNetwork } from '../../server/src/catalog/values/addresses.ts';
import { readNumber, scanNumber } from '../../server/src/catalog/values/numbers.ts';
import { readValue } from '../../server/src/catalog/values/read-value.ts';
import { servicePort } from '../../server/src/catalog/values/service-names.ts';
import { byteLength, quoteText } from '../../server/src/catalog/values/values.ts';

function option(extension: string, long: string): OptionSpec {
  const found = (findMatch(extension) ?? findTarget(extension))?.options.find((candidate) => candidate.long === long);
  if (found === undefined) throw new Error(`${extension} ${long}`);
  return found;
}

/** What a value is printed as, or what is wrong with it. */
function read(spec: OptionSpec | undefined, text: string, family: Family = 'ipv4'): string | undefined {
  const value = spec === undefined ? undefined : readValue(spec, text.split(' '), { family, protocol: 6 });
  return value?.type === 'fault' ? `${value.code}: ${value.message}` : value?.text;
}

describe('numbers', () => {
  it.each([
    ['10', 10],
    ['010', 8],
    ['0x1F', 31],
    [' +7', 7],
    ['0', 0],
  ])('%j is %d', (text, value) => {
    expect(readNumber(text, 0, 100)).toBe(value);
  });

  it.each(['', '-1', '08', '1x', '0x', 'x', '101', '1 '])('%j is none up to 100', (text) => {
    expect(readNumber(text, 0, 100)).toBeUndefined();
  });

  it('end where the digits end', () => {
    expect(scanNumber('08')).toEqual({ value: 0n, end: 1 });
    expect(scanNumber('12/0x3', 3)).toEqual({ value: 3n, end: 6 });
    expect(scanNumber('18446744073709551616')).toEqual({ value: undefined, end: 20 });
  });
});

describe('addresses', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10/8', '10.0.0.0/8'],
    ['192.168', '192.168.0.0/32'],
    ['16909060', '1.2.3.4/32'],
    ['010.0.0.1', '8.0.0.1/32'],
    ['any/0', '0.0.0.0/0'],
    ['10.0.0.1/255.0.255.0', '10.0.0.0/255.0.255.0'],
    ['::ffff:1.2.3.4', '1.2.3.4/32'],
  ])('%s is the network %s', (text, printed) => {
    const network = readNetwork(text, 'ipv4');
    expect('wrong' in network ? network : printNetwork(network)).toBe(printed);
  });

  it.each([
    ['FD00:0:0::1/64', 'fd00::/64'],
    ['::1.2.3.4', '::1.2.3.4/128'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1/128'],
    ['fd00::/ffff:0:ffff::', 'fd00::/ffff:0:ffff::'],
  ])('%s is the network %s', (text, printed) => {
    const network = readNetwork(text, 'ipv6');
    expect('wrong' in network ? network : printNetwork(network)).toBe(printed);
  });

  it('say which part of them is wrong', () => {
    expect(readNetwork('1.2.3.4.5/8', 'ipv4')).toEqual({ wrong: 'address', text: '1.2.3.4.5' });
    expect(readNetwork('1.2.3.4/33', 'ipv4')).toEqual({ wrong: 'mask', text: '33' });
    expect(readNetwork('fe80::1%eth0', 'ipv6')).toEqual({ wrong: 'address', text: 'fe80::1%eth0' });
  });

  it('are printed as inet_ntop prints them', () => {
    expect(printAddress('ipv6', 1n)).toBe('::1');
    expect(printAddress('ipv6', 0n)).toBe('::');
    expect(printAddress('ipv6', 0x10080n)).toBe('::0.1.0.128');
  });
});

describe('values', () => {
  it.each([
    ['udp', '--destination-port', '080', '80'],
    ['udp', '--destination-port', '0x50', 'bad-port: Port "0x50" does not resolve to anything.'],
    ['tcp', '--destination-port', '0x50', '80'],
    ['tcp', '--destination-port', ':1024', '0:1024'],
    ['connbytes', '--connbytes', '10', '10'],
    ['connbytes', '--connbytes', '10:10', '10:10'],
    ['length', '--length', '10:10', '10'],
    ['limit', '--limit', '3600/hour', '1/sec'],
    ['hashlimit', '--hashlimit-upto', '512kb/s', '512kb/s'],
    ['hashlimit', '--hashlimit-upto', '10001/s', '10101/sec'],
    ['hashlimit', '--hashlimit-upto', '65496/b/s', '65488b/s'],
    ['hashlimit', '--hashlimit-upto', '512k/mb/second', '516mb/s'],
    ['hashlimit', '--hashlimit-upto', '65000kb/s', '65027kb/s'],
    ['hashlimit', '--hashlimit-upto', '5000000b/s', '4883kb/s'],
    ['hashlimit', '--hashlimit-upto', '1048577b/s', '1mb/s'],
    ['hashlimit', '--hashlimit-upto', '8000mb/s', '8589934560b/s'],
    ['hashlimit', '--hashlimit-upto', '0b/s', 'bad-rate: hashlimit: Bad value for "--hashlimit-upto" option: "0b/s"'],
    ['hashlimit', '--hashlimit-upto', '17592186044417mb/s', '1mb/s'],
    ['connlabel', '--label', '65537', '"1"'],
    ['connlabel', '--label', '4294967296', '"0"'],
    ['connlabel', '--label', '2147483648', "bad-name: label '2147483648' not found or invalid value"],
    ['u32', '--u32', '6 & 0xFF = 1 && 4&0x1FFF=0', '"0x6&0xff=0x1&&0x4&0x1fff=0x0"'],
    ['string', '--hex-string', '|0D 0a|x', '"|0d0a78|"'],
    ['DNAT', '--to-destination', '10.0.0.1-10.0.0.9:80-90', '10.0.0.1-10.0.0.9:80-90'],
    ['DNAT', '--to-destination', '10.1', 'bad-address: Bad IP address "10.1"'],
    ['time', '--datestart', '2024-2-30', '2024-03-01T00:00:00'],
    ['NFQUEUE', '--queue-balance', '4', 'bad-range: Bad range "4"'],
  ])('%s %s %s is read as %s', (extension, long, text, expected) => {
    // Only the first word counts but where an option takes two.
    const spec = option(extension, long);
    const value = readValue(spec, [text], { family: 'ipv4', protocol: 6 });
    expect(value?.type === 'fault' ? `${value.code}: ${value.message}` : value?.text).toBe(expected);
  });

  it('of IPv6 translations have brackets', () => {
    expect(read(option('DNAT', '--to-destination'), '[fd00::1]:80', 'ipv6')).toBe('[fd00::1]:80');
    expect(read(option('DNAT', '--to-destination'), 'fd00::1', 'ipv6')).toBe('fd00::1');
  });

  it('of two words are two', () => {
    expect(read(option('tcp', '--tcp-flags'), 'ALL SYN,ACK')).toBe('FIN,SYN,RST,PSH,ACK,URG SYN,ACK');
    expect(read(coreOption('-c'), '1 2')).toBe('1 2');
    expect(read(coreOption('-c'), '1 x')).toBe('bad-number: -c byte counter not numeric');
  });

  it('are read for every option there is, whatever the text', () => {
    for (const extension of [...matches, ...targets]) {
      for (const spec of extension.options) {
        for (const text of ['', '-', ':', ',', '/', '0', '-1', 'x', '|', '1:2:3', '1,2', '9'.repeat(40), '\u{1f600}']) {
          for (const family of ['ipv4', 'ipv6'] as const)
            expect(() => readValue(spec, [text, text], { family, protocol: 0 })).not.toThrow();
        }
      }
    }
  });
});

describe('texts', () => {
  it('have quotes where they need them', () => {
    expect(quoteText('kube-dns_1')).toBe('kube-dns_1');
    expect(quoteText('')).toBe('""');
    expect(quoteText('a "b" \\ \'c\'')).toBe('"a \\"b\\" \\\\ \\\'c\\\'"');
  });

  it('are as long as their UTF-8', () => {
    expect(byteLength('größe')).toBe(7);
    expect(byteLength('\u{1f600}')).toBe(4);
    expect(byteLength('€')).toBe(3);
  });

  it('name ports', () => {
    expect(servicePort('https')).toBe(443);
    expect(servicePort('tftp', 'tcp')).toBeUndefined();
    expect(servicePort('tftp', 'udp')).toBe(69);
  });
});
