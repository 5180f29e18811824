import type { SafeText } from '../../base/safe-text.ts';
import { command, shellWord } from '../../base/shell-text.ts';
import type { Family } from '../../catalog/types.ts';
import type { NodeCommand } from './fix.ts';

/** A command of these words; none where a word cannot be written down safely. */
export function nodeCommand(words: readonly string[], does: string): readonly NodeCommand[] {
  const written = words.map(shellWord);
  return written.every((word) => word !== undefined) ? [{ command: written.join(' ') as SafeText<'shell'>, does }] : [];
}

/** The program of a family: "ip6tables". */
export function iptablesOf(family: Family): string {
  return family === 'ipv6' ? 'ip6tables' : 'iptables';
}

/** `iptables -t nat -I PREROUTING ...` for a rule's words as iptables-save prints them; the first of these is the command. */
export function iptablesCommand(family: Family, table: string, text: string, does: string): readonly NodeCommand[] {
  const words = splitWords(text);
  return words === undefined ? [] : nodeCommand([iptablesOf(family), '-w', '-t', table, ...words], does);
}

/** The words of a rule as iptables-save prints it; undefined where a quote is not closed. */
function splitWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      isQuoted = !isQuoted;
      word ??= '';
    } else if (character === '\\' && isQuoted && at + 1 < text.length) {
      at += 1;
      word = (word ?? '') + text.charAt(at);
    } else if (character === ' ' && !isQuoted) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  return isQuoted ? undefined : words;
}

/** What has kube-proxy write all of its rules again: with kubectl where the node's name is known, else on the node itself. */
export function restartKubeProxy(node = ''): readonly NodeCommand[] {
  const does = 'ends kube-proxy on the node; it is started again and writes all of its rules anew';
  if (node === '') return [{ command: command`crictl ps --name '^kube-proxy$' -q | xargs -r crictl stop`, does }];
  return nodeCommand(
    ['kubectl', '-n', 'kube-system', 'delete', 'pod', '-l', 'k8s-app=kube-proxy', '--field-selector', `spec.nodeName=${node}`],
    does,
  );
}
