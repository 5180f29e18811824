import { describe, expect, it } from 'vitest';
import { MarkupContent } from 'vscode-languageserver-types';
import { coreOptions, matches, targets } from '../../server/src/catalog/lookup.ts';
import type { Family } from '../../server/src/catalog/types.ts';
import { exampleValue } from '../../server/src/catalog/values/example-value.ts';
import { partBeingWritten, valueForm } from '../../server/src/catalog/values/value-form.ts';
import { signatureHelp } from '../../server/src/features/signature-help.ts';
import { dumpState } from '../support/dump-state.ts';

/** The form of the value at the `|` of a rule, with the part that is being written in braces; and what that part is. */
function formAt(rule: string, table = 'nat', uri = 'file:///rules.v4'): readonly [string, string] | null {
  const state = dumpState(`*${table}\n${rule.replace('|', '')}\nCOMMIT\n`, undefined, uri);
  const help = signatureHelp(state, { line: 1, character: rule.indexOf('|') }, false);
  const [signature] = help?.signatures ?? [];
  const part = signature?.parameters?.[help?.activeParameter ?? -1];
  if (signature === undefined || part === undefined || typeof part.label === 'string') return null;
  const [start, end] = part.label;
  const about = MarkupContent.is(part.documentation) ? part.documentation.value : '';
  return [`${signature.label.slice(0, start)}{${signature.label.slice(start, end)}}${signature.label.slice(end)}`, about];
}

describe('the form of a value', () => {
  it.each([
    ['-A X -p tcp -j DNAT --to-destination |', '--to-destination [{address}[-last address]][:port[-last port[/base]]]'],
    ['-A X -p tcp -j DNAT --to-destination 10.0.0.1-|', '--to-destination [address[-{last address}]][:port[-last port[/base]]]'],
    [
      '-A X -p tcp -j DNAT --to-destination 10.0.0.1:80|',
      '--to-destination [address[-last address]][:{port}[-last port[/base]]]',
    ],
    ['-A X -p tcp -j DNAT --to-destination :80-90/|', '--to-destination [address[-last address]][:port[-last port[/{base}]]]'],
    ['-A X -p tcp -m multiport --dports 80:|', '--dports port[:{last port}][,...]'],
    ['-A X -p tcp -m multiport --dports 80:90,4|', '--dports {port}[:last port][,...]'],
    ['-A X -p tcp --tcp-flags SYN,ACK|', '--tcp-flags {flags to look at} flags that are set'],
    ['-A X -p tcp --tcp-flags SYN,ACK S|', '--tcp-flags flags to look at {flags that are set}'],
    ['-A X -m limit --limit 5/|', '--limit packets[/{unit}]'],
    ['-A X -s 10.0.0.0/|8', '-s address[/{mask}][,...]'],
    ['-A X -s 10.0.0.0/8,|', '-s {address}[/mask][,...]'],
    ['-A X -m set --match-set a src,|', '--match-set set {src|dst}[,...]'],
    ['-A X -m time --datestart 2026-11-26T0|', '--datestart year[-month[-day[T{hour}[:minute[:second]]]]]'],
    // In quotes, or in one with the option.
    [
      '-A X -p tcp -j DNAT --to-destination "10.0.0.1:|"',
      '--to-destination [address[-last address]][:{port}[-last port[/base]]]',
    ],
    ['-A X -m mark --mark=0x4000/|', '--mark value[/{mask}]'],
    ['-A X -s10.0.0.0/|', '-s address[/{mask}][,...]'],
    ['-I X |', '-I chain [{number}]'],
    ['-P |', '-P {chain} policy'],
    ['-E OLD |', '-E old name {new name}'],
  ])('%s', (rule, form) => {
    expect(formAt(rule)?.[0]).toBe(form);
  });

  it('of IPv6 has its colons in the address', () => {
    const form = (rule: string): string | undefined => formAt(rule, 'nat', 'file:///rules.v6')?.[0];
    expect(form('-A X -p tcp -j DNAT --to-destination fd00::1|')).toMatch(/\[\{address\}/);
    expect(form('-A X -p tcp -j DNAT --to-destination [fd00::1]:|')).toMatch(/:\{port\}/);
  });

  it('says what its part means', () => {
    expect(formAt('-A X -m statistic --mode random --probability |')?.[1]).toBe('Between 0 and 1.');
  });

  it.each(['-A X -j |', '-A X -m |', '-A X -p tcp |', '# --dport |', '-A X -m comment --comment "a |', '|-A X'])(
    'is none for %s',
    (rule) => {
      expect(formAt(rule)).toBeNull();
    },
  );

  it('is there for the value of every option, with a help for each part, but for names that stand for more', () => {
    const more = new Set(['match-name', 'target', 'chain', 'table-name']);
    const options = [...coreOptions, ...[...matches, ...targets].flatMap((extension) => extension.options)];
    for (const option of options) {
      if (option.value === undefined || more.has(option.value.type)) continue;
      const form = valueForm(option);
      expect(form?.parts.length, option.long).toBeGreaterThan(0);
      for (const { start, end, help } of form?.parts ?? [])
        expect(help, `${option.long} ${form?.text.slice(start, end)}`).toMatch(/^[^{}]+\.$/);
    }
  });

  it('has a part for every place of the examples', () => {
    for (const option of [...matches, ...targets].flatMap((extension) => extension.options)) {
      const form = valueForm(option);
      if (form === undefined) continue;
      for (const family of option.families as readonly Family[]) {
        const example = exampleValue(option, family).join(' ');
        for (let end = 0; end <= example.length; end += 1) {
          const part = partBeingWritten(form, example.slice(0, end), family);
          expect(form.parts[part], `${option.long} ${example.slice(0, end)}`).toBeDefined();
        }
      }
    }
  });
});
