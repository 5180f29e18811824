/** A map of Services as an indented list, for screen readers, for who likes text better, and for exported files. */
import { count } from '../../../server/src/base/counted.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { namespaceSentence } from '../layout/map-boxes.ts';
import { readiness } from '../model/format.ts';
import { entryName, type ListedService, type MapIndex } from '../model/map-graph.ts';
import { type MapPlanOptions, type PlannedNamespace, type PlannedService, planMap } from '../model/map-plan.ts';
import { isFault, stateText } from '../model/service-state.ts';
import type { TextItem } from './text-tree.ts';

/** An item before its place among its siblings is known. */
interface Listed {
  readonly id: string;
  readonly text: string;
  readonly expanded: boolean | null;
  readonly below: readonly Listed[];
}

function leaf(id: string, text: string): Listed {
  return { id, text, expanded: null, below: [] };
}

function podItem(node: FlowNode): Listed {
  const ready = readiness(node);
  return leaf(
    node.id,
    [node.label, node.detail, ready]
      .filter((part) => part !== '')
      .map(drawingText)
      .join(', '),
  );
}

function entryItem({ service }: ListedService, node: FlowNode, at: number): Listed {
  const entry = service.entries[at];
  const name = entry === undefined ? '' : entryName(entry);
  const state = node.state !== undefined && isFault(node.state) ? `: ${stateText(node.state)}` : '';
  return leaf(node.id, drawingText(`${name === '' ? '' : `${name} `}${node.label}${state}`));
}

function serviceItem({ listed, isOpen }: PlannedService): Listed {
  const { node, entries, hosts } = listed;
  const parts: readonly Listed[] = [
    ...entries.map((entry, at) => entryItem(listed, entry, at)),
    ...hosts.flatMap((host): readonly Listed[] => {
      const pods = host.pods.map(podItem);
      if (host.node === null) return pods;
      return [{ id: host.node.id, text: drawingText(`${host.node.label}, ${host.node.detail}`), expanded: null, below: pods }];
    }),
  ];
  const text = drawingText(`${node.label}: ${node.detail}`);
  return { id: node.id, text, expanded: parts.length === 0 ? null : isOpen, below: isOpen ? parts : [] };
}

function namespaceItem({ namespace, isOpen, shown, rest, behind }: PlannedNamespace): Listed {
  const services = shown.map(serviceItem);
  const others: readonly Listed[] =
    rest === null
      ? []
      : [{ id: rest.id, text: `${rest.label}: ${rest.detail}`, expanded: rest.isOpen, below: behind.map(serviceItem) }];
  return { id: namespace.node.id, text: namespaceSentence(namespace), expanded: isOpen, below: [...services, ...others] };
}

function placed(items: readonly Listed[], level: number, parent: string | null): readonly TextItem[] {
  return items.flatMap(({ id, text, expanded, below }, at): readonly TextItem[] => {
    const key = `${parent ?? ''}/${id}`;
    const item = { key, id, level, branch: '', text, packets: null, expanded, repeated: false, place: at + 1 };
    return [{ ...item, siblings: items.length, parent }, ...placed(below, level + 1, key)];
  });
}

/** The list of what is seen of a map. */
export function mapItems(map: MapIndex, options: MapPlanOptions): readonly TextItem[] {
  return placed(planMap(map, options).namespaces.map(namespaceItem), 1, null);
}

/** The list of all there is on a map. */
export function allMapItems({ namespaces }: MapIndex): readonly TextItem[] {
  const whole = namespaces.map(({ node, services }): Listed => {
    const below = services.map((listed) => serviceItem({ listed, isOpen: true }));
    return { id: node.id, text: namespaceSentence({ node, services }), expanded: true, below };
  });
  return placed(whole, 1, null);
}

/** "3 Services", for a page's title and for who listens. */
export function mapSize({ namespaces }: MapIndex): string {
  return count(namespaces.reduce((sum, { services }) => sum + services.length, 0));
}
