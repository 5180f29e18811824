import { canonicalRule } from '../../server/src/ruleset/canonical.ts';
import { readWholeDocument, statementOf } from '../../server/src/syntax/document.ts';
import { notUnderstood } from '../../server/src/syntax/statement.ts';

/**
 * The rules of a text, in iptables-save's words: "-A INPUT -j DROP". In front stands the table where the text says it, and behind what is not known
 * for certain: "nat -A X -j Y (interfaces not shown)".
 */
export function rulesIn(text: string, fileName = 'rules.v4'): readonly string[] {
  return readWholeDocument(text, fileName)
    .lines.slice()
    .flatMap((line) => {
      const statement = statementOf(line);
      if (statement.kind !== 'rule') return [];
      const { table } = line.context;
      const unknown = statement.options.filter(({ instance }) => instance === notUnderstood).map(({ name }) => name);
      const doubts = [
        ...(statement.hidden.length === 0 ? [] : [`${statement.hidden.join(', ')} not shown`]),
        ...(unknown.length === 0 ? [] : [`not understood: ${unknown.join(' ')}`]),
        ...(statement.chain.text === '' ? ['chain not shown'] : []),
      ];
      const rule = canonicalRule(statement, line.context);
      return [`${table === undefined ? '' : `${table} `}${rule}${doubts.length === 0 ? '' : ` (${doubts.join('; ')})`}`];
    });
}
