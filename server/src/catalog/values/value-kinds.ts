/** Value kinds that several options share. */
import type { ValueKind } from '../types.ts';

export const uint8: ValueKind = { type: 'uint', bits: 8 };
export const uint16: ValueKind = { type: 'uint', bits: 16 };
export const uint32: ValueKind = { type: 'uint', bits: 32 };
export const hex32: ValueKind = { type: 'uint', bits: 32, print: 'hex' };
export const uint32Range: ValueKind = { type: 'uint-range', bits: 32 };
export const hex32Range: ValueKind = { type: 'uint-range', bits: 32, print: 'hex' };
export const uint16Range: ValueKind = { type: 'uint-range', bits: 16 };
export const text: ValueKind = { type: 'text' };
export const network: ValueKind = { type: 'network' };
export const host: ValueKind = { type: 'host' };
export const addressRange: ValueKind = { type: 'address-range' };
export const port: ValueKind = { type: 'port' };
export const portRange: ValueKind = { type: 'port-range' };
export const orderedPortRange: ValueKind = { type: 'ordered-port-range' };
export const multiport: ValueKind = { type: 'multiport' };
export const protocol: ValueKind = { type: 'protocol' };
export const interfaceName: ValueKind = { type: 'interface' };
export const mac: ValueKind = { type: 'mac' };
export const mark: ValueKind = { type: 'mark' };
export const tos: ValueKind = { type: 'tos' };
export const bitRate: ValueKind = { type: 'bit-rate' };
export const setAndDirections: ValueKind = { type: 'set' };

/** The differentiated services classes that have a name. */
export const dscpClasses: Readonly<Record<string, number>> = {
  CS0: 0x00,
  CS1: 0x08,
  CS2: 0x10,
  CS3: 0x18,
  CS4: 0x20,
  CS5: 0x28,
  CS6: 0x30,
  CS7: 0x38,
  BE: 0x00,
  AF11: 0x0a,
  AF12: 0x0c,
  AF13: 0x0e,
  AF21: 0x12,
  AF22: 0x14,
  AF23: 0x16,
  AF31: 0x1a,
  AF32: 0x1c,
  AF33: 0x1e,
  AF41: 0x22,
  AF42: 0x24,
  AF43: 0x26,
  EF: 0x2e,
};

export const dscpClass: ValueKind = {
  type: 'enum',
  values: Object.keys(dscpClasses),
  ignoreCase: true,
  longer: true,
};
