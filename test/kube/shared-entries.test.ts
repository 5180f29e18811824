/** Two Services with rules for one address, port and protocol: the first is asked first, and of the other that is said. */
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { emptyCluster } from '../../server/src/cluster/cluster.ts';
import { flowSteps } from '../../server/src/kube/flow/build-flow.ts';
import { type FlowTargetSpec, parseFlowTarget } from '../../server/src/kube/flow/target.ts';
import { resolveChains } from '../../server/src/kube/identity/resolve.ts';
import { reachSteps } from '../../server/src/kube/question/reach.ts';
import { listServices } from '../../server/src/kube/services/service-list.ts';
import { serviceMapSteps } from '../../server/src/kube/services/service-map.ts';
import { rulesetOf } from '../support/dumps.ts';
import { clusterWith, service } from './objects.ts';

const [one, two, three] = ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'KUBE-SVC-BBBBBBBBBBBBBBBB', 'KUBE-SVC-CCCCCCCCCCCCCCCC'];
const ends = ['KUBE-SEP-AAAAAAAAAAAAAAAA', 'KUBE-SEP-BBBBBBBBBBBBBBBB', 'KUBE-SEP-CCCCCCCCCCCCCCCC'];

const text = [
  '*nat',
  ':PREROUTING ACCEPT [0:0]',
  ':OUTPUT ACCEPT [0:0]',
  ...['KUBE-SERVICES', one, two, three, ...ends].map((name) => `:${name} - [0:0]`),
  '-A PREROUTING -j KUBE-SERVICES',
  '-A OUTPUT -j KUBE-SERVICES',
  `-A KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m comment --comment "a/one:http cluster IP" -m tcp --dport 80 -j ${one}`,
  `-A KUBE-SERVICES -d 10.96.0.51/32 -p tcp -m comment --comment "b/two:http cluster IP" -m tcp --dport 80 -j ${two}`,
  `-A KUBE-SERVICES -d 192.0.2.7/32 -p tcp -m comment --comment "a/one:http external IP" -m tcp --dport 80 -j ${one}`,
  `-A KUBE-SERVICES -d 192.0.2.7/32 -p tcp -m comment --comment "b/two:http external IP" -m tcp --dport 80 -j ${two}`,
  `-A KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m comment --comment "c/three:http cluster IP" -m tcp --dport 80 -j ${three}`,
  ...[one, two, three].map((chain, at) => `-A ${chain} -j ${ends[at]}`),
  ...ends.map((chain, at) => `-A ${chain} -p tcp -m tcp -j DNAT --to-destination 10.244.0.${at + 5}:8080`),
  'COMMIT',
  '',
].join('\n');

const ofTwo =
  'b/two:http has 192.0.2.7:80/tcp, too (line 16): the rule for a/one:http (line 15) is asked first, and takes all packets that it matches.';
const ofThree =
  'c/three:http has 10.96.0.50:80/tcp, too (line 17): the rule for a/one:http (line 13) is asked first, and takes all packets that it matches.';

const resolution = resolveChains(rulesetOf(text), emptyCluster, {});
const withCluster = resolveChains(rulesetOf(text), clusterWith(service('c/three', { ip: '10.96.0.50' })), {});

function target(to: string): FlowTargetSpec {
  const parsed = parseFlowTarget(to);
  if (!parsed.ok) throw new Error(parsed.message);
  return parsed.target;
}

function reached(to: string | null): readonly string[] {
  const result = runToEnd(reachSteps(resolution, to === null ? null : target(to)));
  return result.ok ? result.report.notes.filter((note) => note.includes('is asked first')) : [result.message];
}

describe('an entry that two Services have', () => {
  it('is said by reach, of all and of each', () => {
    expect(reached(null)).toEqual([ofThree, ofTwo]);
    expect(reached('b/two')).toEqual([ofTwo]);
    expect(reached('a/one')).toEqual([ofThree, ofTwo]);
    expect(reached('c/three')).toEqual([ofThree]);
  });

  it('is no rule that is missing', () => {
    const result = runToEnd(reachSteps(withCluster, null));
    expect(result.ok && result.report.notes.filter((note) => note.includes('no rule for'))).toEqual([]);
  });

  it('is said by the map, and nothing comes to a Service that has no other', () => {
    const list = runToEnd(listServices(resolution, null));
    const map = runToEnd(serviceMapSteps(resolution, list)).map?.services ?? [];
    expect(
      map.map(({ to, state, line }) => [to, state.kind, state.remarks.filter((each) => each.includes('first')), line]),
    ).toEqual([
      ['a/one', 'leads', [], 18],
      ['b/two', 'leads', [ofTwo], 19],
      ['c/three', 'unreached', [ofThree], 17],
    ]);
    expect(map[2]?.state.words).toBe('a/one is asked first at its addresses');
  });

  it('is said by the flow of either', () => {
    const notesOf = (to: string): readonly string[] => {
      const answer = runToEnd(flowSteps(resolution, target(to)));
      return answer.ok
        ? answer.graph.notes.map(({ message }) => message).filter((each) => each.includes('first'))
        : [answer.reason];
    };
    expect(notesOf('a/one')).toEqual([ofThree, ofTwo]);
    expect(notesOf('b/two')).toEqual([ofTwo]);
    expect(notesOf('c/three')).toEqual([ofThree]);
  });

  it('is said of the first of many entries, with how many more there are', () => {
    const addresses = Array.from({ length: 7 }, (_, at) => `198.51.100.${at + 1}`);
    const rules = ['a/one', 'b/two'].flatMap((name, at) =>
      addresses.map(
        (ip) =>
          `-A KUBE-SERVICES -d ${ip}/32 -p tcp -m comment --comment "${name}:http external IP" -m tcp --dport 80 -j ${at === 0 ? one : two}\n`,
      ),
    );
    const many = resolveChains(rulesetOf(text.replace(`-A ${one} `, `${rules.join('')}-A ${one} `)), emptyCluster, {});
    const map = runToEnd(serviceMapSteps(many, runToEnd(listServices(many, null)))).map?.services ?? [];
    const said = map.find(({ to }) => to === 'b/two')?.state.remarks.filter((each) => /first|more/.test(each));
    expect(said).toHaveLength(6);
    expect(said?.[5]).toBe('Of 3 more entries it is the same.');
  });
});
