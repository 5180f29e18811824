import { MarkupKind, type ParameterInformation, type Position, type SignatureHelp } from 'vscode-languageserver-types';
import { hoverText } from '../base/safe-text.ts';
import { exampleValue } from '../catalog/values/example-value.ts';
import { partBeingWritten, readForm, type ValueForm, valueForm } from '../catalog/values/value-form.ts';
import type { CommandSpec } from '../syntax/commands.ts';
import { type ExpectedWord, expectedWord } from '../syntax/expected-word.ts';
import { familyOfOptions } from '../syntax/rule-family.ts';
import { commandHelp } from './support/command-text.ts';
import { type Block, renderBlocks } from './support/markup.ts';
import type { DumpState } from './support/state.ts';
import { valueApart } from './support/value-apart.ts';
import { writtenRule } from './support/written-rule.ts';

const chain = 'The chain.';

/** What stands behind each command that has more than a chain. */
const commandForms: ReadonlyMap<string, ValueForm> = new Map([
  [
    '-I',
    readForm('{chain} [{number}]', {
      chain,
      number: 'In front of which rule: 1 is the first, and what is meant where it is left out.',
    }),
  ],
  ['-R', readForm('{chain} {number}', { chain, number: 'Which rule: 1 is the first.' })],
  ['-D', readForm('{chain} [{number}]', { chain, number: 'Which rule: 1 is the first. Without it the rule itself follows.' })],
  ['-P', readForm('{chain} {policy}', { chain: 'A built-in chain.', policy: 'ACCEPT or DROP.' })],
  [
    '-E',
    readForm('{old name} {new name}', {
      'old name': 'A chain of yours.',
      'new name': 'Up to 28 bytes; no chain, target or verdict may have it.',
    }),
  ],
]);

/**
 * How the value that is being written at a position is written, and which part of it the position is in; null where no value is, or one that
 * completion knows all of.
 */
export function signatureHelp(state: DumpState, position: Position, markdown: boolean): SignatureHelp | null {
  const rule = writtenRule(state, position);
  if (rule === undefined || rule.command?.tableName !== undefined || /^[#*:]/.test(rule.text)) return null;
  const { context } = rule;
  const { text, offset } = valueApart(rule.text, rule.offset) ?? rule;
  const expected = expectedWord(text, context, offset);
  if (expected?.value === undefined) return null;
  const written = text.slice(expected.word.start, offset);
  if (expected.value.of === 'command') return commandSignature(expected, expected.command, written, markdown);
  const { spec, values, word } = expected.value.option;
  const form = spec === undefined ? undefined : valueForm(spec);
  if (spec === undefined || form === undefined) return null;
  const family = context.family ?? familyOfOptions(expected.options) ?? 'ipv4';
  const typed = [...values.map(({ text }) => text), written].join(' ');
  const about: readonly Block[] = [
    { kind: 'paragraph', text: spec.help },
    { kind: 'paragraph', text: ['Example: ', { code: [spec.saved, ...exampleValue(spec, family)].join(' ') }] },
  ];
  return signature(word.text, form, partBeingWritten(form, typed, family), about, markdown);
}

function commandSignature(
  { chain: first, value }: ExpectedWord,
  command: CommandSpec | undefined,
  written: string,
  markdown: boolean,
): SignatureHelp | null {
  const form = command === undefined ? undefined : commandForms.get(command.short);
  if (command === undefined || form === undefined || value?.of !== 'command') return null;
  // A number or a rule may follow: nothing is asked for until a number begins.
  if (value.at === 1 && command.short === '-D' && written === '') return null;
  const active = first === undefined ? 0 : value.at;
  return signature(command.short, form, active, [{ kind: 'paragraph', text: commandHelp.get(command.short) ?? '' }], markdown);
}

function signature(
  name: string,
  { text, parts }: ValueForm,
  active: number,
  about: readonly Block[],
  markdown: boolean,
): SignatureHelp {
  const shown = hoverText(name);
  const offset = shown.length + 1;
  const kind = markdown ? MarkupKind.Markdown : MarkupKind.PlainText;
  const parameters = parts.map(
    ({ start, end, help }): ParameterInformation => ({
      label: [start + offset, end + offset],
      documentation: { kind, value: renderBlocks([{ kind: 'paragraph', text: help }], markdown) },
    }),
  );
  return {
    signatures: [{ label: `${shown} ${text}`, documentation: { kind, value: renderBlocks(about, markdown) }, parameters }],
    activeSignature: 0,
    activeParameter: Math.min(active, parts.length - 1),
  };
}
