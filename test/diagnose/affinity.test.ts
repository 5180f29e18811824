import { describe, expect, it } from 'vitest';
import { bundleFiles, codesOf, diagnosed, withChanges } from '../support/bundles.ts';

const endpoint = 'KUBE-SEP-ZWXYFAUZDQIXOYA2';
const service = 'KUBE-SVC-67NZLRHBNDSAWJRO';

/** shop/web with affinity, as kube-proxy writes it; the client is on the list of web's second endpoint, 10.42.0.12. */
const sticky = withChanges(bundleFiles('healthy'), {
  'iptables-save.txt': (text) =>
    text
      .replace(
        new RegExp(`^(?:\\[\\d+:\\d+\\] )?-A ${service} -m comment --comment "shop/web:http -> 10\\.42\\.0\\.11`, 'm'),
        (rule) =>
          `-A ${service} -m comment --comment "shop/web:http -> 10.42.0.12:8080" -m recent --rcheck --seconds 10800 --reap --name ${endpoint} --mask 255.255.255.255 --rsource -j ${endpoint}\n${rule}`,
      )
      .replace(
        /(-A KUBE-SEP-ZWXYFAUZDQIXOYA2 -p tcp [^\n]*)-m tcp -j DNAT/,
        `$1-m recent --set --name ${endpoint} --mask 255.255.255.255 --rsource -m tcp -j DNAT`,
      ),
  [`xt_recent/${endpoint}`]: 'src=10.42.0.30 ttl: 64 last_seen: 4299005516 oldest_pkt: 1 4299005516\n',
});

const question = { from: 'shop/client-0', to: 'shop/web' };

describe('session affinity', () => {
  it('sends a client where it was before', () => {
    const { outcome, looked } = diagnosed(sticky, question);
    expect(outcome).toBe('arrives');
    expect(looked[0]).toContain('translated to 10.42.0.12:8080');
    expect(looked[0]).not.toContain('10.42.0.11');
  });

  it('leaves it to chance for a client that is on no list', () => {
    const other = withChanges(sticky, { [`xt_recent/${endpoint}`]: 'src=10.42.0.99 ttl: 64 last_seen: 1 oldest_pkt: 1 1\n' });
    expect(diagnosed(other, question).looked[0]).toMatch(
      /50 %: translated to 10\.42\.0\.11:8080.*50 %: translated to 10\.42\.0\.12:8080/,
    );
  });

  it('sends clients to a Pod that is gone, each time', () => {
    const gone = withChanges(sticky, { 'cluster.json': (text) => text.replaceAll('10.42.0.12', '10.42.0.13') });
    const diagnosis = diagnosed(gone, question);
    expect([diagnosis.outcome, codesOf(diagnosis)[0]]).toEqual(['lost', 'affinity-to-gone-pod']);
    expect(diagnosis.causes[0]?.evidence[0]).toEqual({
      file: `xt_recent/${endpoint}`,
      line: 1,
      text: 'src=10.42.0.30 last_seen: 4299005516',
    });
  });
});
