/** When a rule applies, in a few words, for edges and badges. */
import { hostPort, withoutHostMask } from '../../base/ip.ts';
import type { RuleOption, RuleStatement } from '../../syntax/statement.ts';
import { destinationPort, destinationPorts, singleAddress } from '../proxy/rule-values.ts';

function text(option: RuleOption): string {
  return option.values.map((value) => value.text).join(' ');
}

/** What a rule asks of a packet besides address and port: "from 10.244.0.0/16", "unless from this node"; empty for nothing. */
export function sourceCondition(rule: RuleStatement): string {
  const parts: string[] = [];
  for (const option of rule.options) {
    const not = option.negation !== undefined;
    switch (option.name) {
      case '--source':
        parts.push(`${not ? 'unless from' : 'from'} ${withoutHostMask(text(option))}`);
        break;
      case '--src-range':
        parts.push(`${not ? 'unless from' : 'from'} ${text(option)}`);
        break;
      case '--src-type':
        parts.push(`${not ? 'unless from' : 'from'} ${text(option) === 'LOCAL' ? 'this node' : `${text(option)} addresses`}`);
        break;
      case '--in-interface':
        parts.push(`${not ? 'unless in by' : 'in by'} ${text(option)}`);
        break;
      case '--out-interface':
        parts.push(`${not ? 'unless out by' : 'out by'} ${text(option)}`);
        break;
      case '--match-set':
        parts.push(`${not ? 'unless in set' : 'in set'} ${option.values[0]?.text ?? ''}`);
        break;
      case '--mark':
        parts.push(`${not ? 'unless marked' : 'marked'} ${text(option)}`);
        break;
      case '--physdev-is-in':
        parts.push(not ? 'not from a bridge port' : 'from a bridge port');
        break;
      default:
    }
  }
  return parts.join(', ');
}

/** "to 10.96.20.10:80", "to port 30080"; empty where the rule names neither address nor port. */
export function destinationCondition(rule: RuleStatement): string {
  const ip = singleAddress(rule, '--destination');
  const ports = destinationPorts(rule);
  const port = destinationPort(rule);
  if (ip !== undefined) return `to ${port === undefined ? ip : hostPort(ip, port)}`;
  const network = rule.options.find((option) => option.name === '--destination');
  if (network !== undefined) return `${network.negation === undefined ? 'to' : 'unless to'} ${withoutHostMask(text(network))}`;
  if (port !== undefined) return `to port ${port}`;
  return ports.length > 0 ? `to port ${ports.join(', ')}` : '';
}

/** Of a rule that takes clients which came before: "returning client, within 10800 s". */
export function returningCondition(rule: RuleStatement | undefined): string {
  const seconds = rule?.options.find(({ name }) => name === '--seconds')?.values[0]?.text ?? '';
  return seconds === '' ? 'returning client' : `returning client, within ${seconds} s`;
}

const ofAffinity: ReadonlySet<string> = new Set(['--rcheck', '--set', '--seconds', '--reap', '--name', '--mask', '--rsource']);
const masksOfOne: ReadonlySet<string> = new Set(['255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']);

/**
 * What `-m recent` asks of a packet as kube-proxy's session affinity uses it; empty where it only remembers the client, undefined where it asks
 * something else, and where a rule has no such match.
 */
export function affinityCondition(rule: RuleStatement): string | undefined {
  const own = rule.options.filter(({ spec }) => spec?.extension?.name === 'recent');
  const textOf = (name: string): string => own.find((option) => option.name === name)?.values[0]?.text ?? '';
  const isOfOne = own.every(({ name, values }) => name !== '--mask' || masksOfOne.has(values[0]?.text ?? ''));
  const isPlain = own.every(({ name, negation }) => ofAffinity.has(name) && negation === undefined);
  if (!isPlain || !isOfOne || !textOf('--name').startsWith('KUBE-SEP-')) return undefined;
  return own.some(({ name }) => name === '--set') ? '' : returningCondition(rule);
}
