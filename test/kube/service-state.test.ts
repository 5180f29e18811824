import { describe, expect, it } from 'vitest';
import type { ServiceDrift } from '../../server/src/kube/drift/drift.ts';
import type { EndKind, EntryEnd, EntryEnds, PlaceEnds } from '../../server/src/kube/services/entry-ends.ts';
import { entryState, type JudgedEntry, type ServiceState, serviceState } from '../../server/src/kube/services/state.ts';

const words: Readonly<Record<EndKind, string>> = {
  endpoint: '',
  'no-endpoints': 'no endpoints',
  'no-local-endpoints': 'no endpoints on this node',
  refused: 'dropped in FORWARD',
  elsewhere: 'redirected by SITE',
  passed: 'not redirected',
  'not-shown': 'KUBE-SEP-A is not in the dump',
};
const lines: Readonly<Partial<Record<EndKind, number>>> = {
  refused: 7,
  'no-endpoints': 8,
  'no-local-endpoints': 9,
  elsewhere: 10,
};

/** A place whose packets end so, "refused 0.5, endpoint 0.5"; all of them where no share is said. */
function place(kind: PlaceEnds['kind'], name: string, ends: string): PlaceEnds {
  return {
    kind,
    words: name,
    ends: ends.split(', ').map((text): EntryEnd => {
      const [end = '', share = '1'] = text.split(' ');
      return { kind: end as EndKind, share: Number(share), words: words[end as EndKind], line: lines[end as EndKind] ?? null };
    }),
  };
}

const pod = (ends: string): PlaceEnds => place('pod', 'a Pod', ends);
const node = (ends: string): PlaceEnds => place('node', 'this node', ends);
const outside = (ends: string, name = 'outside'): PlaceEnds => place('outside', name, ends);

interface More {
  readonly kind?: JudgedEntry['kind'];
  readonly label?: string;
  readonly caveats?: readonly string[];
  readonly isUnreached?: boolean;
  readonly endpoints?: number;
}

function entry(places: readonly PlaceEnds[], more: More = {}): JudgedEntry {
  const { kind = 'cluster-ip', label = '10.96.0.1:80/tcp', caveats = [], isUnreached = false } = more;
  const isServed = places.some(({ ends }) => ends.some((end) => end.kind === 'endpoint'));
  const count = more.endpoints ?? (isServed ? 2 : 0);
  const endpoints: EntryEnds['endpoints'] = new Map(
    Array.from({ length: count }, (_, at) => [`10.244.0.${at + 1}:8080`, { chain: {} as never, line: at }]),
  );
  return { kind, label, ends: { places, endpoints, caveats, isUnreached } };
}

/** "kind: words (line)". */
function told({ kind, words: said, line }: ServiceState): string {
  return `${kind}: ${said}${line === null ? '' : ` (${line})`}`;
}

describe('the state of an entry', () => {
  it.each<readonly [what: string, judged: JudgedEntry, state: string, remarks: readonly string[]]>([
    ['all packets come to endpoints', entry([pod('endpoint'), node('endpoint')]), 'serves: 2 endpoints', []],
    ['there is one endpoint', entry([pod('endpoint')], { endpoints: 1 }), 'serves: 1 endpoint', []],
    [
      'something is taken to be so',
      entry([pod('endpoint')], { caveats: ['A set decides.'] }),
      'leads: 2 endpoints, as far as shown',
      ['A set decides.'],
    ],
    [
      'shares come to one as far as numbers can',
      entry([pod('endpoint 0.3333333333, endpoint 0.6666666666')]),
      'serves: 2 endpoints',
      [],
    ],
    [
      'those from one place do not',
      entry([pod('refused'), node('endpoint')], { caveats: ['A set decides.'] }),
      'limited: only from this node (7)',
      ['Other packets: dropped in FORWARD.', 'A set decides.'],
    ],
    [
      'those from two places of three do',
      entry([pod('endpoint'), node('endpoint'), outside('refused', '203.0.113.0/24')]),
      'limited: only from a Pod, this node (7)',
      ['Other packets: dropped in FORWARD.'],
    ],
    [
      'those from outside do not, for which a clusterIP is not',
      entry([pod('endpoint'), outside('refused')]),
      'serves: 2 endpoints',
      [],
    ],
    [
      'those from elsewhere do not, likewise',
      entry([pod('endpoint'), outside('refused', 'elsewhere')]),
      'serves: 2 endpoints',
      [],
    ],
    [
      'those from outside do not, for which a NodePort is',
      entry([pod('endpoint'), outside('refused')], { kind: 'node-port' }),
      'limited: only from a Pod (7)',
      ['Other packets: dropped in FORWARD.'],
    ],
    [
      'half of them do',
      entry([pod('endpoint 0.5, refused 0.5')]),
      'limited: 50 % of connections, others dropped in FORWARD (7)',
      [],
    ],
    [
      'more from one place than from another do',
      entry([pod('endpoint 0.25, refused 0.75'), node('endpoint 0.75, refused 0.25')]),
      'limited: 75 % of connections, others dropped in FORWARD (7)',
      [],
    ],
    ['none does: they are refused', entry([pod('passed'), node('refused')]), 'refuses: dropped in FORWARD (7)', []],
    ['none does: there is no endpoint', entry([pod('passed, no-endpoints')]), 'no-endpoints: no endpoints (8)', []],
    ['none does: there is none here', entry([pod('no-local-endpoints')]), 'no-endpoints: no endpoints on this node (9)', []],
    ['none does: another rule redirects', entry([pod('not-shown 0.5, elsewhere 0.5')]), 'unreached: redirected by SITE (10)', []],
    ['none does: nothing redirects', entry([pod('passed')]), 'unreached: not redirected', []],
    ['nobody knows', entry([pod('not-shown')]), 'unknown: KUBE-SEP-A is not in the dump', []],
    [
      'nobody knows of some',
      entry([pod('endpoint 0.5, not-shown 0.5')], { endpoints: 1, caveats: ['Cut.'] }),
      'leads: 1 endpoint, as far as shown',
      ['Others: KUBE-SEP-A is not in the dump.', 'Cut.'],
    ],
    ['no packet could be followed', entry([], { caveats: ['Cut.'] }), 'unknown: no packet could be followed', ['Cut.']],
    ['nothing leads to it', entry([pod('endpoint')], { kind: 'chain', isUnreached: true }), 'unreached: no rule leads to it', []],
    ['its health check is let through', entry([pod('passed')], { kind: 'health-check' }), 'serves: let through', []],
    [
      'its health check is let through, as far as shown',
      entry([pod('passed')], { kind: 'health-check', caveats: ['Cut.'] }),
      'leads: let through',
      ['Cut.'],
    ],
    [
      'its health check is refused',
      entry([pod('passed'), outside('refused')], { kind: 'health-check', caveats: ['Cut.'] }),
      'refuses: dropped in FORWARD (7)',
      ['Cut.'],
    ],
  ])('where %s', (_, judged, state, remarks) => {
    const found = entryState(judged);
    expect([told(found), found.remarks]).toEqual([state, remarks]);
  });
});

describe('the state of a Service', () => {
  const good = entry([pod('endpoint')]);
  const refused = entry([pod('refused')], { label: 'NodePort 30080/tcp', kind: 'node-port' });
  const limited = entry([pod('endpoint'), node('refused')], { label: '192.0.2.1:80/tcp', kind: 'external-ip' });
  const idle = entry([pod('no-endpoints')], { label: '10.96.0.1:81/tcp' });
  const unknown = entry([pod('not-shown')], { label: '10.96.0.1:82/tcp' });
  const unsure = entry([pod('endpoint')], { label: '10.96.0.1:83/tcp', caveats: ['A set decides.'] });

  it.each<readonly [what: string, entries: readonly JudgedEntry[], state: string, remarks: readonly string[]]>([
    ['no entry', [], 'unknown: the dump has no rule for it', []],
    ['one that serves', [good], 'serves: 2 endpoints', []],
    ['two that serve by the same endpoints', [good, { ...good, label: 'NodePort 30080/tcp' }], 'serves: 2 endpoints', []],
    ['one that is not sure', [good, unsure], 'leads: 2 endpoints, as far as shown', ['A set decides.']],
    ['one of two that refuses', [good, refused], 'limited: dropped in FORWARD at NodePort 30080/tcp (7)', []],
    ['all that refuse alike', [refused, { ...refused, label: 'NodePort 30081/tcp' }], 'refuses: dropped in FORWARD (7)', []],
    [
      'all that fail, each in its own way: what weighs most',
      [unknown, idle, refused],
      'refuses: dropped in FORWARD at NodePort 30080/tcp and 2 more (7)',
      [
        '10.96.0.1:82/tcp: KUBE-SEP-A is not in the dump.',
        '10.96.0.1:81/tcp: no endpoints.',
        'NodePort 30080/tcp: dropped in FORWARD.',
      ],
    ],
    [
      'one that serves some, which is named before what refuses',
      [refused, limited],
      'limited: only from a Pod at 192.0.2.1:80/tcp and 1 more (7)',
      ['NodePort 30080/tcp: dropped in FORWARD.', '192.0.2.1:80/tcp: only from a Pod.', 'Other packets: dropped in FORWARD.'],
    ],
    ['one that nobody knows of', [good, unknown], 'leads: KUBE-SEP-A is not in the dump at 10.96.0.1:82/tcp', []],
    [
      'a health check and a hostPort, which do not count',
      [good, { ...refused, kind: 'health-check' }, { ...refused, kind: 'host-port' }],
      'serves: 2 endpoints',
      [],
    ],
  ])('with %s', (_, entries, state, remarks) => {
    const found = serviceState(entries, null, '');
    expect([told(found), found.remarks]).toEqual([state, remarks]);
  });

  const drift = (
    status: ServiceDrift['status'],
    ...findings: readonly { readonly message: string; readonly line: number | null }[]
  ) => ({ namespace: 'shop', name: 'web', status, findings }) as unknown as ServiceDrift;

  it('is said beside what differs from the cluster', () => {
    const differs = drift(
      'differs',
      { message: 'Nowhere.', line: null },
      { message: 'Other port.', line: 4 },
      { message: 'Other port.', line: 5 },
    );
    const of = (entries: readonly JudgedEntry[], found = differs): readonly unknown[] => {
      const state = serviceState(entries, found, 'cluster.json');
      return [told(state), state.remarks];
    };
    expect(of([good], drift('in-sync'))).toEqual(['serves: 2 endpoints', []]);
    expect(of([good])).toEqual(['differs: differs from cluster.json, 2 endpoints (4)', ['Nowhere.', 'Other port.']]);
    expect(of([unsure])).toEqual([
      'differs: differs from cluster.json, 2 endpoints, as far as shown (4)',
      ['Nowhere.', 'Other port.', 'A set decides.'],
    ]);
    expect(of([good, refused])[0]).toBe('differs: differs from cluster.json, dropped in FORWARD at NodePort 30080/tcp (7)');
    expect(of([refused])[0]).toBe('refuses: dropped in FORWARD, differs from cluster.json (7)');
    expect(of([idle])[0]).toBe('no-endpoints: no endpoints, differs from cluster.json (8)');
    expect(of([])).toEqual(['differs: not in the dump, but in cluster.json (4)', ['Nowhere.', 'Other port.']]);
    expect(of([], drift('missing', { message: 'Nowhere.', line: null }))[0]).toBe(
      'differs: not in the dump, but in cluster.json',
    );
  });
});
