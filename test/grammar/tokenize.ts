import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';

const root = resolve(import.meta.dirname, '../..');

export interface GrammarToken {
  readonly text: string;
  /** The innermost scope without its ".iptables"; empty where only the file has one. */
  readonly scope: string;
}

async function loadGrammar(): Promise<textmate.IGrammar> {
  const wasm = join(dirname(createRequire(import.meta.url).resolve('vscode-oniguruma')), 'onig.wasm');
  // A copy, as an ArrayBuffer of its own: a Buffer is a window into a pool.
  await oniguruma.loadWASM(new Uint8Array(readFileSync(wasm)).buffer);
  const registry = new textmate.Registry({
    onigLib: Promise.resolve({
      createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
      createOnigString: (text) => new oniguruma.OnigString(text),
    }),
    loadGrammar: async () =>
      textmate.parseRawGrammar(readFileSync(join(root, 'grammars/iptables.tmLanguage.json'), 'utf8'), 'iptables.json'),
  });
  const grammar = await registry.loadGrammar('source.iptables');
  if (grammar === null) throw new Error('The grammar could not be loaded.');
  return grammar;
}

const loaded = loadGrammar();

/** The tokens of each line as VS Code's own engine makes them, without those that are white space only. */
export async function tokenize(text: string): Promise<readonly (readonly GrammarToken[])[]> {
  const grammar = await loaded;
  let stack = textmate.INITIAL;
  return text.split('\n').map((line) => {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, stack);
    stack = ruleStack;
    return tokens
      .map((token) => {
        const scope = token.scopes.at(-1) ?? '';
        return {
          text: line.slice(token.startIndex, token.endIndex).trim(),
          scope: scope === 'source.iptables' ? '' : scope.replace(/\.iptables$/, ''),
        };
      })
      .filter((token) => token.text !== '');
  });
}
