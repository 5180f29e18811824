/** Settings of the kernel, as it takes them where two of them have a say. */
import type { NodeFacts } from '../facts.ts';

export interface Setting {
  readonly name: string;
  readonly value: number;
  readonly file: string;
  readonly line: number;
}

/** A setting that is a number; undefined where it is not known. */
export function setting({ sysctls }: NodeFacts, name: string): Setting | undefined {
  const found = sysctls?.values.get(name);
  if (found === undefined || !/^-?\d+$/.test(found.value)) return undefined;
  return { name, value: Number(found.value), file: found.file, line: found.line };
}

/** A setting of an interface. sysctl writes the dots of an interface's own name as slashes. */
export function interfaceSetting(facts: NodeFacts, family: 'ipv4' | 'ipv6', name: string, key: string): Setting | undefined {
  return (
    setting(facts, `net.${family}.conf.${name}.${key}`) ??
    (name.includes('.') ? setting(facts, `net.${family}.conf.${name.replaceAll('.', '/')}.${key}`) : undefined)
  );
}

/** The larger of what all interfaces and one have (rp_filter: IN_DEV_MAXCONF; route_localnet: IN_DEV_ORCONF); undefined where neither is known. */
export function largerSetting(facts: NodeFacts, name: string, key: string): Setting | undefined {
  const all = interfaceSetting(facts, 'ipv4', 'all', key);
  const own = interfaceSetting(facts, 'ipv4', name, key);
  if (all === undefined || own === undefined) return all ?? own;
  return own.value > all.value ? own : all;
}
