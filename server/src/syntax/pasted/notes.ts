/** What people write among and behind the rules that they show. */

/** What begins a note behind a rule: "<-- this one", "# and this", "← here". iptables puts a word that holds one of these in quotes. */
const noteStart = /^(?:#|<|\u2190|\u27f5|\u2b05|\u21d0|\/\/|\(|=>|-{2,3}>|\^{2,})/;

/** Where the words end that are a rule's own, in front of a note; undefined where no note stands behind it. */
export function endBeforeNote(text: string): number | undefined {
  let isQuoted = false;
  for (let at = 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at += 1;
    else if (code === 0x22) isQuoted = !isQuoted;
    else if (!isQuoted && (code === 0x20 || code === 0x09) && noteStart.test(text.slice(at + 1, at + 5))) return at;
  }
  return undefined;
}

/** Whether a line begins with a colon and declares no chain: "::1 localhost" of a hosts file, ":+1: same here" of a comment. */
export function isOtherColon(text: string): boolean {
  return /^:(?:[^\w\s]|[^\s:]{1,80}:)/.test(text);
}

const fewestWords = 4;

/** Whether a line is a sentence, or of another language than iptables': no rule that somebody wrote and that has a mistake in it. */
export function isProse(text: string): boolean {
  const words = text.trim().split(/\s+/, fewestWords * 4);
  if (/^[{}[\]<>|=]/.test(words[0] ?? '')) return true;
  return words.length >= fewestWords && /^["'(]?\p{L}/u.test(words[0] ?? '') && !words.some((word) => /^[-*:!]/.test(word));
}
