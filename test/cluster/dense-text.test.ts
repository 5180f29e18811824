import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { isTooDense } from '../../server/src/cluster/dense-text.ts';
import { readSnapshot } from '../../server/src/cluster/snapshot.ts';

function failureOf(text: string): string {
  const result = readSnapshot(text, 'cluster.json', 0);
  return result.ok ? '' : result.error.message;
}

// Each of these took 1 to 2 GB for 30 MB of text, and the memory of the whole program for 100 MB.
describe('a snapshot that holds more than any cluster is refused before it is read', () => {
  it.each([
    ['objects with nothing in them', '{"kind":"List","items":[', '{},', ']}'],
    ['lists in lists', '{"kind":"List","items":', '[', ''],
    ['lines of YAML', 'kind: List\nitems: |\n', ' x\n', ''],
    ['a list of YAML on one line', 'kind: List\nitems: [', 'a,', ']'],
  ])('%s', (_what, head, piece, tail) => {
    const text = head + piece.repeat(12_000_001) + tail;
    expect(failureOf(text)).toMatch(
      /^This holds more than 12,000,000 lists, objects and lines, as no cluster does\. Save what "kubectl/,
    );
  });

  it('YAML of another layout than that of kubectl, which is read at once', () => {
    const text = `kind: List\nitems: [\n${'a,\n'.repeat(1_500_001)}]\n`;
    expect(failureOf(text)).toMatch(/^What begins at line 1 holds more than 3,000,000 values\. Save what/);
  });

  it.each([
    ['Service', 'ports', '"spec":{"ports":[', '{"port":80}', ']}'],
    ['EndpointSlice', 'endpoints', '"addressType":"IPv4","endpoints":[', '{"addresses":["10.0.0.1"]}', ']'],
  ])('a %s with more %s than the API server takes', (kind, what, head, piece, tail) => {
    const object = (count: number): string =>
      `{"kind":"List","items":[{"kind":"${kind}","metadata":{"name":"web","namespace":"shop"},${head}${Array(count).fill(piece).join(',')}${tail}}]}`;
    expect(failureOf(object(100_001))).toMatch(`The ${kind} "web" has 100,001 ${what}, as none can. Save what`);
    expect(failureOf(object(1_500))).toBe('');
  });

  it('counts lists and objects whole, plain values by fours, and in YAML lines and parts whole', () => {
    const dense = (text: string, isYaml = false): boolean => runToEnd(isTooDense(text, isYaml, 8));
    expect(['[[[[[[[[ ', '{{{{{{{{ ', '[,,,,,,,,,,,,,,,,,,,,,,,,,,,, '].map((text) => dense(text))).toEqual([
      false,
      false,
      false,
    ]);
    expect(['[[[[[[[[[', '{{{{{{{{{', `[${','.repeat(29)}`].map((text) => dense(text))).toEqual([true, true, true]);
    expect(['\n\n\n\n\n\n\n\n ', '\n\n\n\n\n\n\n\n\n', ',,,,,,,,,'].map((text) => dense(text, true))).toEqual([
      false,
      true,
      true,
    ]);
  });
});
