/** What the kernel refuses of a rule that iptables-restore reads: for its table, its chain, its protocol, or its matches' and target's options. */
import type { GivenOptions } from '../../catalog/extension.ts';
import { extensionData } from '../../catalog/lookup.ts';
import type { ExtensionSpec } from '../../catalog/types.ts';
import { protocolNumber } from '../../catalog/values/protocols.ts';
import { fault, faultOf, type ValueFault } from '../../catalog/values/values.ts';

/** What the kernel has against an extension with these options; undefined where nothing. */
export function kernelFault(spec: ExtensionSpec, given: GivenOptions): ValueFault | undefined {
  const data = extensionData(spec);
  return tableFault(spec, given) ?? hookFault(spec, given) ?? protocolFault(spec, given) ?? data.kernelCheck?.(given);
}

function tableFault({ name, tables }: ExtensionSpec, { table }: GivenOptions): ValueFault | undefined {
  if (table === undefined || tables === undefined || tables.includes(table)) return undefined;
  return fault('wrong-table', `the kernel refuses ${name} in the table ${table}: it is valid only in ${tables.join(' and ')}`);
}

function hookFault(spec: ExtensionSpec, given: GivenOptions): ValueFault | undefined {
  const { hook } = given;
  if (hook === undefined) return undefined;
  const always = spec.hooks;
  if (always !== undefined && !always.includes(hook)) {
    const list = `${always.join(', ')} and chains called from there`;
    return fault('wrong-chain', `the kernel refuses ${spec.name} in ${hook}: it is valid only in ${list}`);
  }
  const hooks = extensionData(spec).hooksWith?.(given);
  if (hooks === undefined || hooks.includes(hook)) return undefined;
  return fault(
    'wrong-chain',
    `the kernel refuses ${spec.name} with these options in ${hook}: it takes them only in ${hooks.join(', ')}`,
  );
}

function protocolFault(spec: ExtensionSpec, given: GivenOptions): ValueFault | undefined {
  const { name, protocols } = spec;
  const { protocolsIn = given.family, nativeInNft } = extensionData(spec);
  if (protocols === undefined || protocolsIn !== given.family) return undefined;
  const isNamed = protocols.some((protocol) => protocolNumber(protocol) === given.protocol);
  if (isNamed && !given.protocolNegated) return undefined;
  const list = protocols.map((protocol) => `-p ${protocol}`).join(' or ');
  if (nativeInNft?.(given) === true) {
    if (isNamed) return faultOf('legacy', 'needs-protocol', `the kernel refuses ${name} without ${list}`);
    if (given.backend !== 'legacy') return fault('needs-protocol', `${name.toUpperCase()} match requires '${list}'`);
  }
  return fault('needs-protocol', `the kernel refuses ${name} without ${list}`);
}
