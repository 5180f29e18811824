import { describe, expect, it } from 'vitest';
import { balanced, cluster, localEndpoints, web, webEndpoints, written } from './drift-support.ts';
import { badgesOf, flow } from './flow-support.ts';

/** The badges of all boxes of the flow to shop/web, by the beginning of their chain's name, without lines. */
function badges(text: string): readonly string[] {
  return flow(text, 'shop/web').nodes.flatMap((node) =>
    badgesOf(node).map((badge) => `${node.chain?.slice(0, 8) ?? node.kind} ${badge.replace(/ @\d+$/, '')}`),
  );
}

describe('the badges of a chain', () => {
  it('name four of the networks that a load balancer is for, and how many more there are', () => {
    const ranges = (count: number): object =>
      balanced({ loadBalancerSourceRanges: Array.from({ length: count }, (_, at) => `203.0.${at}.0/24`) });
    const of = (count: number): readonly string[] =>
      badges(written(cluster(ranges(count), webEndpoints()))).filter((text) => text.startsWith('KUBE-FW-'));
    expect(of(4)).toEqual(['KUBE-FW- only from 203.0.0.0/24, 203.0.1.0/24, 203.0.2.0/24, 203.0.3.0/24']);
    expect(of(6)).toEqual(['KUBE-FW- only from 203.0.0.0/24, 203.0.1.0/24, 203.0.2.0/24, 203.0.3.0/24 and 2 more']);
  });

  it('say for how long a client is brought back, where a rule says that', () => {
    const text = written(cluster(web({ spec: { sessionAffinity: 'ClientIP' } }), webEndpoints()));
    expect(badges(text)).toContain('KUBE-SVC affinity 10800 s by client address');
    expect(badges(text.replaceAll(' --seconds 10800 --reap', ''))).toContain('KUBE-SVC affinity by client address');
    expect(badges(written(cluster(web(), webEndpoints()))).join()).not.toContain('affinity');
  });

  it('say that a chain is for this node alone, and what a hairpin is', () => {
    const local = written(cluster(balanced({ externalTrafficPolicy: 'Local' }), localEndpoints));
    expect(badges(local)).toContain('KUBE-SVL endpoints of this node');
    expect(badges(local)).toContain('KUBE-SEP hairpin masqueraded when it reaches itself');
  });
});
