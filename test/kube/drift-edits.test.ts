import { describe, expect, it } from 'vitest';
import { driftReport } from '../../server/src/kube/drift/report.ts';
import { rulesetOf } from '../support/dumps.ts';
import { balanced, cluster, drift, said, web, webEndpoints, written } from './drift-support.ts';
import { service } from './objects.ts';

describe('what somebody did to the rules', () => {
  const now = cluster(web(), webEndpoints());
  const dump = written(now);
  const edited = (find: RegExp, replacement: string): readonly string[] => {
    const text = dump.replace(find, replacement);
    expect(text).not.toBe(dump);
    return drift(text, now);
  };

  it('shares that are not equal', () => {
    expect(edited(/--probability 0\.50000000000/, '--probability 0.90000000000')).toEqual([
      'differs shop/web: shares: The endpoints of shop/web:http do not get equal shares',
    ]);
  });

  it('endpoints in another order, each with its share: nothing', () => {
    const first =
      /^-A (KUBE-SVC-\S+) -m comment --comment "shop\/web:http -> 10\.244\.0\.1:8080" -m statistic --mode random --probability 0\.50000000000 -j (\S+)$/m.exec(
        dump,
      );
    const second = /^-A KUBE-SVC-\S+ -m comment --comment "shop\/web:http -> 10\.244\.1\.2:8080" -j (\S+)$/m.exec(dump);
    const text = dump
      .replace(first?.[0] ?? '', `-A ${first?.[1]} -m statistic --mode random --probability 0.50000000000 -j ${second?.[1]}`)
      .replace(second?.[0] ?? '', `-A ${first?.[1]} -j ${first?.[2]}`);
    expect(text).not.toBe(dump);
    expect(drift(text, now)).toEqual([]);
  });

  it('an endpoint chain that leads elsewhere', () => {
    expect(edited(/--to-destination 10\.244\.1\.2:8080/, '--to-destination 10.244.1.2:9999')).toEqual([
      'differs shop/web: endpoint-rules: The chain of an endpoint of shop/web:http is not as kube-proxy writes it',
    ]);
  });

  it('no masquerading, for one Service', () => {
    expect(edited(/^-A KUBE-SVC-\S+ ! -s 10\.244\.0\.0\/16 -d 10\.96\.0\.1\/32 .*\n/m, '')).toEqual([
      'differs shop/web: masquerade: What is masqueraded on its way to shop/web:http is not what kube-proxy would masquerade',
    ]);
  });

  it('no way in', () => {
    expect(edited(/^-A KUBE-SERVICES -d 10\.96\.0\.1\/32 .*\n/m, '')).toEqual([
      'differs shop/web: cluster-ip: No rule leads to shop/web:http by its clusterIP 10.96.0.1',
    ]);
  });

  it('two ways in', () => {
    expect(edited(/^(-A KUBE-SERVICES -d 10\.96\.0\.1\/32 .*\n)/m, '$1$1')).toEqual([
      'differs shop/web: cluster-ip: One rule more than kube-proxy writes leads to shop/web:http by its clusterIP 10.96.0.1',
    ]);
  });

  it('one rule more in one chain and one less in another, which are as many as kube-proxy writes', () => {
    const twice = /^(-A KUBE-SVC-\S+ ! -s 10\.244\.0\.0\/16 -d 10\.96\.0\.1\/32 .*\n)/m;
    const hairpin = /^-A KUBE-SEP-\S+ -s 10\.244\.1\.2\/32 .*\n/m;
    const text = dump.replace(twice, '$1$1').replace(hairpin, '');
    expect(text.split('\n')).toHaveLength(dump.split('\n').length);
    expect(drift(text, now).map((finding) => finding.split(':')[1])).toEqual([' endpoint-rules', ' masquerade']);
  });

  it('rules of a chain in another order', () => {
    const outside = cluster(balanced(), webEndpoints());
    const text = written(outside).replace(/^(-A KUBE-EXT-\S+ .*-j KUBE-MARK-MASQ\n)(-A KUBE-EXT-\S+ -j KUBE-SVC-\S+\n)/m, '$2$1');
    expect(drift(text, outside)).toEqual([
      expect.stringMatching(
        /^differs shop\/web: external-policy: The rules of KUBE-EXT-\w+, of shop\/web:http, stand in another order than kube-proxy writes them$/,
      ),
    ]);
  });

  it('a chain that nothing leads to', () => {
    const chain = 'KUBE-SEP-AAAAAAAAAAAAAAAA';
    const text = dump
      .replace(/^(:KUBE-SERVICES .*\n)(?=:KUBE-SVC)/m, `$1:${chain} - [0:0]\n`)
      .replace(
        /^-A KUBE-SERVICES -d/m,
        `-A ${chain} -p tcp -m comment --comment "shop/web:http" -m tcp -j DNAT --to-destination 10.244.9.9:8080\n-A KUBE-SERVICES -d`,
      );
    expect(drift(text, now)).toEqual([
      `stale shop/web: unused-chain: No rule leads to ${chain} of shop/web:http, for 10.244.9.9:8080`,
    ]);
  });

  it('a chain of no Service at all', () => {
    const text = dump.replace(
      /^-A KUBE-SERVICES -d/m,
      '-A KUBE-SERVICES -d 10.96.7.7/32 -p tcp -m tcp --dport 1 -j KUBE-SVC-AAAAAAAAAAAAAAAA\n-A KUBE-SERVICES -d',
    );
    expect(drift(text, now)).toEqual([
      'stale KUBE-SVC-AAAAAAAAAAAAAAAA: service-gone: KUBE-SVC-AAAAAAAAAAAAAAAA is of no Service in the cluster; the dump still has rules for 10.96.7.7:1',
    ]);
  });

  it('counters, no comments, other spellings: nothing', () => {
    expect(drift(dump.replaceAll(/^-A/gm, '[12:3456] -A'), now)).toEqual([]);
    expect(drift(dump.replaceAll(/ -m comment --comment "[^"]*"/g, ''), now)).toEqual([]);
    expect(
      drift(
        dump
          .replaceAll(/ -p tcp -m tcp /g, ' --protocol 6 --match tcp ')
          .replaceAll('--dport', '--destination-port')
          .replaceAll(' -j ', ' --jump '),
        now,
      ),
    ).toEqual([]);
  });
});

describe('what iptables prints', () => {
  const now = cluster(balanced(), webEndpoints(), service('shop/none', { ip: '10.96.0.5' }));

  /** As `iptables -t nat -S` and `iptables -t filter -S` print it behind each other: policies, chains, rules, and no table's name. */
  function printed(dump: string): string {
    return dump
      .split('\n')
      .flatMap((line) => {
        const declared = /^:(\S+) (\S+)/.exec(line);
        if (declared !== null) return declared[2] === '-' ? `-N ${declared[1]}` : `-P ${declared[1]} ${declared[2]}`;
        return line.startsWith('-A') ? line : [];
      })
      .join('\n');
  }

  it('with -S is compared, both tables of it', () => {
    const dump = written(now);
    const filter = dump.slice(0, dump.indexOf('*nat'));
    const nat = dump.slice(dump.indexOf('*nat'));
    const report = driftReport(rulesetOf(`${printed(nat)}\n${printed(filter)}`), now, { node: 'node-a' });
    expect(said(report)).toEqual([]);
    expect(report.summary).toMatchObject({ services: 3, inSync: 3, notes: [] });
  });
});
