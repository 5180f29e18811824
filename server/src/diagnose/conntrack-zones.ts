/** Zones of conntrack: an entry is for the packets of its own zone alone. */
import { createMemory } from '../base/memory.ts';
import type { ConntrackEntry } from '../node/records.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { Subject } from './subject.ts';

const known = createMemory<Ruleset, boolean>();

/** Whether rules give packets a zone (`-j CT --zone`): then which entries are whose is not told apart. */
function givesZones(ruleset: Ruleset): boolean {
  let told = known.get(ruleset);
  if (told === undefined) {
    told = ruleset.tables
      .filter(({ name }) => name === 'raw')
      .some(({ chains }) =>
        [...chains.values()].some(({ rules }) =>
          rules.some((line) => {
            const rule = ruleset.lines.at(line);
            return rule?.target === 'CT' && rule.text.includes('--zone');
          }),
        ),
      );
    known.set(ruleset, told);
  }
  return told;
}

/** Whether an entry can be for packets that meet the rules: those of Open vSwitch and of some network plugins are in zones of their own. */
export function isForPackets({ ruleset }: Subject, { zone }: ConntrackEntry): boolean {
  return zone === 0 || givesZones(ruleset);
}
