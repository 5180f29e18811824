import { canonicalIP, withoutHostMask } from '../../base/ip.ts';
import { membersOf, setsOf } from '../../ruleset/sets.ts';
import type { Block, Text } from '../support/markup.ts';
import type { DumpState } from '../support/state.ts';

const mostMembers = 20;

/** A set of ipset's: its type, how many members it has, and the first of them with whose addresses they are. */
export function setBlocks(state: DumpState, name: string): readonly Block[] {
  const set = setsOf(state.ruleset).get(name);
  if (set === undefined) return [];
  const used = set.references.length === 1 ? '1 rule names it' : `${set.references.length} rules name it`;
  const title: Text = [{ strong: name }, ` set${set.type === undefined ? '' : ` of type ${set.type}`}, ${used}`];
  if (set.declarations.length === 0) {
    return [
      { kind: 'paragraph', text: title },
      {
        kind: 'paragraph',
        text: ['Its members are not in this file. ', { code: 'ipset save' }, ' prints them; they may stand beside a dump.'],
      },
    ];
  }
  const count = set.entries.length;
  const shown = membersOf(state.ruleset, set, mostMembers);
  return [
    { kind: 'paragraph', text: title },
    { kind: 'paragraph', text: count === 1 ? '1 member:' : count === 0 ? 'No members.' : `${count} members:` },
    ...(shown.length === 0 ? [] : [{ kind: 'list', items: shown.map((member) => memberText(state, member)) } as const]),
    ...(count > shown.length ? [{ kind: 'paragraph', text: `and ${count - shown.length} more` } as const] : []),
  ];
}

/** "10.96.0.1,tcp:443", and the Service or Pod behind its first address where the cluster knows it. */
function memberText(state: DumpState, member: string): Text {
  const ip = canonicalIP(withoutHostMask(member.split(',')[0] ?? ''));
  if (ip === undefined) return { code: member };
  const { cluster } = state.resolution();
  const service = cluster.servicesAt(ip)[0]?.service;
  if (service !== undefined) return [{ code: member }, ` Service ${service.namespace}/${service.name}`];
  const pod = cluster.podsAt(ip)[0];
  return pod === undefined ? { code: member } : [{ code: member }, ` Pod ${pod.namespace}/${pod.name}`];
}
