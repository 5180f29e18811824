import { describe, expect, it } from 'vitest';
import { readBundle } from '../../server/src/node/bundle.ts';
import { type Changes, codesOf, diagnosed, withChanges } from '../support/bundles.ts';
import { type Ask, first, healthy } from './bundle-changes.ts';

/** A Pod of this node asks one of another node, by its address. */
const toPod: Ask = ['10.42.0.30', '10.42.1.20:8080'];

/** The outcome of a question on the healthy node with changes, and the codes of causes. */
function outcome(changes: Changes, [from, to]: Ask = toPod): string {
  const diagnosis = diagnosed(withChanges(healthy, changes), { from, to });
  return [diagnosis.outcome, ...codesOf(diagnosis)].join(' ');
}

function looked(changes: Changes): string {
  const [from, to] = toPod;
  return diagnosed(withChanges(healthy, changes), { from, to }).looked.join('\n');
}

function inFront(rule: string): Changes {
  return { 'iptables-save.txt': first('FORWARD', `-A FORWARD ${rule}`) };
}

const withoutNeighbours = { 'ip-neigh.json': '[]\n' };

describe('a rule that ends the packet and hangs on its frame', () => {
  const drop = '-m mac --mac-source 02:00:00:00:00:01 -j DROP';

  it.each([
    ['a link address', drop, 'unknown'],
    ['a link address, refusing', drop.replace('DROP', 'REJECT'), 'unknown'],
    ['all but a link address', drop.replace('--mac', '! --mac'), 'unknown dropped-by-rule'],
    ['a link address of another source', `-s 10.42.0.77/32 ${drop}`, 'arrives'],
    ['a link address and another port', `-p tcp ${drop.replace('-j', '-m tcp --dport 81 -j')}`, 'arrives'],
    ['a link address on another interface', `-i eth7 ${drop}`, 'arrives'],
    ['a link address, and lets pass', drop.replace('DROP', 'ACCEPT'), 'arrives'],
    ['a bridge port', '-m physdev --physdev-in veth+ -j DROP', 'lost dropped-by-rule'],
    ['a port that the bridge has not', '-m physdev --physdev-in tap9 -j DROP', 'arrives'],
  ])('%s', (_what, rule, expected) => {
    expect(outcome({ ...inFront(rule), ...withoutNeighbours })).toBe(expected);
  });

  it('is told by the bridge port where the node knows its neighbours, and not without', () => {
    const ports = JSON.parse(healthy.find(({ path }) => path.endsWith('ip-link.json'))?.text ?? '[]') as {
      ifname: string;
      master?: string;
    }[];
    const names = ports.filter(({ master }) => master === 'cni0').map(({ ifname }) => ifname);
    expect(names.length).toBeGreaterThan(1);
    const fdb = JSON.stringify([{ mac: 'e2:d9:ca:a5:69:92', ifname: names[0], flags: [], master: 'cni0', state: '' }]);
    const told = (more: Changes): readonly string[] =>
      names.map((name) => outcome({ ...inFront(`-m physdev --physdev-in ${name} -j DROP`), 'bridge-fdb.json': fdb, ...more }));
    expect(new Set(told({}))).toEqual(new Set(['arrives', 'lost dropped-by-rule']));
    expect(new Set(told(withoutNeighbours))).toEqual(new Set(['unknown']));
  });

  it('says what is not known, and what to look at', () => {
    const text = looked({ ...inFront(drop), ...withoutNeighbours });
    expect(text).toContain('Whether this is so decides, and is not known');
    expect(text).toContain('The frame came from 02:00:00:00:00:01.');
    expect(text).toContain('tcpdump -e');
  });
});

describe('a rule of another table of nftables', () => {
  const withRule = (...expr: readonly object[]): Changes => ({
    'nft.json': (text) => {
      const where = { family: 'inet', table: 'guard' };
      const all = JSON.parse(text) as { nftables: object[] };
      all.nftables.push(
        { table: { family: 'inet', name: 'guard' } },
        { chain: { ...where, name: 'f', type: 'filter', hook: 'forward', prio: 10, policy: 'accept' } },
        { rule: { ...where, chain: 'f', expr: [...expr, { drop: null }] } },
      );
      return JSON.stringify(all);
    },
  });
  const match = (left: object, right: unknown): object => ({ match: { op: '==', left, right } });
  const original = (key: string, right: unknown): object => match({ ct: { key, dir: 'original' } }, right);
  const port = (right: number): object => match({ payload: { protocol: 'tcp', field: 'dport' } }, right);
  const length = match({ meta: { key: 'length' } }, { range: [0, 1000] });

  it.each([
    ['by the address that was asked for', [original('ip daddr', '10.42.1.20')], 'lost nft-table-drops'],
    ['by another address', [original('ip daddr', '10.42.1.21')], 'arrives'],
    ['by an address of the other family', [original('ip6 daddr', 'fc00::1')], 'arrives'],
    ['by the port that was asked for', [original('proto-dst', 8080)], 'lost nft-table-drops'],
    ['by another port', [original('proto-dst', 81)], 'arrives'],
    ['by what is not followed', [length], 'unknown'],
    ['by what is not followed, of another port', [port(81), length], 'arrives'],
    ['by what is not followed of a connection', [match({ ct: { key: 'bytes', dir: 'original' } }, 9)], 'unknown'],
  ])('%s', (_what, expr, expected) => {
    expect(outcome(withRule(...expr))).toBe(expected);
  });

  it('asks for the address of a Service before it is translated', () => {
    const asked: Ask = ['shop/client-0', 'shop/web'];
    expect(outcome(withRule(original('ip daddr', { prefix: { addr: '10.96.0.0', len: 16 } })), asked)).toMatch(/^lost nft-table/);
    expect(outcome(withRule(original('ip daddr', { prefix: { addr: '10.42.0.0', len: 16 } })), asked)).toBe('arrives');
  });

  it('says which rule could not be told', () => {
    expect(looked(withRule(length))).toContain('Whether inet guard f lets this packet pass could not be told');
  });
});

describe('a policy routing rule', () => {
  const withRule = (rule: object): Changes => ({
    'ip-rule.json': (text) => {
      const [local, ...others] = JSON.parse(text) as object[];
      return JSON.stringify([local, { priority: 100, src: 'all', ...rule }, ...others]);
    },
  });
  const asText = (rule: string): Changes => ({
    'ip-rule.json': null,
    'ip-rule.txt': `0:\tfrom all lookup local\n100:\t${rule}\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n`,
  });
  const refuses = { action: 'blackhole' };

  it.each([
    ['the port', { ipproto: 'tcp', dport: 8080, ...refuses }, 'lost no-route'],
    ['the port, prohibiting', { ipproto: 'tcp', dport: 8080, action: 'prohibit' }, 'lost no-route'],
    ['a range with the port', { dport_start: 8000, dport_end: 9000, ...refuses }, 'lost no-route'],
    ['a range without it', { dport_start: 8081, dport_end: 9000, ...refuses }, 'arrives'],
    ['another protocol', { ipproto: 'udp', dport: 8080, ...refuses }, 'arrives'],
    ['all but another port', { not: null, dport: 81, ...refuses }, 'lost no-route answer-no-route'],
    ['a port of clients and another of the server', { sport: 40000, dport: 81, ...refuses }, 'arrives'],
    ['a low port of the client', { dst: '10.42.1.0', dstlen: 24, sport: 53, ...refuses }, 'arrives'],
    ['a port of the client', { dst: '10.42.1.0', dstlen: 24, sport: 40000, ...refuses }, 'unknown'],
    ['what is not read', { dst: '10.42.1.0', dstlen: 24, tos: '0x10', ...refuses }, 'unknown'],
    ['what is not read, of another network', { dst: '10.99.0.0', dstlen: 16, tos: '0x10', ...refuses }, 'arrives'],
    ['what is not read, to the same table', { tos: '0x10', table: 'main' }, 'arrives'],
    ['what is not read, to a table without routes', { tos: '0x10', table: '77' }, 'arrives'],
  ])('for %s', (_what, rule, expected) => {
    expect(outcome(withRule(rule))).toBe(expected);
  });

  it.each([
    ['from all ipproto tcp dport 8080 blackhole', 'lost no-route'],
    ['from all ipproto udp dport 8080 blackhole', 'arrives'],
    ['from all dport 8000-9000 prohibit', 'lost no-route'],
    ['from all to 10.42.1.0/24 tos 0x10 blackhole', 'unknown'],
  ])('as text: %s', (rule, expected) => {
    expect(outcome(asText(rule))).toBe(expected);
  });

  it('says which one could not be told, and how to ask the kernel', () => {
    const text = looked(withRule({ dst: '10.42.1.0', dstlen: 24, tos: '0x10', ...refuses }));
    expect(text).toContain('ip-rule.json, line 1: priority 100 to 10.42.1.0/24 ... blackhole');
    expect(text).toContain('ip route get');
  });
});

describe('what is not there, or not all of it', () => {
  const asked = { from: '172.18.0.1', to: '172.18.0.2:30080' };
  const query = { from: '10.42.0.30', to: '10.96.0.10:53/udp' };
  const guard = (rule: object): string =>
    JSON.stringify({
      nftables: [
        { chain: { family: 'inet', table: 'guard', name: 'c', type: 'filter', hook: 'forward', prio: 0, policy: 'accept' } },
        { rule: { family: 'inet', table: 'guard', chain: 'c', expr: [rule] } },
        { table: { family: 'inet', name: 'last' } },
      ],
    });

  it('leaves open whether a NodePort is one of this node, where its addresses are not known', () => {
    const rules = healthy.filter(({ path }) => path === 'iptables-save.txt');
    expect(diagnosed(rules, asked)).toMatchObject({ outcome: 'unknown', causes: [] });
  });

  it('leaves open what stands in the rest of tables of nft that are cut off', () => {
    const text = guard({ accept: null });
    const of = (nft: string): unknown => diagnosed(withChanges(healthy, { 'nft.json': () => nft }), asked).outcome;
    expect([of(text), of(text.slice(0, -40))]).toEqual(['arrives', 'unknown']);
    expect(of(guard({ drop: null }).slice(0, -10))).toBe('lost');
  });

  it('leaves open which entries stand in the rest of connections that are cut off', () => {
    const of = (line: string): unknown =>
      diagnosed(withChanges(healthy, { 'conntrack.txt': (text) => text + line }), query).outcome;
    const entry =
      'ipv4     2 udp      17 25 src=10.42.0.12 dst=10.96.0.10 sport=41000 dport=53 src=10.42.0.10 dst=10.42.0.12 sport=53 dport=41000';
    expect([of(`${entry} mark=0 use=1`), of(entry.slice(0, 70))]).toEqual(['arrives', 'unknown']);
  });

  it('tells rules of legacy by their header beside that of nf_tables', () => {
    const legacy =
      '# Generated by iptables-save v1.8.9 on Wed Nov 25 20:59:53 2026\n*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n';
    const told = (text: string): readonly string[] =>
      readBundle([
        {
          path: 'a.txt',
          text: '# Generated by iptables-nft-save v1.8.9 (nf_tables) on Wed Nov 25 20:59:53 2026\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n',
        },
        { path: 'b.txt', text },
      ]).rules.map(({ backEnd }) => backEnd);
    expect([told(legacy), told(legacy.replace('v1.8.9', 'v1.8.4'))]).toEqual([
      ['nft', 'legacy'],
      ['nft', 'nft'],
    ]);
  });
});
