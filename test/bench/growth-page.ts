/** The page of the documentation that says how quick the program is (`npm run bench -- --docs`). */
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import type { Growth, GrowthFigure } from './growth.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  /** In gigabytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  /** "iptables v1.8.9 (nf_tables)"; empty where it is not installed. */
  readonly iptables: string;
  /** How many processes wanted a processor in the last minutes, the measured ones among them. */
  readonly load: number;
}

/** The machine that this runs on. */
export function thisMachine(iptables: string): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memory: Math.round(totalmem() / 1e9),
    system: `${type()} ${release()}`,
    node: process.version,
    iptables,
    load: loadavg()[1] ?? 0,
  };
}

const headings: Readonly<Record<GrowthFigure['kind'], string>> = {
  iptables: 'Programs of iptables',
  command: 'The command line, whole processes',
  request: 'The language server',
};

function cell({ value, unit }: GrowthFigure): string {
  if (value === undefined) return '';
  return `${value >= 10 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1)} ${unit}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A table with a row for each thing that was measured and a column for each dump. */
function table(kind: GrowthFigure['kind'], dumps: readonly Growth[]): readonly string[] {
  const [first] = dumps;
  const measured = first?.figures.filter((figure) => figure.kind === kind) ?? [];
  return [
    row(['lines', ...dumps.map(({ lines }) => lines.toLocaleString('en-US'))]),
    row(['---', ...dumps.map(() => '---:')]),
    ...measured.map(({ what }) =>
      row([
        kind === 'request' ? what : what.replace(/^[^,]+/, '`$&`'),
        ...dumps.map(({ figures }) => {
          const figure = figures.find((each) => each.what === what);
          return figure === undefined ? '' : cell(figure);
        }),
      ]),
    ),
  ];
}

/** How many times as long a command takes beside `iptables-nft-restore --test` of the same dump; undefined where that was not measured. */
export function ratioOf({ figures }: Growth, what: string): number | undefined {
  const time = (name: string): number | undefined => figures.find((each) => each.what === name)?.value;
  const real = time('iptables-nft-restore --test');
  const ours = time(what);
  return real === undefined || ours === undefined ? undefined : ours / real;
}

/** The whole page as Markdown. */
export function growthPage(dumps: readonly Growth[], machine: Machine): string {
  const kinds = ['iptables', 'command', 'request'] as const;
  const ratios = dumps.map((dump) => {
    const ratio = ratioOf(dump, 'check');
    return ratio === undefined ? '' : ratio.toFixed(2);
  });
  return `${[
    '# How quick it is',
    '',
    'Written by `npm run bench -- --docs`; not edited by hand. Compare the columns of a row, and rows with iptables of the same table: seconds are those of one machine.',
    '',
    `- Machine: ${machine.cpu}, ${machine.cores} cores, ${machine.memory} GB; ${machine.system}; Node.js ${machine.node}${machine.iptables === '' ? '' : `; ${machine.iptables}`}.`,
    `- Dumps: what kube-proxy 1.34 writes for ${dumps.map(({ lines }) => Math.round((lines - 60) / 43).toLocaleString('en-US')).join(', ')} Services with ten endpoints each, ${dumps.map(({ bytes }) => `${(bytes / 1e6).toFixed(1)} MB`).join(', ')}.`,
    `- Programs run in turn; of each the quickest run counts (of the two largest dumps there is one). About ${machine.load.toFixed(0)} processes wanted the ${machine.cores} cores meanwhile: where that is more than one, other work slowed all of them.`,
    "- The cluster's snapshot is read by all commands that name a Service, by `resolve`, `drift` and `check --cluster`.",
    '- `check, once more`: the same content again, from the cache; the other commands keep nothing.',
    ...kinds.flatMap((kind) => ['', `## ${headings[kind]}`, '', ...table(kind, dumps)]),
    '',
    `\`check\` beside \`iptables-nft-restore --test\`: ${ratios.filter((ratio) => ratio !== '').join(', ') || 'not measured'} of it.`,
  ].join('\n')}\n`;
}
