import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { iptablesCommand, nodeCommand, restartKubeProxy } from '../../server/src/lint/mending/node-commands.ts';
import { dump, findingsIn } from './check-findings.ts';

/** The words that a shell makes of a command. */
function wordsOf(command: string): readonly string[] {
  return spawnSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .stdout.trimEnd()
    .split('\n');
}

describe('commands for a node', () => {
  it.each(['WEB', "it's", '$(reboot)', '`reboot`', '; reboot', '-x', '"', 'a b', '*', '~', '#'])(
    'hold the name %j as one word',
    (name) => {
      const [found] = nodeCommand(['iptables', '-X', name], 'deletes it');
      expect(wordsOf(found?.command ?? '')).toEqual(['iptables', '-X', name]);
    },
  );

  it.each(['a\nb', '\x1b[31m', 'caf\u00e9', '\u202e'])(
    'are not written with the name %j, which a terminal may take for something else',
    (name) => {
      expect(nodeCommand(['iptables', '-X', name], 'deletes it')).toEqual([]);
      expect(restartKubeProxy(name)).toEqual([]);
    },
  );

  it('have a rule’s words as iptables-save quotes them', () => {
    const [found] = iptablesCommand(
      'ipv6',
      'nat',
      String.raw`-D A -m comment --comment "say \"no\" 'ever'" -j B`,
      'takes it out',
    );
    expect(wordsOf(found?.command ?? '')).toEqual([
      'ip6tables',
      '-w',
      '-t',
      'nat',
      '-D',
      'A',
      '-m',
      'comment',
      '--comment',
      `say "no" 'ever'`,
      '-j',
      'B',
    ]);
  });

  it('are those of the finding', () => {
    const findings = findingsIn(
      dump(`
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        :KUBE-FORWARD - [0:0]
        :SPARE - [0:0]
        -A FORWARD -j KUBE-FORWARD
        -A SPARE -j ACCEPT
        COMMIT
      `),
    );
    expect(findings.map(({ code, onNode }) => [code, ...onNode.map(({ command }) => command)])).toEqual([
      ['forward-drops-pods', 'iptables -w -t filter -P FORWARD ACCEPT'],
      ['orphaned-chain', 'iptables -w -t filter -F SPARE', 'iptables -w -t filter -X SPARE'],
    ]);
  });
});
