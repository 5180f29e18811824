import { type Steps, statementsBetweenPauses } from '../base/steps.ts';
import type { Family } from '../catalog/types.ts';
import { statementOf } from '../syntax/document.ts';
import type { Line } from '../syntax/line.ts';
import type { Lines } from '../syntax/lines.ts';

const mostRules = 4096;
/** Of which none is made where it is no rule. */
const linesBetweenPauses = 32_768;
/** "xxxx:xxx:3000::/112". */
const hiddenIPv6 = /^[0-9A-Fa-fXx*]{0,4}(?::[0-9A-Fa-fXx*]{0,4}){2,7}(?:\/\d{1,3})?$/;
const addressOptions = new Set(['--source', '--destination', '--to-destination', '--to-source']);

/** The family of the first address among the rules of some lines; undefined where none of the first few thousand has one. Pauses every few dozen. */
export function* inferFamily(lines: Lines, from: number, to: number): Steps<Family | undefined> {
  let looked = 0;
  for (let index = from; index < to && looked < mostRules; index += 1) {
    if (index % linesBetweenPauses === linesBetweenPauses - 1) yield;
    if (lines.kindAt(index) !== 'rule') continue;
    const line = lines.at(index);
    if (line === undefined) continue;
    looked += 1;
    const family = familyOn(line);
    if (family !== undefined) return family;
    if (looked % statementsBetweenPauses === 0) yield;
  }
  return undefined;
}

function familyOn(line: Line): Family | undefined {
  // What stands for any address in a listing is no option, but it tells the family.
  if (line.listing && line.text.includes(' ::/0 ')) return 'ipv6';
  if (line.listing && line.text.includes(' 0.0.0.0/0 ')) return 'ipv4';
  const rule = statementOf(line);
  if (rule.kind !== 'rule') return undefined;
  for (const { name, values, spec } of rule.options) {
    const value = values[0]?.text ?? '';
    // Of a word that was not understood nothing is told, but for an address in which digits were hidden.
    const isAddress = addressOptions.has(name) && (spec !== undefined || hiddenIPv6.test(value));
    const family = isAddress ? familyOfAddress(value) : undefined;
    if (family !== undefined) return family;
  }
  return undefined;
}

/** The family of "10.0.0.0/8", "10.0.0.1-10.0.0.9:80", "fd00::1/128", "[fd00::1]:80"; undefined for a name and for ":8080", which either has. */
export function familyOfAddress(text: string): Family | undefined {
  if (text.startsWith('[')) return 'ipv6';
  const dot = text.indexOf('.');
  const colon = text.indexOf(':');
  const first = text.charCodeAt(0);
  if (dot >= 0 && (colon < 0 || dot < colon)) return first >= 0x30 && first <= 0x39 ? 'ipv4' : undefined;
  return colon >= 0 && text.indexOf(':', colon + 1) >= 0 ? 'ipv6' : undefined;
}
