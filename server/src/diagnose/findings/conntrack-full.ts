import { command } from '../../base/shell-text.ts';
import { type Setting, setting } from '../../node/look-ups/sysctl.ts';
import { countOf } from '../../node/readers/conntrack-counts.ts';
import { numberedLines } from '../../node/readers/lines.ts';
import type { Evidence } from '../diagnosis.ts';
import type { Asked } from '../journey.ts';
import { accepted, atOnce, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import { settingEvidence } from '../signs.ts';
import type { Subject } from '../subject.ts';

/** Where conntrack's table is full, the first packet of every new connection is dropped (nf_conntrack_alloc). */
export const conntrackFull: NodeFinding = {
  codes: {
    'conntrack-full': 'The table of connections is full, or nearly so: new connections are dropped.',
    'conntrack-insert-failed':
      'Connections clash as they are written down: the first packet of some is dropped, as two DNS queries at a time.',
  },
  look: atOnce(look),
};

/** From this share on connections are dropped now and then, as entries are counted ahead. */
const nearlyFull = 0.95;
/** Below it what was dropped once says nothing of now. */
const fairlyFull = 0.75;
const mostlyFull = 0.9;
/** A few clashes are usual. */
const manyClashes = 50;

function countsEvidence({ facts }: Subject): readonly Evidence[] {
  const part = facts.conntrackCounts;
  const record = part?.records.find(({ counts }) => (counts.get('drop') ?? 0) > 0 || (counts.get('insert_failed') ?? 0) > 0);
  if (part === null || record === undefined) return [];
  const said = [...record.counts].filter(([name]) => ['drop', 'early_drop', 'insert_failed'].includes(name));
  return [{ file: part.file, line: record.line, text: said.map(([name, value]) => `${name}=${value}`).join(' ') }];
}

/** How many entries the list has, where the kernel's own count is not known. */
function entriesListed({ facts }: Subject): number {
  let count = 0;
  for (const { text } of numberedLines(facts.conntrack?.text ?? '')) if (text.includes('src=')) count += 1;
  return count;
}

function fullCause(subject: Subject, count: number, most: Setting, drops: number, countSetting: Setting | undefined) {
  const share = Math.floor((100 * count) / most.value);
  const dropped = drops > 0 ? `, and ${drops} packets were dropped for it so far` : '';
  return {
    code: 'conntrack-full',
    message: `Conntrack's table holds ${count} of ${most.value} connections (${share} %)${dropped}: where it is full, the first packet of every new connection is dropped, whatever the rules say ("nf_conntrack: table full, dropping packet").`,
    evidence: [
      ...(countSetting === undefined ? [] : [settingEvidence(countSetting)]),
      settingEvidence(most),
      ...countsEvidence(subject),
    ],
    confirm: [
      command`sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max`,
      command`conntrack -S`,
      command`dmesg | grep "table full"`,
    ],
    mend: [
      command`sysctl -w net.netfilter.nf_conntrack_max=${most.value * 2}`,
      command`kube-proxy: raise conntrack.maxPerCore, or conntrack.min, which it sets at its start`,
    ],
  };
}

function look(subject: Subject, asked: Asked | null): Looked {
  const { facts } = subject;
  const most = setting(facts, 'net.netfilter.nf_conntrack_max') ?? setting(facts, 'net.nf_conntrack_max');
  const counted = setting(facts, 'net.netfilter.nf_conntrack_count');
  const drops = facts.conntrackCounts === null ? 0 : countOf(facts.conntrackCounts, 'drop');
  const clashes = facts.conntrackCounts === null ? 0 : countOf(facts.conntrackCounts, 'insert_failed');
  const found = [];
  const fine: string[] = [];
  const isKnown = most !== undefined && most.value > 0 && (counted !== undefined || facts.conntrack !== null);
  if (isKnown) {
    // The list is printed before or after the count: the larger of both was there.
    const count = Math.max(counted?.value ?? 0, entriesListed(subject));
    const share = count / most.value;
    if (share >= nearlyFull || (drops > 0 && share >= fairlyFull)) {
      // What drops and is that full now is full time and again.
      const isFull = share >= 1 || (drops > 0 && share >= mostlyFull);
      found.push(
        foundCause(fullCause(subject, count, most, drops, counted), { ends: isFull ? accepted(asked) : [], concerns: true }),
      );
    } else {
      const before = drops > 0 ? `; it was full once: ${drops} packets were dropped since the node started` : '';
      fine.push(`Conntrack's table has room: ${count} of ${most.value} connections${before}.`);
    }
  }
  if (clashes >= manyClashes && found.length === 0) {
    const cause = {
      code: 'conntrack-insert-failed',
      message: `${clashes} connections could not be written down (insert_failed), as two packets opened the same one at a time or got the same port by SNAT: each lost its first packet. DNS queries for A and AAAA from one socket do so, which shows as delays of 5 seconds.`,
      evidence: countsEvidence(subject),
      confirm: [command`conntrack -S`],
      mend: [
        command`iptables with --random-fully for MASQUERADE (kube-proxy does so where it can)`,
        command`NodeLocal DNSCache, or "options single-request-reopen" in the Pods' resolv.conf`,
      ],
    };
    found.push(foundCause(cause, { concerns: asked?.packet.protocol === 'udp' }));
  }
  return { ...nothing, found, fine };
}
