import { readFileSync } from 'node:fs';
import { dump as yamlText } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { objectOnLine, placesOfObjects } from '../../server/src/cluster/object-places.ts';
import type { ObjectName } from '../../server/src/cluster/objects.ts';
import { fixturePath } from '../support/fixtures.ts';

interface Item {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const text = readFileSync(fixturePath('sample/cluster.json'), 'utf8');
const { items } = JSON.parse(text) as { readonly items: readonly Item[] };
const objects = items
  .filter(({ kind }) => kind === 'Service' || kind === 'Pod' || kind === 'Node')
  .map(({ kind, metadata }) => ({ kind, namespace: metadata.namespace ?? '', name: metadata.name }) as ObjectName);

/** kubectl does not indent the items of lists. */
function asKubectlItem(item: Item): string {
  return `- ${yamlText(item).trimEnd().replace(/\n/g, '\n  ')}\n`;
}

const printed: readonly (readonly [form: string, text: string])[] = [
  ['as the sample has it', text],
  [
    'as kubectl prints JSON',
    JSON.stringify({ apiVersion: 'v1', items, kind: 'List', metadata: { resourceVersion: '' } }, null, 4),
  ],
  ['as kubectl prints YAML', `apiVersion: v1\nitems:\n${items.map(asKubectlItem).join('')}kind: List\n`],
  ['as others print YAML', yamlText({ apiVersion: 'v1', kind: 'List', items })],
  ['as YAML documents', items.map((item) => `---\n${yamlText(item)}`).join('')],
  ['with carriage returns', text.replaceAll('\n', '\r\n')],
];

describe.each(printed)('a snapshot %s', (_, snapshot) => {
  const lines = snapshot.split('\n');

  it('has a place for each Service, Pod and Node, and tells back whose it is', () => {
    expect(objects.length).toBeGreaterThan(15);
    const places = runToEnd(placesOfObjects(lines));
    for (const object of objects) {
      const place = places.of(object);
      expect(place, `${object.kind} ${object.namespace}/${object.name}`).toBeDefined();
      expect(lines[place?.line ?? -1]?.slice(place?.start, place?.end)).toBe(object.name);
      expect(objectOnLine(lines, place?.line ?? -1)).toEqual(object);
    }
  });

  it('tells a Service from any of its lines', () => {
    const wanted: ObjectName = { kind: 'Service', namespace: 'booking', name: 'gateway' };
    const ports = lines.findIndex((line) => /nodePort"?: 30443/.test(line));
    expect(objectOnLine(lines, ports)).toEqual(wanted);
  });

  it('has no place for what it does not have', () => {
    const places = runToEnd(placesOfObjects(lines));
    for (const name of ['gateway', 'no-such']) {
      expect(places.of({ kind: 'Service', namespace: 'default', name })).toBeUndefined();
    }
    expect(objectOnLine(lines, 100_000)).toBeUndefined();
  });
});

describe('a snapshot on one line', () => {
  it('has no places', () => {
    const [first] = objects;
    if (first !== undefined) expect(runToEnd(placesOfObjects([JSON.stringify({ items })])).of(first)).toBeUndefined();
    expect(objectOnLine([JSON.stringify({ items })], 0)).toBeUndefined();
  });
});
