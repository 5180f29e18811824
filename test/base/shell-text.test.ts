import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { command, part, shellWord } from '../../server/src/base/shell-text.ts';

const hostile = [
  '$(touch x)',
  '`touch x`',
  'a;touch x',
  'a|b',
  'a&&b',
  'a b',
  "a'b",
  "'; touch x; '",
  'a"b',
  'a\\b',
  '>x',
  '~',
  '*',
  '#x',
  '!!',
];

describe('a name in a command', () => {
  it('is as it is where a shell sees nothing in it', () => {
    expect(command`ip link show ${'cni0'}; ip route get ${'10.0.0.1'} mark ${16}`).toBe(
      'ip link show cni0; ip route get 10.0.0.1 mark 16',
    );
  });

  it.skipIf(process.platform === 'win32').each(hostile)('is one word of it, and no more: %s', (name) => {
    const run = spawnSync('sh', ['-c', command`printf '%s|' ${name} in/${name}`], { encoding: 'utf8' });
    expect([run.stdout, run.stderr]).toEqual([`${name}|in/${name}|`, '']);
  });

  it('is no option', () => {
    expect(command`kubectl get node ${'--kubeconfig=/tmp/x'} -o wide`).toBe("kubectl get node '<--kubeconfig=/tmp/x>' -o wide");
    expect(command`${'-rf'}`).toBe("'<-rf>'");
    expect(command`kubernetes.io/service-name=${'-a'}`).toBe('kubernetes.io/service-name=-a');
  });

  it('hides nothing', () => {
    expect(command`ip link show ${'a\u202eb\nc'}`).toBe("ip link show 'a<U+202E>b␊c'");
    expect(shellWord('a\u202eb')).toBeUndefined();
  });

  it('of a part that is a command itself stays as it was put there', () => {
    expect(command`ip route get ${'10.0.0.1'}${part(command` iif ${'a b'}`)}${part(command``)}`).toBe(
      "ip route get 10.0.0.1 iif 'a b'",
    );
  });
});
