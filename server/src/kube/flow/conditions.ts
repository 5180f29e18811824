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
