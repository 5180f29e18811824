import { findMatch } from '../catalog/lookup.ts';
import type { Family } from '../catalog/types.ts';
import { readStrictAddress } from '../catalog/values/addresses.ts';
import type { RuleOption } from './statement.ts';

/** The family that a rule's own words say: by an IPv6 address, or by an option or match that one family alone has. Undefined where none does. */
export function familyOfOptions(options: readonly RuleOption[]): Family | undefined {
  for (const { spec, values } of options) {
    if (spec === undefined) continue;
    const text = values[0]?.text ?? '';
    switch (spec.value?.type) {
      case 'networks':
      case 'network':
      case 'host':
      case 'address-range': {
        const first = text.split(/[/,-]/)[0] ?? '';
        if (first.includes(':') && readStrictAddress(first, 'ipv6') !== undefined) return 'ipv6';
        if (readStrictAddress(first, 'ipv4') !== undefined) return 'ipv4';
        break;
      }
      case 'nat-range':
        if (text.startsWith('[') || text.split(':').length > 2) return 'ipv6';
        break;
      case 'reject-type':
        if (text.startsWith('icmp6-')) return 'ipv6';
        if (text.startsWith('icmp-')) return 'ipv4';
        break;
      case 'match-name': {
        const families = findMatch(text)?.families;
        if (families?.length === 1) return families[0];
        break;
      }
      default:
    }
    const families = spec.extension === undefined ? spec.families : spec.extension.families;
    if (families.length === 1) return families[0];
  }
  return undefined;
}
