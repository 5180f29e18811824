/** The target CONNMARK. Source: iptables-extensions(8) and libxt_CONNMARK.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData, Normalize, NormalizedOption } from '../../extension.ts';
import type { ValueKind } from '../../types.ts';
import { hex32, mark, uint32 } from '../../values/value-kinds.ts';
import { fault } from '../../values/values.ts';
import { othersThan } from '../support/exclusive.ts';
import { oneOf, readGiven } from '../support/given.ts';
import { listedAs } from '../support/listed.ts';
import { asSetXmark, listedMarkOperations, markOperations } from '../support/marks.ts';
import { hex, markOption, numberOf, numberOption } from '../support/normalized.ts';

const shift: ValueKind = { type: 'uint', bits: 8, max: 32 };

const operations = [...markOperations, '--save-mark', '--restore-mark'];

const all = 0xffff_ffff;

/** Operation and masks are kept as typed, one after the other: a mask behind --or-mark counts, one before it does not. */
const normalize: Normalize = (options) => {
  let nfMask = all;
  let ctMask = all;
  let operation: NormalizedOption | undefined;
  let shift: NormalizedOption | undefined;
  for (const option of options) {
    const set = asSetXmark(option);
    if (set?.value?.type === 'mark') {
      operation = set;
      ctMask = set.value.mask;
    } else if (option.name === '--save-mark' || option.name === '--restore-mark') {
      operation = option;
    } else if (option.name.endsWith('-shift-mark')) {
      shift = option;
    } else {
      const mask = numberOf(option) ?? all;
      if (option.name !== '--ctmask') nfMask = mask;
      if (option.name !== '--nfmask') ctMask = mask;
    }
  }
  if (operation === undefined) return options;
  const shifted = shift === undefined || numberOf(shift) === 0 ? [] : [shift];
  if (operation.value?.type === 'mark') return [markOption('--set-xmark', operation.value.value, ctMask), ...shifted];
  return [operation, numberOption('--nfmask', nfMask, hex(nfMask)), numberOption('--ctmask', ctMask, hex(ctMask)), ...shifted];
};

export const connmarkTarget: ExtensionData = {
  name: 'CONNMARK',
  help: 'Sets the mark of the connection, or copies between it and the packet.',
  options: [
    {
      long: '--set-xmark',
      value: mark,
      excludes: othersThan(operations, '--set-xmark'),
      help: 'Clear the bits of the mask, then flip those of the value.',
    },
    {
      long: '--set-mark',
      value: mark,
      excludes: othersThan(operations, '--set-mark'),
      help: 'Clear the bits of the mask, then set those of the value.',
    },
    { long: '--and-mark', value: uint32, excludes: othersThan(operations, '--and-mark'), help: 'Keep these bits only.' },
    { long: '--or-mark', value: uint32, excludes: othersThan(operations, '--or-mark'), help: 'Set these bits.' },
    { long: '--xor-mark', value: uint32, excludes: othersThan(operations, '--xor-mark'), help: 'Flip these bits.' },
    {
      long: '--save-mark',
      excludes: othersThan(operations, '--save-mark'),
      help: 'Copy the mark of the packet to the connection.',
    },
    {
      long: '--restore-mark',
      excludes: othersThan(operations, '--restore-mark'),
      help: 'Copy the mark of the connection to the packet.',
    },
    { long: '--left-shift-mark', value: shift, help: 'Shift the mark to the left.' },
    { long: '--right-shift-mark', value: shift, help: 'Shift the mark to the right.' },
    { long: '--nfmask', value: hex32, excludes: ['--mask'], help: 'The part of the mark of the packet that takes part.' },
    { long: '--ctmask', value: hex32, excludes: ['--mask'], help: 'The part of the mark of the connection that takes part.' },
    { long: '--mask', value: hex32, excludes: ['--ctmask', '--nfmask'], help: 'Both masks at once.' },
  ],
  check: oneOf('CONNMARK target: No operation specified', ...markOperations, '--save-mark', '--restore-mark'),
  kernelCheck: (given) => {
    const last = given.all.findLast(({ name }) => name.endsWith('-shift-mark'));
    const value = readGiven(given, last);
    return value?.type === 'number' && value.value > 31
      ? fault('bad-number', `the kernel refuses to shift by ${value.value}`)
      : undefined;
  },
  orderCounts: true,
  normalize,
  listed: {
    opening: '',
    options: [
      ...listedMarkOperations('CONNMARK'),
      listedAs('--left-shift-mark', 'left-shift-mark (\\d+)'),
      listedAs('--right-shift-mark', 'right-shift-mark (\\d+)'),
      listedAs('--save-mark', 'CONNMARK save'),
      listedAs('--restore-mark', 'CONNMARK restore'),
      listedAs('--nfmask', 'nfmask \\x7e?(0x[0-9a-f]+)'),
      listedAs('--ctmask', 'ctmask \\x7e?(0x[0-9a-f]+)'),
      listedAs('--mask', 'mask (0x[0-9a-f]+)'),
    ],
  },
};
