import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { labPath } from '../support/fixtures.ts';
import { checkFindings, dump, findingsIn } from './check-findings.ts';

/** [line, code, severity, message] of each finding; lines are 1-based. */
function told(text: string): readonly (readonly [number, string, string, string])[] {
  return findingsIn(text).map(({ line, code, severity, message }) => [line + 1, code, severity, message]);
}

function codes(text: string): readonly string[] {
  return findingsIn(text).map(({ code }) => code);
}

describe('a rule of kube-proxy whose mark an older iptables does not print', () => {
  const rows = [
    'DROP       all  --  *      *       0.0.0.0/0            0.0.0.0/0            ctstate INVALID',
    'ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes forwarding rules */',
    'ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            /* kubernetes forwarding conntrack rule */ ctstate RELATED,ESTABLISHED',
  ];
  const listing = `Chain KUBE-FORWARD (1 references)
 pkts bytes target     prot opt in     out     source               destination
${rows.map((row) => `    0     0 ${row}`).join('\n')}
`;

  it('takes marked packets alone: those behind it are reached', () => {
    expect(told(listing)).toEqual([]);
    const save = `*filter
      :FORWARD ACCEPT [0:0]
      :KUBE-FORWARD - [0:0]
      -A FORWARD -j KUBE-FORWARD
      -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -j ACCEPT
      -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      COMMIT`;
    expect(codes(dump(save))).not.toContain('unreachable-rule');
  });

  it('is no excuse for a rule that somebody else wrote', () => {
    expect(codes(listing.replace('kubernetes forwarding rules', 'mine'))).toEqual(['unreachable-rule']);
  });
});

describe('a listing without -v', () => {
  const listing = `Chain INPUT (policy DROP)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0
ACCEPT     tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:22

Chain FORWARD (policy DROP)
target     prot opt source               destination
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0            /* allow inbound traffic to pods */
ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0            /* allow outbound traffic from pods */

Chain OUTPUT (policy ACCEPT)
target     prot opt source               destination
`;

  it('shows no interfaces: a rule with nothing but a target may be for one of them', () => {
    expect(told(listing)).toEqual([]);
  });

  it('shows them with -v, and then such a rule takes every packet', () => {
    const verbose = listing
      .replaceAll('target     prot opt source', ' pkts bytes target     prot opt in     out     source')
      .replaceAll(/^ACCEPT {5}(\S+) {2}--/gm, '    0     0 ACCEPT     $1  --  *      *   ');
    expect(told(verbose).map(([line, code]) => [line, code])).toEqual([
      [4, 'unreachable-rule'],
      [9, 'unreachable-rule'],
    ]);
    expect(told(verbose.replace('*      *  ', 'lo     *  ')).map(([line]) => line)).toEqual([9]);
  });
});

describe('a word that is not understood never makes a rule one for every packet', () => {
  it.each(['-m nosuch', '--no-such-option 3', '-m conntrack --ctstate NOSUCH'])('%s', (words) => {
    const text = `*filter\n:INPUT ACCEPT [0:0]\n-A INPUT ${words} -j DROP\n-A INPUT -s 10.0.0.1/32 -j ACCEPT\nCOMMIT\n`;
    expect(codes(text)).not.toContain('unreachable-rule');
  });
});

describe('chains that a paste does not show', () => {
  const cut = `# iptables -vL
Chain INPUT (policy ACCEPT 492K packets, 63M bytes)
 pkts bytes target     prot opt in     out     source               destination
1674K  216M KUBE-FIREWALL  all  --  any    any     anywhere             anywhere

Chain FORWARD (policy DROP 0 packets, 0 bytes)
 pkts bytes target     prot opt in     out     source               destination
 9704  815K KUBE-FORWARD  all  --  any    any     anywhere             anywhere
 6757  568K DOCKER-USER  all  --  any    any     anywhere             anywhere

Chain KUBE-FORWARD (1 references)
 pkts bytes target     prot opt in     out     source               destination
    0     0 DROP       all  --  any    any     anywhere             anywhere             ctstate INVALID
`;

  it('are one information, and no error', () => {
    expect(told(cut)).toEqual([
      [
        4,
        'chains-not-shown',
        'info',
        'The text does not show the chains KUBE-FIREWALL and DOCKER-USER: what happens to packets there is not known',
      ],
    ]);
  });

  it('may accept what FORWARD would drop', () => {
    const output = (jump: string): string =>
      `# iptables -S
-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N KUBE-FORWARD
-N KUBE-LAST
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
${jump}-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
-A KUBE-LAST -j RETURN
`;
    for (const chain of ['cali-FORWARD', 'KUBE-ROUTER-FORWARD', 'FLANNEL-FWD', 'CILIUM_FORWARD']) {
      expect(codes(output(`-A FORWARD -j ${chain}\n`))).toEqual(['chains-not-shown']);
    }
    expect(codes(output('')).filter((code) => code !== 'orphaned-chain')).toEqual(['forward-drops-pods']);
  });

  it('are nothing to say of where one chain was asked for', () => {
    expect(told(cut.slice(cut.indexOf('Chain KUBE-FORWARD')))).toEqual([]);
    expect(told('-N KUBE-FORWARD\n-A KUBE-FORWARD -j KUBE-OTHER\n')).toEqual([]);
  });

  it('are an error in a file for iptables-restore, which refuses it', () => {
    checkFindings(`
      *filter
      :INPUT ACCEPT [0:0]
      -A INPUT -j KUBE-FIREWALL
      #           ^^^^^^^^^^^^^ undeclared-chain
      COMMIT
    `);
  });
});

describe('a chain that accepts Pods', () => {
  it('may be kube-router’s, whose names begin as kube-proxy’s do', () => {
    const text = (chain: string): string =>
      dump(`
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        :KUBE-FORWARD - [0:0]
        :${chain} - [0:0]
        -A FORWARD -j ${chain}
        -A FORWARD -j KUBE-FORWARD
        -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
        -A ${chain} -i kube-bridge -j ACCEPT
        COMMIT
      `);
    expect(codes(text('KUBE-ROUTER-FORWARD'))).toEqual([]);
    expect(codes(text('DOCKER-FORWARD'))).toEqual(['forward-drops-pods']);
  });
});

describe('what a program keeps ready is no orphan', () => {
  const table = (name: string, ...chains: readonly string[]): string =>
    `*${name}\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n${chains.map((chain) => `:${chain} - [0:0]\n`).join('')}COMMIT\n`;

  it.each([
    ['ufw', 'filter', ['ufw-user-limit', 'ufw-user-logging-input', 'ufw-skip-to-policy-forward']],
    ['ufw', 'filter', ['ufw6-user-limit', 'ufw6-logging-allow']],
    ['Docker', 'filter', ['DOCKER', 'DOCKER-USER', 'DOCKER-ISOLATION-STAGE-1']],
    ['Podman (netavark)', 'nat', ['NETAVARK-1D8721804F16F', 'NETAVARK-DN-1D8721804F16F', 'NETAVARK-HOSTPORT-SETMARK']],
    ['firewalld', 'filter', ['INPUT_direct', 'IN_public', 'IN_public_allow', 'FWDO_public_log', 'FORWARD_IN_ZONES_SOURCE']],
    ['OpenWrt', 'filter', ['zone_wan_forward', 'input_wan_rule', 'forwarding_rule', 'syn_flood', 'reject']],
    ['Shorewall', 'filter', ['shorewall', 'logdrop', 'sha-lh-fd8aa2b7cbd3d0a4e7a1', 'tcpflags']],
    ['kube-proxy', 'nat', ['KUBE-MARK-MASQ']],
    ['CNI portmap', 'nat', ['CNI-HOSTPORT-SETMARK']],
  ])('%s, in table %s', (owner, name, chains) => {
    const [found, ...others] = told(table(name, ...chains));
    expect(others).toEqual([]);
    expect(found?.slice(0, 3)).toEqual([4, 'orphaned-chain', 'info']);
    expect(found?.[3]).toContain(`${owner} keeps`);
  });

  it('is one finding for all of them, whoever keeps them', () => {
    const text = `${table('filter', 'ufw-user-limit', 'DOCKER-USER')}${table('nat', 'KUBE-MARK-DROP', 'KUBE-MARK-MASQ')}`;
    expect(told(text).map(([line, code, , message]) => [line, code, message])).toEqual([
      [
        4,
        'orphaned-chain',
        'No packet enters ufw-user-limit, DOCKER-USER, KUBE-MARK-DROP and KUBE-MARK-MASQ now: ufw and Docker and kubelet and kube-proxy keep them ready, whether they are used or not',
      ],
    ]);
  });

  it('is a warning where the name is common, and nothing else of that program is there', () => {
    expect(told(table('filter', 'reject', 'IN_public')).map(([line, code, severity]) => [line, code, severity])).toEqual([
      [4, 'orphaned-chain', 'warning'],
      [5, 'orphaned-chain', 'warning'],
    ]);
    const kube = ['KUBE-SVC-NPX46M4PTMTKRN6Y', 'KUBE-SEP-V2PECCYPB6X2GSCW', 'KUBE-POD-FW-NPX46M4PTMTKRN6'];
    expect(told(table('filter', ...kube)).map(([, , severity]) => severity)).toEqual(['warning', 'warning', 'warning']);
  });
});

describe('rules that stand there again', () => {
  /** As kube-proxy up to 1.23 writes KUBE-FW-: all of its rules once for each ingress address. */
  const loadBalancer = (...copies: readonly string[]): string => `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-FW-S6GYCJULEJ2HSKT7 - [0:0]
:KUBE-MARK-DROP - [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-S6GYCJULEJ2HSKT7 - [0:0]
:KUBE-SEP-WKOMXESEZZOJXEFY - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
${copies.map(() => '-A KUBE-FW-S6GYCJULEJ2HSKT7 -m comment --comment "shop/checkout:https loadbalancer IP" -j KUBE-SVC-S6GYCJULEJ2HSKT7\n-A KUBE-FW-S6GYCJULEJ2HSKT7 -m comment --comment "shop/checkout:https loadbalancer IP" -j KUBE-MARK-DROP').join('\n')}
-A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000
${['192.0.2.100', '192.0.2.101'].map((ip) => `-A KUBE-SERVICES -d ${ip}/32 -p tcp -m comment --comment "shop/checkout:https loadbalancer IP" -m tcp --dport 443 -j KUBE-FW-S6GYCJULEJ2HSKT7`).join('\n')}
-A KUBE-SVC-S6GYCJULEJ2HSKT7 -j KUBE-SEP-WKOMXESEZZOJXEFY
-A KUBE-SEP-WKOMXESEZZOJXEFY -p tcp -m tcp -j DNAT --to-destination 10.244.0.31:8443
COMMIT
`;

  it('once for each of two ingress addresses are kube-proxy’s up to 1.23', () => {
    expect(told(loadBalancer('192.0.2.100', '192.0.2.101'))).toEqual([]);
  });

  it('more often than that are not', () => {
    expect(codes(loadBalancer('a', 'b', 'c'))).toEqual(['repeated-rule', 'repeated-rule']);
  });

  it('in what grep found may be of several tables, or of two pastes', () => {
    const rule = '-A OUTPUT -o lo -j ACCEPT\n';
    expect(codes(rule.repeat(2))).toEqual([]);
    expect(codes(rule.repeat(5))).toEqual([]);
    expect(codes(rule.repeat(6))).toEqual(['repeated-rule']);
    expect(codes(`${rule.repeat(3)}\nand on the other node:\n${rule.repeat(3)}`)).not.toContain('repeated-rule');
    expect(codes(`*filter\n:OUTPUT ACCEPT [0:0]\n${rule}${rule}COMMIT\n`)).toEqual(['repeated-rule']);
  });

  it('are not those that may say something else the second time', () => {
    const twice = (match: string): readonly string[] =>
      codes(`*filter\n:INPUT ACCEPT [0:0]\n${`-A INPUT -m ${match} -j LOG\n`.repeat(2)}COMMIT\n`);
    expect(twice('statistic --mode random --probability 0.5')).toEqual([]);
    expect(twice('mark --mark 0x1')).toEqual(['repeated-rule']);
  });
});

describe('a text that ends before its table does', () => {
  it('is cut where iptables-save printed it: information', () => {
    const whole = readFileSync(labPath('shop/node-a.iptables'), 'utf8');
    const lines = whole.split('\n');
    const nat = lines.indexOf('*nat');
    const found = told(lines.slice(0, nat + 80).join('\n'));
    expect(found.map(([line, code, severity]) => [line, code, severity])).toEqual([[nat + 1, 'missing-commit', 'info']]);
    // Without the header as well: it declares its built-in chains with their counters.
    const headless = told(lines.slice(nat, nat + 80).join('\n'));
    expect(headless.map(([line, code, severity]) => [line, code, severity])).toEqual([[1, 'missing-commit', 'info']]);
  });

  it('is an error where somebody wrote it, and where another table follows', () => {
    expect(told('*filter\n-A INPUT -j ACCEPT\n').map(([, code, severity]) => [code, severity])).toEqual([
      ['missing-commit', 'error'],
    ]);
    const followed = '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n*nat\nCOMMIT\n';
    expect(told(followed).map(([, code, severity]) => [code, severity])).toEqual([['missing-commit', 'error']]);
  });

  it('within its first line says so', () => {
    const begun = 'comment "x" -j KUBE-MARK-MASQ\n-A KUBE-SVC-A -j KUBE-SEP-A\nCOMMIT\n';
    expect(told(`--${begun}`).map(([line, code, severity]) => [line, code, severity])).toEqual([[1, 'cut-off', 'info']]);
    // "-SERVICES" is the end of a name, not -S.
    expect(told('-SERVICES -j KUBE-MARK-MASQ\n-A KUBE-SVC-A -j KUBE-SEP-A\n').map(([line, code]) => [line, code])).toEqual([
      [1, 'cut-off'],
    ]);
    const header = 'by iptables-save v1.8.9 (nf_tables) on Mon Nov 23 00:58:31 2026\n*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
    expect(told(header).map(([line, , severity]) => [line, severity])).toEqual([[1, 'info']]);
  });

  it('right before COMMIT says so', () => {
    const next = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
    expect(told(`COMMIT\n${next}`).map(([line, code, severity]) => [line, code, severity])).toEqual([
      [1, 'outside-table', 'info'],
    ]);
    expect(told(`${next}COMMIT\n`).map(([line, code, severity]) => [line, code, severity])).toEqual([
      [4, 'outside-table', 'error'],
    ]);
  });
});

describe('a share of everything', () => {
  it('is 100 %', () => {
    const text = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-NPX46M4PTMTKRN6Y - [0:0]
:KUBE-SEP-ONE - [0:0]
:KUBE-SEP-TWO - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A KUBE-SERVICES -j KUBE-SVC-NPX46M4PTMTKRN6Y
-A KUBE-SVC-NPX46M4PTMTKRN6Y -m statistic --mode random --probability 1.00000000000 -j KUBE-SEP-ONE
-A KUBE-SVC-NPX46M4PTMTKRN6Y -j KUBE-SEP-TWO
-A KUBE-SEP-ONE -p tcp -m tcp -j DNAT --to-destination 10.244.0.1:80
-A KUBE-SEP-TWO -p tcp -m tcp -j DNAT --to-destination 10.244.0.2:80
COMMIT
`;
    expect(told(text).map(([, code, , message]) => [code, message])).toEqual([
      ['unequal-shares', expect.stringContaining('get from 0 % to 100 % of its connections each, where 50 % would be even')],
    ]);
  });
});

describe('rules that a terminal broke', () => {
  const rule = (port: number): string =>
    `-A KUBE-SERVICES -d 10.96.0.40/32 -p tcp -m comment --comment "team-a/geo-with-a-long-name:http has no endpoints" -m tcp --dport ${port} -j REJECT`;
  const codes = (ports: readonly number[]): readonly string[] =>
    findingsIn(
      ['*filter', ':INPUT ACCEPT [0:0]', ':KUBE-SERVICES - [0:0]', '-A INPUT -j KUBE-SERVICES', ...ports.map(rule), 'COMMIT', '']
        .join('\n')
        .replace(/.{100}(?=.)/g, '$&\n'),
    ).map(({ code }) => code);

  it('are the same if they are to their ends', () => {
    expect(codes([80, 81, 80])).toEqual(['repeated-rule']);
    expect(codes([80, 81, 82])).toEqual([]);
  });
});

describe('rows of a listing that grep left below a heading that is not theirs', () => {
  it('are of other chains: none takes the packets of another', () => {
    const rows = `Chain CNI-HOSTPORT-DNAT (2 references)
    0     0 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            /* shop/web */ tcp to:10.244.0.3:9100
    0     0 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            /* shop/api */ tcp to:10.244.0.4:9100
    0     0 ACCEPT     0    --  *      *       0.0.0.0/0            0.0.0.0/0            /* DNAT goes on */
    0     0 DNAT       6    --  *      *       0.0.0.0/0            0.0.0.0/0            /* shop/cart */ tcp to:10.244.0.5:9100
`;
    expect(codes(rows)).not.toEqual(expect.arrayContaining(['shadowed-rule']));
    expect(codes(rows)).not.toEqual(expect.arrayContaining(['unreachable-rule']));
  });
});

describe('a listing of filter that ends with a chain of kube-proxy', () => {
  const row = (target: string, more = ''): string =>
    `    0     0 ${target}  all  --  any    any     anywhere             anywhere ${more}`;
  const head = ' pkts bytes target     prot opt in     out     source               destination';
  const listing = (forward: string): string =>
    [
      'Chain INPUT (policy ACCEPT 0 packets, 0 bytes)',
      head,
      '',
      'Chain FORWARD (policy DROP 2947 packets, 248K bytes)',
      head,
      row('KUBE-FORWARD'),
      row(forward, 'ctstate NEW'),
      '',
      'Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)',
      head,
      '',
      'Chain KUBE-FORWARD (1 references)',
      head,
      row('ACCEPT', 'mark match 0x4000/0x4000'),
      '',
      `Chain ${forward} (1 references)`,
      head,
      '',
    ].join('\n');
  it('shows that FORWARD drops Pods, though the last chain may go on', () => {
    expect(codes(listing('KUBE-SERVICES'))).toContain('forward-drops-pods');
  });

  it('does not where the last chain may be the one that accepts them', () => {
    expect(codes(listing('FLANNEL-FWD'))).not.toContain('forward-drops-pods');
  });
});
