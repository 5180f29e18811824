/** A dump with the names of its chains as comments, which iptables-restore loads as it loads the dump. */

import { withText } from '../../base/json-steps.ts';
import { oneLine } from '../../base/safe-text.ts';
import { type Steps, statementsBetweenPauses, textRunSteps } from '../../base/steps.ts';
import { type Chain, tableAt } from '../../ruleset/ruleset.ts';
import type { SourceDocument } from '../../syntax/document.ts';
import type { Line } from '../../syntax/line.ts';
import type { Lines } from '../../syntax/lines.ts';
import type { Resolution } from './chain-identity.ts';
import { chainTitle } from './titles.ts';

/** The text of a dump with comments above lines, and how many there are. */
export interface AnnotatedDump {
  /** With the line ends of the dump. */
  readonly text: string;
  readonly comments: number;
}

/** iptables-restore takes 10,239 bytes of a line. */
const longestTitle = 1000;

/**
 * A dump with comments that say whose chains are: above the declaration of a chain, above the first of its rules, and above a rule that jumps to one
 * without naming it. Each reads "# KUBE-SVC-... is shop/web:http". Lines that are no restore input have none, and neither has one that
 * stands below such a comment already.
 */
export function* annotateSteps(document: SourceDocument, resolution: Resolution): Steps<AnnotatedDump> {
  const { lines } = document;
  const pieces: string[] = document.byteOrderMark ? ['\ufeff'] : [];
  let comments = 0;
  for (const [number, line] of lines.entries()) {
    if (number % statementsBetweenPauses === 0) yield;
    const end = number === lines.length - 1 ? '' : line.carriageReturn ? '\r\n' : '\n';
    for (const comment of commentsAbove(resolution, number, line)) {
      if (isThere(lines, number, comment)) continue;
      pieces.push(comment, line.carriageReturn ? '\r\n' : '\n');
      comments += 1;
    }
    pieces.push(line.text, end);
  }
  return withText({ comments }, yield* textRunSteps(pieces, ''));
}

/** Whether the comments directly above a line hold this one. */
function isThere(lines: Lines, number: number, comment: string): boolean {
  for (let above = number - 1; lines.at(above)?.kind === 'comment'; above -= 1)
    if (lines.at(above)?.text === comment) return true;
  return false;
}

function* commentsAbove(resolution: Resolution, number: number, line: Line): Generator<string> {
  const { kind, name, target, listing, prefix, context, text } = line;
  if ((kind !== 'chain' && kind !== 'rule') || listing || prefix > 0 || context.within !== undefined) return;
  const chains = tableAt(resolution.ruleset, number)?.chains;
  const own = chains?.get(name);
  const isFirst = own !== undefined && (kind === 'chain' || own.rules[0] === number);
  if (isFirst) yield* commentOn(resolution, own, '');
  const other = kind === 'rule' && target !== '' ? chains?.get(target) : undefined;
  if (other !== undefined && other !== own) yield* commentOn(resolution, other, text);
}

/** Nothing where the line says it itself. */
function* commentOn(resolution: Resolution, chain: Chain, said: string): Generator<string> {
  const title = chainTitle(resolution, chain);
  if (title === '') return;
  const { service, endpoint } = resolution.chain(chain);
  const named = endpoint?.pod?.name ?? (endpoint === null ? service?.name : endpoint.ip);
  if (said !== '' && named !== undefined && said.includes(named)) return;
  yield `# ${oneLine(chain.name)} is ${oneLine(title).slice(0, longestTitle)}`;
}
