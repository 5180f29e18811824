import { describe, expect, it } from 'vitest';
import { heardOfRefusal } from '../../server/src/diagnose/refusals.ts';
import { type Changes, codesOf, diagnosed, withChanges } from '../support/bundles.ts';
import { first, healthy, toWeb } from './bundle-changes.ts';

// What a sender hears of a refusal, as Linux was measured to tell it (test/oracle asks it again, of IPv4).

const tcp = { family: 'ipv4', protocol: 'tcp', isFromHere: false } as const;
const udp = { ...tcp, protocol: 'udp' } as const;

/** The errors that a text names, or that nothing is heard. */
function errors(text: string): string {
  return (text.match(/\bE[A-Z]{4,}\b/g) ?? [text.includes('hears nothing') ? 'nothing' : '']).join(' ');
}

describe('what a sender hears of a refusal', () => {
  it.each([
    ['icmp-net-unreachable', 'ENETUNREACH', 'nothing'],
    ['icmp-host-unreachable', 'EHOSTUNREACH', 'nothing'],
    ['icmp-proto-unreachable', 'ENOPROTOOPT', 'ENOPROTOOPT'],
    ['icmp-port-unreachable', 'ECONNREFUSED', 'ECONNREFUSED'],
    ['icmp-net-prohibited', 'ENETUNREACH', 'ENETUNREACH'],
    ['icmp-host-prohibited', 'EHOSTUNREACH', 'EHOSTUNREACH'],
    ['icmp-admin-prohibited', 'EHOSTUNREACH', 'EHOSTUNREACH'],
    ['admin-prohib', 'EHOSTUNREACH', 'EHOSTUNREACH'],
    ['tcp-reset', 'ECONNREFUSED', 'ECONNREFUSED'],
  ])('%s', (answer, byTcp, byUdp) => {
    expect([errors(heardOfRefusal(answer, tcp)), errors(heardOfRefusal(answer, udp))]).toEqual([byTcp, byUdp]);
  });

  it.each([
    ['icmp6-no-route', 'ENETUNREACH', 'nothing'],
    ['icmp6-adm-prohibited', 'EACCES', 'EACCES'],
    ['icmp6-addr-unreachable', 'EHOSTUNREACH', 'nothing'],
    ['icmp6-port-unreachable', 'ECONNREFUSED', 'ECONNREFUSED'],
    ['icmp6-policy-fail', 'EACCES', 'EACCES'],
    ['icmp6-reject-route', 'EACCES', 'EACCES'],
  ])('%s', (answer, byTcp, byUdp) => {
    const six = { ...tcp, family: 'ipv6' } as const;
    expect([errors(heardOfRefusal(answer, six)), errors(heardOfRefusal(answer, { ...six, protocol: 'udp' }))]).toEqual([
      byTcp,
      byUdp,
    ]);
  });

  it('is EPERM where the node itself sends by UDP', () => {
    expect(errors(heardOfRefusal('icmp-port-unreachable', { ...udp, isFromHere: true }))).toBe('EPERM');
  });

  it('says of protocols without ports what the answer is', () => {
    expect(heardOfRefusal('icmp-host-prohibited', { ...tcp, protocol: 'icmp' })).toBe(
      'The sender is told by icmp-host-prohibited.',
    );
  });
});

/** The outcome of a question on the healthy node with changes, the first cause, and the errors that it names. */
function told(changes: Changes, protocol = 'tcp', to: string = toWeb[1]): string {
  const diagnosis = diagnosed(withChanges(healthy, changes), { from: toWeb[0], to, protocol });
  const { message } = diagnosis.causes[0] ?? { message: '' };
  return [codesOf(diagnosis)[0] ?? 'no cause', errors(message), diagnosis.outcome].filter((word) => word !== '').join(' ');
}

describe('a rule that refuses', () => {
  const rule = (answer: string): Changes => ({
    'iptables-save.txt': first('FORWARD', `-A FORWARD -s 10.42.0.30/32 -j REJECT --reject-with ${answer}`),
  });

  it('says so as the kernel does', () => {
    expect(told(rule('icmp-port-unreachable'))).toBe('rejected-by-rule ECONNREFUSED refused');
    expect(told(rule('icmp-admin-prohibited'))).toBe('rejected-by-rule EHOSTUNREACH refused');
    expect(told(rule('icmp-net-unreachable'))).toBe('rejected-by-rule ENETUNREACH refused');
    expect(told(rule('icmp-admin-prohibited'), 'udp', '10.96.0.10:53')).toBe('rejected-by-rule EHOSTUNREACH refused');
  });
});

describe('a rule of nft that refuses', () => {
  const chain = { family: 'inet', table: 'guard', name: 'f', type: 'filter', hook: 'forward', prio: 0, policy: 'accept' };
  const from = { match: { op: '==', left: { payload: { protocol: 'ip', field: 'saddr' } }, right: '10.42.0.30' } };
  const json = (reject: object | null): Changes => ({
    'nft.json': JSON.stringify({
      nftables: [{ chain }, { rule: { family: 'inet', table: 'guard', chain: 'f', expr: [from, { reject }] } }],
    }),
  });
  const text = (rule: string): Changes => ({
    'nft.json': null,
    'nft.txt': `table inet guard {\n\tchain f {\n\t\ttype filter hook forward priority filter; policy accept;\n\t\tip saddr 10.42.0.30 ${rule}\n\t}\n}\n`,
  });
  it.each([
    [null, 'reject', 'ECONNREFUSED refused'],
    [{ type: 'tcp reset' }, 'reject with tcp reset', 'ECONNREFUSED refused'],
    [{ type: 'icmp', expr: 'port-unreachable' }, 'reject with icmp type port-unreachable', 'ECONNREFUSED refused'],
    [{ type: 'icmpx', expr: 'admin-prohibited' }, 'reject with icmpx admin-prohibited', 'EHOSTUNREACH refused'],
    [{ type: 'icmpx', expr: 'no-route' }, 'counter packets 1 bytes 60 reject with icmpx type no-route', 'ENETUNREACH refused'],
    [{ type: 'icmpx', expr: 'host-unreachable' }, 'reject with icmpx host-unreachable', 'EHOSTUNREACH refused'],
    [{ type: 'icmp', expr: 'net-prohibited' }, 'reject with icmp net-prohibited', 'ENETUNREACH refused'],
    [{ type: 'icmp', expr: 'prot-unreachable' }, 'reject with icmp prot-unreachable', 'ENOPROTOOPT refused'],
  ])('%j', (reject, words, expected) => {
    expect(told(json(reject))).toBe(`nft-table-drops ${expected}`);
    expect(told(text(words))).toBe(`nft-table-drops ${expected}`);
  });
});

describe('a verdict map by name', () => {
  const where = { family: 'inet', table: 'guard' };
  const vmap = (verdict: object): Changes => ({
    'nft.json': JSON.stringify({
      nftables: [
        { map: { ...where, name: 'm', type: 'ipv4_addr', map: 'verdict', elem: [['10.42.0.30', verdict]] } },
        { chain: { ...where, name: 'f', type: 'filter', hook: 'forward', prio: 0, policy: 'accept' } },
        {
          rule: {
            ...where,
            chain: 'f',
            expr: [{ vmap: { key: { payload: { protocol: 'ip', field: 'saddr' } }, data: '@m' } }],
          },
        },
      ],
    }),
  });
  it('drops what no rule names, where its table has no other drop', () => {
    expect(told(vmap({ drop: null }))).toBe('nft-table-drops lost');
    expect(told(vmap({ accept: null }))).toBe('no cause arrives');
  });
});

describe('a chain of family netdev of which nobody says the device', () => {
  const tables = (more: object): Changes => ({
    'nft.json': JSON.stringify({
      nftables: [
        {
          chain: {
            family: 'netdev',
            table: 'guard',
            name: 'c',
            type: 'filter',
            hook: 'ingress',
            prio: 0,
            policy: 'accept',
            ...more,
          },
        },
        {
          rule: {
            family: 'netdev',
            table: 'guard',
            chain: 'c',
            expr: [{ match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 80 } }, { drop: null }],
          },
        },
      ],
    }),
  });
  it('may end what comes in, and is no claim', () => {
    const diagnosis = diagnosed(withChanges(healthy, tables({})), { from: toWeb[0], to: toWeb[1] });
    expect([diagnosis.outcome, codesOf(diagnosis)]).toEqual(['unknown', []]);
    expect(diagnosis.looked.join('\n')).toMatch(
      /Whether netdev guard c lets this packet pass could not be told .*nft list table netdev guard/,
    );
    expect(diagnosed(withChanges(healthy, tables({})), { from: toWeb[0], to: '10.42.0.11:8080' }).outcome).toBe('arrives');
  });
  it('ends nothing that comes by others, where the device is said', () => {
    const diagnosis = diagnosed(withChanges(healthy, tables({ dev: 'eth7' })), { from: toWeb[0], to: toWeb[1] });
    expect([diagnosis.outcome, codesOf(diagnosis)]).toEqual(['arrives', []]);
  });
});
