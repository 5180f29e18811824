/** `npm run docs`: writes the tables of the documentation that say what the code says; with `--check` it only says whether they do. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nodeFindingCodes } from '../../server/src/diagnose/registry.ts';
import { findingCodes } from '../../server/src/lint/registry.ts';

const root = resolve(import.meta.dirname, '../..');

interface Property {
  readonly default: unknown;
  readonly order: number;
  readonly markdownDescription: string;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(root, name), 'utf8'));
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function settings(): string {
  const { contributes } = read('package.json') as {
    readonly contributes: { readonly configuration: { readonly properties: Readonly<Record<string, Property>> } };
  };
  const texts = read('package.nls.json') as Readonly<Record<string, string>>;
  const rows = Object.entries(contributes.configuration.properties)
    .sort(([, a], [, b]) => a.order - b.order)
    .map(([name, property]) => {
      const text = texts[property.markdownDescription.slice(1, -1)] ?? property.markdownDescription;
      return `| \`${name}\` | \`${JSON.stringify(property.default)}\` | ${cell(text)} |`;
    });
  return ['| setting | default | what it does |', '|---|---|---|', ...rows].join('\n');
}

/** The table of findings, each with a link to its page. */
function findings(): string {
  const rows = [...findingCodes(), ...nodeFindingCodes()].map(([code, text]) => `| [${code}](${code}.md) | ${cell(text)} |`);
  return ['| code | what it says |', '|---|---|', ...rows].join('\n');
}

function fill(text: string, name: string, table: string): string {
  const [begin, end] = [`<!-- begin ${name}: written by npm run docs -->\n`, `\n<!-- end ${name} -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end.trimStart(), from);
  if (from < 0 || to < 0) throw new Error(`There is no place for ${name}.`);
  return `${text.slice(0, from)}${begin}${table}${end}${text.slice(to + end.length - 1)}`;
}

const tables = [
  { file: 'README.md', name: 'settings', table: settings() },
  { file: 'docs/findings/README.md', name: 'findings', table: findings() },
];
for (const { file, name, table } of tables) {
  const before = readFileSync(join(root, file), 'utf8');
  const after = fill(before, name, table);
  if (before === after) continue;
  if (process.argv.includes('--check')) {
    console.error(`${file} does not say what the code says: npm run docs`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(root, file), after);
  }
}
