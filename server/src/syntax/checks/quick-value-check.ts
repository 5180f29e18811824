import type { Family, ValueKind } from '../../catalog/types.ts';

/**
 * Whether a value is right at a glance: the spellings that nearly every line has, seen without making anything of them. False means only that
 * `readValue` has to look.
 */
export function isPlainValue(kind: ValueKind, text: string, family: Family): boolean {
  switch (kind.type) {
    case 'networks':
      return family === 'ipv4' ? isPlainIPv4(text, true) : false;
    case 'nat-range':
      return family === 'ipv4' && isPlainIPv4(text, false);
    case 'ordered-port-range':
    case 'port-range':
    case 'port':
      return isPlainNumber(text, 65535);
    case 'interface':
      return isPlainName(text, 15);
    case 'protocol':
      return text === 'tcp' || text === 'udp' || text === 'icmp' || text === 'sctp';
    case 'text':
      return text.length * 3 <= (kind.max ?? 1023) && text.length >= (kind.min ?? 0) && !(kind.oneLine && text.includes('\n'));
    case 'mark':
      return isPlainMark(text);
    case 'enum':
      return kind.values.includes(text);
    case 'probability':
      return isPlainShare(text);
    case 'match-name':
      return true;
    case 'target':
    case 'chain':
      return isPlainName(text, 28);
    default:
      return false;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Decimal without a leading zero, up to six digits. */
function isPlainNumber(text: string, max: number): boolean {
  const { length } = text;
  if (length === 0 || length > 6 || (length > 1 && text.charCodeAt(0) === 0x30)) return false;
  let value = 0;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (!isDigit(code)) return false;
    value = value * 10 + code - 0x30;
  }
  return value <= max;
}

/** Dotted decimal; behind it a prefix length, or a colon and a port. */
function isPlainIPv4(text: string, isNetwork: boolean): boolean {
  let part = 0;
  let value = -1;
  const { length } = text;
  let index = 0;
  for (; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (isDigit(code)) {
      if (value === 0) return false;
      value = (value < 0 ? 0 : value * 10) + code - 0x30;
      if (value > 255) return false;
    } else if (code === 0x2e) {
      if (value < 0) return false;
      part += 1;
      value = -1;
    } else {
      break;
    }
  }
  if (part !== 3 || value < 0) return false;
  if (index === length) return true;
  const separator = text.charCodeAt(index);
  if (isNetwork) return separator === 0x2f && isPlainNumber(text.slice(index + 1), 32);
  // Ports need a protocol: that is looked at elsewhere.
  return separator === 0x3a && isPlainNumber(text.slice(index + 1), 65535);
}

/** Letters, digits and what names are made of; nothing that a check would have to look at. */
function isPlainName(text: string, max: number): boolean {
  const { length } = text;
  if (length === 0 || length > max) return false;
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x2f) return false;
  }
  const first = text.charCodeAt(0);
  return first !== 0x2d && first !== 0x21;
}

/** `0x4000/0x4000` and the like. */
function isPlainMark(text: string): boolean {
  const slash = text.indexOf('/');
  return slash < 0 ? isPlainHex(text, 0, text.length) : isPlainHex(text, 0, slash) && isPlainHex(text, slash + 1, text.length);
}

function isPlainHex(text: string, start: number, end: number): boolean {
  if (end - start < 3 || end - start > 10 || text.charCodeAt(start) !== 0x30 || text.charCodeAt(start + 1) !== 0x78) return false;
  for (let index = start + 2; index < end; index += 1) {
    const code = text.charCodeAt(index);
    if (!isDigit(code) && !(code >= 0x61 && code <= 0x66)) return false;
  }
  return true;
}

/** `0.33333333349`. */
function isPlainShare(text: string): boolean {
  if (text.length < 3 || text.charCodeAt(0) !== 0x30 || text.charCodeAt(1) !== 0x2e) return false;
  for (let index = 2; index < text.length; index += 1) {
    if (!isDigit(text.charCodeAt(index))) return false;
  }
  return true;
}
