import {
  entryKindNames,
  type FlowBadge,
  type FlowContrast,
  type FlowEdge,
  type FlowEntry,
  type FlowGraph,
  type FlowLeftOut,
  type FlowNode,
  type FlowNote,
  type FlowOrigin,
  type FlowPodRef,
  type FlowRoute,
  type FlowServiceRef,
  type FlowState,
  type MapEndpoint,
  type MapEntry,
  type MapService,
  type ServiceMap,
} from '../../../server/src/kube/flow/graph.ts';
import {
  type Check,
  isBoolean,
  isLine,
  isNumber,
  isString,
  keyOf,
  listOf,
  mapOf,
  oneOf,
  optional,
  orNull,
  record,
} from './check.ts';
import { nodeKindNames } from './format.ts';
import { stateTones } from './service-state.ts';

const isBadge: Check<FlowBadge> = record<FlowBadge>({
  kind: oneOf('masquerade', 'affinity', 'hairpin', 'mark', 'source-ranges', 'local-only'),
  label: isString,
  condition: isString,
  line: orNull(isLine),
});

const isService: Check<FlowServiceRef> = record<FlowServiceRef>({
  namespace: isString,
  name: isString,
  port: isString,
  portNumber: orNull(isNumber),
  protocol: isString,
  clusterIP: orNull(isString),
});

const isPod: Check<FlowPodRef> = record<FlowPodRef>({
  namespace: isString,
  name: isString,
  node: orNull(isString),
  zone: orNull(isString),
  ready: orNull(isBoolean),
  terminating: isBoolean,
});

const isState: Check<FlowState> = record<FlowState>({
  kind: keyOf(stateTones),
  words: isString,
  line: orNull(isLine),
  remarks: listOf(isString),
});

const isEntryKind = keyOf(entryKindNames);

const isEntry: Check<FlowEntry> = record<FlowEntry>({
  id: isString,
  kind: isEntryKind,
  ip: orNull(isString),
  port: orNull(isNumber),
  protocol: isString,
  label: isString,
});

const isContrast: Check<FlowContrast> = record<FlowContrast>({ kind: oneOf('only', 'changed'), words: isString });

const isNode: Check<FlowNode> = record<FlowNode>({
  id: isString,
  kind: keyOf(nodeKindNames),
  label: isString,
  detail: isString,
  table: orNull(isString),
  chain: orNull(isString),
  line: orNull(isLine),
  service: orNull(isService),
  pod: orNull(isPod),
  address: orNull(isString),
  shares: mapOf(isNumber),
  share: orNull(isNumber),
  badges: listOf(isBadge),
  drift: orNull(oneOf('stale', 'missing', 'differs')),
  packets: orNull(isNumber),
  contrast: optional(isContrast),
  to: optional(isString),
  state: optional(isState),
});

const isEdge: Check<FlowEdge> = record<FlowEdge>({
  from: isString,
  to: isString,
  line: orNull(isLine),
  rule: optional(orNull(isString)),
  probability: orNull(isNumber),
  condition: isString,
  packets: orNull(isNumber),
  contrast: optional(isContrast),
});

const isNote: Check<FlowNote> = record<FlowNote>({
  severity: oneOf('info', 'warning'),
  message: isString,
  line: orNull(isLine),
});

const isOrigin: Check<FlowOrigin> = record<FlowOrigin>({ words: isString, masqueraded: isNumber });

const isRoute: Check<FlowRoute> = record<FlowRoute>({
  entry: isString,
  origins: listOf(isOrigin),
  ends: orNull(mapOf(isNumber)),
});

const isLeftOut: Check<FlowLeftOut> = record<FlowLeftOut>({ notReady: isNumber, terminating: isNumber, elsewhere: isNumber });

const isMapEntry: Check<MapEntry> = record<MapEntry>({
  kind: isEntryKind,
  label: isString,
  state: isState,
  line: orNull(isLine),
});

const isMapEndpoint: Check<MapEndpoint> = record<MapEndpoint>({
  address: isString,
  pod: orNull(isPod),
  line: orNull(isLine),
});

const isMapService: Check<MapService> = record<MapService>({
  to: isString,
  namespace: isString,
  name: isString,
  state: isState,
  entries: listOf(isMapEntry),
  endpoints: listOf(isMapEndpoint),
  line: orNull(isLine),
});

const hasMapShape: Check<ServiceMap> = record<ServiceMap>({ services: listOf(isMapService) });

/** A map whose Services are told apart by what asks for them. */
const isMap: Check<ServiceMap> = (value): value is ServiceMap =>
  hasMapShape(value) && new Set(value.services.map(({ to }) => to)).size === value.services.length;

const hasShape: Check<FlowGraph> = record<FlowGraph>({
  title: isString,
  entries: listOf(isEntry),
  nodes: listOf(isNode),
  edges: listOf(isEdge),
  notes: listOf(isNote),
  routes: optional(listOf(isRoute)),
  leftOut: optional(isLeftOut),
  state: optional(isState),
  map: optional(isMap),
  source: isString,
});

/** A graph of the right shape whose node ids are unique and whose edges join nodes that are there. */
export const isFlowGraph: Check<FlowGraph> = (value): value is FlowGraph => {
  if (!hasShape(value)) return false;
  const ids = new Set(value.nodes.map((node) => node.id));
  return ids.size === value.nodes.length && value.edges.every((edge) => ids.has(edge.from) && ids.has(edge.to));
};
