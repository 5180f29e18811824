/** What logs put in front of each line: journald, syslog, `kubectl logs --timestamps --prefix`, container runtimes, klog, docker compose. */

import { isStart } from './broken-lines.ts';

/** Pieces of which such a prefix is made, each at the place where the one before it ends. */
const pieces: readonly RegExp[] = [
  // "Nov 14 11:06:11 ", "2023-05-01T12:00:00.123456789Z ", "2023/05/01 12:00:00 "
  /(?:[A-Z][a-z]{2} {1,2}\d{1,2} |\d{4}[-/]\d\d[-/]\d\d[T ])\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?(?:[ \t]{1,4}|:[ \t]{1,4})/y,
  // "I0404 12:00:00.123456       1 proxier.go:1234] "
  /[IWEF]\d{4} \d\d:\d\d:\d\d\.\d{6} {1,8}\d{1,10} [\w.-]{1,80}:\d{1,6}\] ?/y,
  // "stdout F "
  /std(?:out|err) [FP] /y,
  // "[pod/kube-proxy-x2x9z/kube-proxy] ", "[  12.345678] "
  /\[[\w./: -]{1,120}\] ?/y,
  // "node-a kube-proxy[12085]: "
  /[\w.-]{1,64} [\w./@-]{1,64}(?:\[\d{1,10}\])?: /y,
  // "kube-proxy[12085]: "
  /[\w./@-]{1,64}\[\d{1,10}\]: /y,
  // "kube-proxy-1  | "
  /[\w.-]{1,64} {1,20}\| ?/y,
];

/** Where a line of a log begins to say something: behind its times, names and numbers; 0 where it begins with none of them. */
export function logPrefix(text: string): number {
  const indent = text.length - text.trimStart().length;
  let at = indent;
  for (let count = 0; count < pieces.length; count += 1) {
    const before = at;
    for (const piece of pieces) {
      piece.lastIndex = at;
      if (piece.test(text)) {
        at = piece.lastIndex;
        break;
      }
    }
    if (at === before) break;
  }
  return at === indent ? 0 : at;
}

/** What tools that ask several nodes put in front of each line of an answer. */
const nodePrefix = /^[\w.-]{1,64}: /;

/** Where what a line of a log, or of a node's answer, says may begin; 0 where nothing is known to stand in front of it. */
export function messageStart(text: string): number {
  const logged = logPrefix(text);
  if (logged > 0) return logged;
  const named = nodePrefix.exec(text)?.[0].length ?? 0;
  // A set has its name and type behind such words.
  return named > 0 && isStart(text.slice(named)) ? named : 0;
}
