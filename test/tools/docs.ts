/** `npm run docs`: writes the tables of the documentation, and the JSON schema, that say what the code says; with `--check` it only says whether they do. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { statusTable } from '../../server/src/cli/exit-statuses.ts';
import { manPage } from '../../server/src/cli/man-page.ts';
import { describedProgram } from '../../server/src/cli/program.ts';
import { nodeFindingCodes } from '../../server/src/diagnose/registry.ts';
import { expectationSchema } from '../../server/src/kube/expectation/keys.ts';
import { findingCodes } from '../../server/src/lint/registry.ts';
import { readOptions } from './read-options.ts';

const usage = `Usage: npm run docs [-- --check]

Writes the tables of the documentation, the manual page and the schema of expectations, of what the code says.
With --check it writes nothing, and ends with 1 where one of them says something else.
`;
const isCheck = readOptions(usage, { check: { type: 'boolean', default: false } }).check;
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
  { file: 'README.md', name: 'exit statuses', table: statusTable() },
  { file: 'docs/findings/README.md', name: 'findings', table: findings() },
];
/** The schema as JSON; as it is where it says the same, however it is laid out. */
function schemaText(before: string): string {
  const schema = expectationSchema();
  return before !== '' && isDeepStrictEqual(JSON.parse(before), schema) ? before : `${JSON.stringify(schema, null, 2)}\n`;
}

/** A file with its text as it is to be. */
const files = [
  ...tables.map(({ file, name, table }) => ({ file, text: (before: string) => fill(before, name, table) })),
  { file: 'schemas/packets.schema.json', text: schemaText },
  { file: 'docs/man/iptables-inspect.1', text: () => manPage(describedProgram()) },
];
for (const { file, text } of files) {
  const path = join(root, file);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const after = text(before);
  if (before === after) continue;
  if (isCheck) {
    console.error(`${file} does not say what the code says: npm run docs`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, after);
  }
}
