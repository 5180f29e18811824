/** What MARK and CONNMARK have in common: the ways to change a mark. */
import type { ListedOption } from '../../extension.ts';
import { listedAs } from './listed.ts';

export const markOperations = ['--set-xmark', '--set-mark', '--and-mark', '--or-mark', '--xor-mark'];

/** A number as iptables prints marks: "0x4000". */
function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`;
}

function bits(text: string | undefined): number {
  return Number(text ?? '') >>> 0;
}

/** "MARK or 0x4000" and its kin: what --set-xmark would have to be for it. */
export function listedMarkOperations(opening: string): readonly ListedOption[] {
  return [
    listedAs('--set-xmark', `${opening} or (0x[0-9a-f]+)`, ([mark]) => [`${hex(bits(mark))}/${hex(bits(mark))}`]),
    listedAs('--set-xmark', `${opening} and (0x[0-9a-f]+)`, ([mark]) => [`0x0/${hex(~bits(mark))}`]),
    listedAs('--set-xmark', `${opening} xor (0x[0-9a-f]+)`, ([mark]) => [`${hex(bits(mark))}/0x0`]),
    listedAs('--set-xmark', `${opening} set (0x[0-9a-f]+)`, ([mark]) => [`${hex(bits(mark))}/0xffffffff`]),
    listedAs('--set-xmark', `${opening} xset (0x[0-9a-f]+)/(0x[0-9a-f]+)`, ([mark, mask]) => [`${mark}/${mask}`]),
  ];
}
