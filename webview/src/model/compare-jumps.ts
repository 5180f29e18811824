/** What the jumps of a box that two flows have differ in. */
import { counted } from '../../../server/src/base/counted.ts';
import { percentText } from '../../../server/src/base/percent.ts';
import { drawingText } from '../../../server/src/base/safe-text.ts';
import type { FlowContrast, FlowEdge, FlowNode } from '../../../server/src/kube/flow/graph.ts';
import { groupBy } from './collect.ts';
import {
  type Contrasts,
  changedTarget,
  type Findings,
  type Jump,
  nameFirst,
  onlyHere,
  type Side,
  sameShare,
  swapped,
} from './compare-sides.ts';
import { nameIn } from './flow-difference.ts';

const mostNamed = 3;

/** What the jumps of a box that both have differ in. */
export function findJumps(found: Findings, node: FlowNode): void {
  const own = found.before.jumps.get(node.id) ?? [];
  const others = found.after.jumps.get(node.id) ?? [];
  const target = changedTarget(own, others);
  if (target !== null) {
    pushTarget(found, node, target);
    return;
  }
  const shares: (readonly [Jump, Jump])[] = [];
  const lone = { before: [] as Jump[], after: [] as Jump[] };
  const key = ({ to, condition }: Jump): string => `${to}\n${condition}`;
  const byKey = groupBy(others, key);
  for (const jump of own) {
    const same = byKey.get(key(jump)) ?? [];
    const match = same.find(({ probability }) => (probability === null) === (jump.probability === null));
    if (match === undefined) lone.before.push(jump);
    else if (Math.abs((jump.probability ?? 0) - (match.probability ?? 0)) > sameShare) shares.push([jump, match]);
  }
  const ownByKey = groupBy(own, key);
  for (const jump of others) {
    const same = ownByKey.get(key(jump)) ?? [];
    if (!same.some(({ probability }) => (probability === null) === (jump.probability === null))) lone.after.push(jump);
  }
  pushLone(found, node, lone);
  const inOrder = shares.toSorted(([a], [b]) => (a.to < b.to ? -1 : Number(a.to > b.to)));
  if (shares.length > 0) pushShares(found, node, inOrder);
}

function targetName(side: Side, { to }: Jump): string {
  const node = side.nodes.get(to);
  return node === undefined ? to : drawingText(nameIn(side.graph, node));
}

function contrastEdges(contrasts: Contrasts<FlowEdge>, { edges }: Jump, contrast: FlowContrast): void {
  for (const edge of edges) contrasts.set(edge, contrast);
}

function pushTarget(found: Findings, node: FlowNode, [own, other]: readonly [Jump, Jump]): void {
  const { before, after } = found;
  contrastEdges(found.edges.before, own, { kind: 'changed', words: 'another target there' });
  contrastEdges(found.edges.after, other, { kind: 'changed', words: 'another target there' });
  found.differences.push({
    kind: 'target',
    side: null,
    before: [node.id, own.to],
    after: [node.id, other.to],
    text: `${nameFirst(before, node)} leads to ${targetName(before, own)} in ${before.name}, to ${targetName(after, other)} in ${after.name}`,
    about: node.kind,
  });
}

/** Jumps that one flow alone has: those to boxes that it alone has are told by these, two to one box are a change of their condition. */
function pushLone(
  found: Findings,
  node: FlowNode,
  lone: { readonly before: readonly Jump[]; readonly after: readonly Jump[] },
): void {
  const { before, after } = found;
  const taken = new Set<Jump>();
  for (const jump of lone.before) {
    const other = lone.after.find((candidate) => candidate.to === jump.to && !taken.has(candidate));
    if (other === undefined) continue;
    taken.add(jump).add(other);
    contrastEdges(found.edges.before, jump, { kind: 'changed', words: `there ${wayText(other)}` });
    contrastEdges(found.edges.after, other, { kind: 'changed', words: `there ${wayText(jump)}` });
    found.differences.push({
      kind: 'condition',
      side: null,
      before: [node.id, jump.to],
      after: [node.id, other.to],
      text: `${nameFirst(before, node)} to ${targetName(before, jump)}: ${wayText(jump)} in ${before.name}, ${wayText(other)} in ${after.name}`,
      about: node.kind,
    });
  }
  for (const side of ['before', 'after'] as const) {
    for (const jump of lone[side]) {
      if (taken.has(jump) || !found[swapped(side)].nodes.has(jump.to)) continue;
      contrastEdges(found.edges[side], jump, onlyHere);
      const ids = [node.id, jump.to];
      found.differences.push({
        kind: 'jump',
        side,
        before: ids,
        after: ids,
        text: `The jump from ${drawingText(nameIn(found[side].graph, node))} to ${targetName(found[side], jump)}${jump.condition === '' ? '' : `, ${wayText(jump)},`} is only in ${found[side].name}`,
        about: node.kind,
      });
    }
  }
}

/** When a jump is taken: "from 203.0.113.0/24", "33.3 %", "always". */
function wayText({ probability, condition }: Jump): string {
  const share = probability === null ? '' : percentText(probability);
  const text = [condition === '' ? share : '', drawingText(condition)].filter((part) => part !== '').join(' ');
  return text === '' ? 'always' : text;
}

function pushShares(found: Findings, node: FlowNode, shares: readonly (readonly [Jump, Jump])[]): void {
  const { before, after } = found;
  for (const [own, other] of shares) {
    contrastEdges(found.edges.before, own, { kind: 'changed', words: `${percentText(other.probability ?? 0)} there` });
    contrastEdges(found.edges.after, other, { kind: 'changed', words: `${percentText(own.probability ?? 0)} there` });
  }
  const pair = ([own, other]: readonly [Jump, Jump]): string =>
    `${percentText(own.probability ?? 0)} in ${before.name}, ${percentText(other.probability ?? 0)} in ${after.name}`;
  const byPair = [...groupBy(shares, pair)];
  const told = byPair.slice(0, mostNamed).map(([words, members]) => {
    const [first] = members;
    const whose =
      members.length > 1 || first === undefined
        ? `${counted(members.length, 'target')} get`
        : `${targetName(before, first[0])} gets`;
    return `${whose} ${words}`;
  });
  const more = byPair.length > mostNamed ? `; and ${counted(byPair.length - mostNamed, 'more share')}` : '';
  found.differences.push({
    kind: 'share',
    side: null,
    before: [node.id, ...shares.map(([{ to }]) => to)],
    after: [node.id, ...shares.map(([, { to }]) => to)],
    text: `${nameFirst(before, node)}: ${told.join('; ')}${more}`,
    about: node.kind,
  });
}
