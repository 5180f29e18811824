/** Which table a listing is of (`iptables -S`, `-L`): its command says it, its file's name, or the chains that it begins with. */
import { lastPart } from '../base/last-part.ts';
import type { BundleFile } from './bundle-file.ts';

/** Base chains in the order in which a packet meets them, which is that of listings but for old kernels. */
const baseChains: readonly string[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/** The base chains of each table; security has those of filter, and nat of old kernels no INPUT. */
const tablesByChains: Readonly<Record<string, string>> = {
  'INPUT FORWARD OUTPUT': 'filter',
  'PREROUTING INPUT OUTPUT POSTROUTING': 'nat',
  'PREROUTING OUTPUT POSTROUTING': 'nat',
  'PREROUTING INPUT FORWARD OUTPUT POSTROUTING': 'mangle',
  'PREROUTING OUTPUT': 'raw',
};

const policies = /^-P (\S+) (?:ACCEPT|DROP)\b|^Chain (\S+) \(policy /gm;

function tableOfChains(text: string): string | undefined {
  const names = new Set([...text.matchAll(policies)].map(([, policy, listed]) => policy ?? listed ?? ''));
  const key = baseChains.filter((name) => names.has(name)).join(' ');
  return Object.hasOwn(tablesByChains, key) ? tablesByChains[key] : undefined;
}

const commandLine = /\b(ip6?tables)(?:-nft|-legacy)?((?: [^\n]{1,200})?)$/;

/**
 * "iptables -t nat -S" of a text that lists one table; empty for what is saved, and where nothing says the table. A command at its head says it
 * (`# iptables -t nat -S`), then a name like sosreport's ("iptables_-t_nat_-nvL").
 */
export function listingCommand(path: string, text: string): string {
  const lines = text.trimStart().slice(0, 2000);
  const [head = ''] = lines.split('\n', 1);
  const [, said, words = ''] = /^(?:-[PNA] |Chain )/.test(head) ? [] : (commandLine.exec(head.trimEnd()) ?? []);
  const body = said === undefined ? lines : lines.slice(head.length + 1).trimStart();
  const shape = /^-[PN] \S/.test(body) ? '-S' : /^Chain \S+ \(/.test(body) ? '-nvL' : undefined;
  if (shape === undefined) return '';
  const name = lastPart(path);
  const program = said ?? /^ip6?tables/.exec(name)?.[0];
  const ofCommand = said === undefined ? undefined : (/ (?:-t ?|--table[ =])(\w{3,8})\b/.exec(words)?.[1] ?? 'filter');
  const table = ofCommand ?? /_-t_(\w{3,8}?)(?:_|$)/.exec(name)?.[1] ?? tableOfChains(text);
  if (table !== undefined) return `${program ?? (name.includes('ip6') ? 'ip6tables' : 'iptables')} -t ${table} ${shape}`;
  return program === undefined || shape === '-S' ? '' : `${program} -t filter ${shape}`;
}

/** Tables that one text lists behind each other by `iptables -S`, each as a text of its own with its lines where they stood. */
export function listedTables(file: BundleFile): readonly BundleFile[] {
  const { path, text } = file;
  if (!/^\s*-P \S+ (?:ACCEPT|DROP)/.test(text.slice(0, 500))) return [file];
  const starts = startsOf(text);
  if (starts.length === 1 || starts.length > mostTables) return [file];
  return starts.map((start, at) => {
    const lines = text.slice(0, start).split('\n').length - 1;
    return { path, text: `${'\n'.repeat(lines)}${text.slice(start, starts[at + 1])}` };
  });
}

/** Of both families, and some listed twice. */
const mostTables = 20;

/** Where tables begin: policies stand in front of a table's chains and rules, each once. */
function startsOf(text: string): readonly number[] {
  const starts = [0];
  const seen = new Set<string>();
  let hasMore = false;
  let before = -1;
  let turn = 0;
  for (const { index, 1: option, 2: name = '' } of text.matchAll(/^-([PNA]) (\S+)/gm)) {
    if (option !== 'P') {
      hasMore = true;
      continue;
    }
    const order = baseChains.indexOf(name);
    if (order < before) turn = index;
    before = order;
    if (hasMore || seen.has(name)) {
      starts.push(hasMore ? index : turn);
      seen.clear();
      hasMore = false;
    }
    seen.add(name);
    if (starts.length > mostTables) break;
  }
  return starts;
}
