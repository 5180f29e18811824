import {
  dialogText,
  hoverText,
  labelText,
  markdownCode,
  markdownCommand,
  markdownText,
  notificationText,
  statusText,
  terminalText,
  xmlText,
} from '../../server/src/base/safe-text.ts';
import { runToEnd } from '../../server/src/base/steps.ts';
import { flowFor, flowTargetsOf } from '../../server/src/features/flow.ts';
import { flowDot } from '../../webview/src/export/dot.ts';
import { flowHtml } from '../../webview/src/export/html.ts';
import { flowMermaid } from '../../webview/src/export/mermaid.ts';
import { flowSvg } from '../../webview/src/export/svg.ts';
import { dumpState } from '../support/dump-state.ts';
import { type Attack, hostileText } from './attack.ts';

/** What cannot be seen, or turns what stands beside it: control but for line ends and tabs, bidirectional, zero-width, tags, halves of pairs. */
const unseen = /(?![\n\t])[\p{Cc}\p{Cs}]|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/u;
/** What VS Code makes a link of (its `linkedText.ts`). */
const link = /\[[^\]]*\]\((?:https?:|command:|file:)[^)\s]+/i;

const ways: readonly (readonly [string, (text: string) => string, RegExp])[] = [
  ['notification', notificationText, link],
  ['dialog', dialogText, link],
  ['status', statusText, /\[[^\]]*\]\([a-z]+:[^)\s]+|\$\([a-z]/i],
  ['label', labelText, /\$\([a-z]/],
  ['terminal', terminalText, /\n/],
  ['hover', hoverText, /\n/],
  ['markdown', markdownText, /<|(?<!\\)[[\]`*]/],
  ['code', markdownCode, /\n/],
  ['command', markdownCommand, /\n/],
  ['xml', xmlText, /[<>"']/],
];

/** Hostile text by each way out. */
export const text: Attack = {
  name: 'text',
  claim: 'nothing hidden and no link leaves by any way out',
  attempt: (below) => {
    const hostile = hostileText(below);
    for (const [name, make, forbidden] of ways) {
      const safe: string = make(hostile);
      if (unseen.test(safe) || forbidden.test(safe))
        throw new Error(`${name}: ${JSON.stringify(hostile)} -> ${JSON.stringify(safe)}`);
    }
  },
};

/** Anything that a browser would run, load or follow. */
const active = /<\s*(?:script|iframe|img|object|embed|foreignObject|a)\b|\son[a-z]+\s*=|(?:href|src)\s*=\s*"(?!#|")/i;

/** A dump with hostile words wherever a name may stand. */
function hostileDump(below: (bound: number) => number): string {
  const word = (): string =>
    JSON.stringify(
      hostileText(below)
        .replace(/[\n\r]/g, ' ')
        .slice(0, 200),
    );
  return `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-TCOU7JCQXEZGVUNU - [0:0]
:KUBE-SEP-LGKJGPHTANOQUJ7I - [0:0]
-A PREROUTING -m comment --comment ${word()} -j KUBE-SERVICES
-A OUTPUT -m comment --comment ${word()} -j KUBE-SERVICES
-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m comment --comment ${word()} -m udp --dport 53 -j KUBE-SVC-TCOU7JCQXEZGVUNU
-A KUBE-SVC-TCOU7JCQXEZGVUNU -m comment --comment ${word()} -j KUBE-SEP-LGKJGPHTANOQUJ7I
-A KUBE-SEP-LGKJGPHTANOQUJ7I -p udp -m comment --comment ${word()} -m udp -j DNAT --to-destination 10.244.0.3:53
COMMIT
`;
}

/** Hostile text in a drawing. */
export const exports: Attack = {
  name: 'exports',
  claim: 'an exported drawing has no script, no link and nothing hidden',
  attempt: (below) => {
    const state = dumpState(hostileDump(below));
    const to = runToEnd(flowTargetsOf(state)).targets[0]?.to ?? '10.96.0.10:53/udp';
    const result = runToEnd(flowFor(state, to));
    if (result.kind !== 'flow') return;
    const { graph } = result;
    const found = [
      ['svg', flowSvg(graph), active],
      ['html', flowHtml(graph), active],
      ['mermaid', flowMermaid(graph), /^\s*(?:click|%%\{)|<script/m],
      ['dot', flowDot(graph), /\b(?:URL|href|image)\s*=/],
    ] as const;
    for (const [format, drawn, forbidden] of found) {
      const match = forbidden.exec(drawn) ?? unseen.exec(drawn);
      if (match !== null)
        throw new Error(`${format}: ${JSON.stringify(drawn.slice(Math.max(0, match.index - 80), match.index + 80))}`);
    }
  },
};
