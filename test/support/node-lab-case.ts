/** A fault that is made on the lab's node, or what looks like one, with what the kernel does to packets and what the diagnosis must say. */
import { expect, it } from 'vitest';
import type { BundleFile } from '../../server/src/node/bundle-file.ts';
import { bundleFiles, codesOf, diagnosed, withChanges } from './bundles.ts';
import { addresses, type LabHost, type LabQuestion, type NodeLab } from './node-lab.ts';
import type { Heard } from './node-lab-agent.ts';
import { labsOfTests } from './node-labs.ts';
import { describeWith } from './requirements.ts';

const recorded = bundleFiles('healthy');
const textOf = (path: string): string => recorded.find((file) => file.path === path)?.text ?? '';

/** The recorded rules, without those that count by nfacct, which not every kernel has. */
export const labRules = textOf('iptables-save.txt')
  .replace(/^\[\d+:\d+\] /gm, '')
  .replace(/^.*-m nfacct .*\n/gm, '');
export const labCluster = textOf('cluster.json');

export const toWeb: LabQuestion = ['client0', { to: '10.96.10.80', dport: 80 }];
export const toCart: LabQuestion = ['client0', { to: '10.96.10.90', dport: 80 }];
export const nodePort: LabQuestion = ['client', { to: '172.18.0.2', dport: 30080 }];
export const nodePortOfCart: LabQuestion = ['client', { to: '172.18.0.2', dport: 30090 }];
export const query: LabQuestion = ['client0', { protocol: 'udp', to: '10.96.0.10', dport: 53 }];
export const toPod: LabQuestion = ['client0', { to: '10.42.0.11', dport: 8080 }];
/** From an address of the client that no link of the node has. */
export const farNodePort: LabQuestion = ['client', { from: '192.0.2.7', to: '172.18.0.2', dport: 30080 }];

type Script = string | ((lab: NodeLab) => string);

export interface LabCase {
  readonly what: string;
  /** Bash in the node's namespace, to make it and to take it away. */
  readonly make: Script;
  readonly undo?: string;
  /** The same in other namespaces, after and before it. */
  readonly others?: readonly (readonly [at: LabHost, make: string, undo: string])[];
  readonly rules?: string;
  /** The cluster's objects, where they are others than the recorded ones. */
  readonly cluster?: string;
  /** With the first cause of what does not arrive as it should; none where nothing is wrong with the question. */
  readonly ask: readonly (readonly [LabQuestion, Heard | 'unknown', code?: string])[];
  /** Whether nothing at all may be found: a healthy node that looks wrong. */
  readonly isHealthy?: true;
}

/** The bundle with the cluster, which no node has. */
export function labBundle(lab: NodeLab, cluster = labCluster): readonly BundleFile[] {
  return withChanges(
    lab.collect().filter(({ path }) => path !== 'kube-proxy.log'),
    { 'cluster.json': cluster },
  );
}

/** A question as it is asked of a diagnosis. */
export function asAsked([at, order]: LabQuestion): { readonly from: string; readonly to: string; readonly protocol: string } {
  return {
    from: order.from ?? addresses[at],
    to: order.to.includes(':') ? `[${order.to}]:${order.dport}` : `${order.to}:${order.dport}`,
    protocol: order.protocol ?? 'tcp',
  };
}

/** Makes a case, asks the kernel and the diagnosis, and expects the same of both. */
async function checkLabCase(lab: NodeLab, { make, undo, others, rules, cluster, ask, isHealthy }: LabCase): Promise<void> {
  lab.load(rules ?? labRules);
  try {
    lab.run('node', typeof make === 'string' ? make : make(lab));
    for (const [at, script] of others ?? []) lab.run(at, script);
    const heard: readonly string[] = await lab.askAll(ask.map(([question]) => question));
    const files = labBundle(lab, cluster);
    const said = ask.map(([question]) => diagnosed(files, asAsked(question)));
    const texts = (outcomes: readonly string[]): readonly string[] =>
      ask.map(([question], at) => `${asAsked(question).from} ${asAsked(question).to} ${outcomes[at]}`);
    // Where they differ the reasons are shown.
    const told = said.map((diagnosis, at) => {
      const { outcome } = diagnosis;
      return outcome === heard[at] || outcome === 'unknown' ? outcome : `${outcome}: ${codesOf(diagnosis).join(', ')}`;
    });
    expect(texts(told)).toEqual(texts(heard.map((each, at) => (ask[at]?.[1] === 'unknown' ? 'unknown' : each))));
    expect(ask.map(([, outcome], at) => (outcome === 'unknown' ? 'unknown' : heard[at]))).toEqual(
      ask.map(([, outcome]) => outcome),
    );
    for (const [at, diagnosis] of said.entries()) {
      const code = ask[at]?.[2];
      if (code !== undefined) {
        expect(codesOf(diagnosis)[0]).toBe(code);
        expect(diagnosis.causes[0]?.evidence[0]?.line).toBeGreaterThan(0);
        expect(diagnosis.causes[0]?.mend.length).toBeGreaterThan(0);
      }
      if (isHealthy === true) expect(codesOf(diagnosis)).toEqual([]);
    }
    if (isHealthy === true) expect(codesOf(diagnosed(files))).toEqual([]);
  } finally {
    for (const [at, , back] of others ?? []) lab.run(at, back);
    lab.run('node', undo ?? '');
  }
}

/** A test for each case, side by side on labs of their own. */
export function describeLabCases(title: string, cases: readonly LabCase[]): void {
  describeWith(['root', 'iptables'], title, () => {
    const withLab = labsOfTests();

    it.concurrent.each(cases)('$what', (each) => withLab((lab) => checkLabCase(lab, each)), 120_000);
  });
}
