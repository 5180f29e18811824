/** What MARK and CONNMARK have in common: the ways to change a mark. */
import type { ListedOption, NormalizedOption } from '../../extension.ts';
import { listedAs } from './listed.ts';
import { hex, markOption } from './normalized.ts';

export const markOperations = ['--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark'];

function bits(text: string | undefined): number {
  return Number(text ?? '') >>> 0;
}

/** "MARK or 0x4000" and its kin: what --set-xmark would have to be for it. */
export function listedMarkOperations(opening: string): readonly ListedOption[] {
  return [
    listedAs('--set-xmark', `${opening} or (0x[0-9a-f]+)`, ([mark]) => [`${hex(bits(mark))}/${hex(bits(mark))}`]),
    listedAs('--set-xmark', `${opening} and (0x[0-9a-f]+)`, ([mark]) => [`0x0/${hex(~bits(mark) >>> 0)}`]),
    listedAs('--set-xmark', `${opening} xor (0x[0-9a-f]+)`, ([mark]) => [`${hex(bits(mark))}/0x0`]),
    // Of iptables before 1.4.1.
    listedAs('--set-mark', `${opening} set (0x[0-9a-f]+)/(0x[0-9a-f]+)`, ([mark, mask]) => [`${mark}/${mask}`]),
    listedAs('--set-xmark', `${opening} set (0x[0-9a-f]+)`, ([mark]) => [`${hex(bits(mark))}/0xffffffff`]),
    listedAs('--set-xmark', `${opening} xset (0x[0-9a-f]+)/(0x[0-9a-f]+)`, ([mark, mask]) => [`${mark}/${mask}`]),
  ];
}

/** A mark operation as the one that all of them are short for: clear the bits of the mask, then flip those of the value. */
export function asSetXmark(option: NormalizedOption): NormalizedOption | undefined {
  const value = option.value;
  if (value === undefined) return undefined;
  const bits = value.type === 'mark' || value.type === 'number' ? value.value : undefined;
  if (bits === undefined) return undefined;
  const inverse = (bits ^ 0xffff_ffff) >>> 0;
  switch (option.name) {
    case '--set-xmark':
      return markOption('--set-xmark', bits, value.type === 'mark' ? value.mask : 0xffff_ffff);
    case '--set-mark':
      return markOption('--set-xmark', bits, value.type === 'mark' ? (value.mask | bits) >>> 0 : 0xffff_ffff);
    case '--and-mark':
      return markOption('--set-xmark', 0, inverse);
    case '--or-mark':
      return markOption('--set-xmark', bits, bits);
    case '--xor-mark':
      return markOption('--set-xmark', bits, 0);
    default:
      return undefined;
  }
}
