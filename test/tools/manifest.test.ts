import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkText } from '../../server/src/cli/check-text.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'package.json'), 'utf8');
const nls = JSON.parse(readFileSync(join(root, 'package.nls.json'), 'utf8')) as Readonly<Record<string, string>>;
const { contributes } = JSON.parse(text) as {
  readonly contributes: {
    readonly commands: readonly { readonly command: string }[];
    readonly views: Readonly<Record<string, readonly { readonly id: string }[]>>;
    readonly menus: Readonly<Record<string, readonly { readonly command: string }[]>>;
    readonly languages: readonly { readonly icon: { readonly light: string; readonly dark: string } }[];
    readonly problemMatchers: readonly { readonly pattern: Readonly<Record<string, string | number>> }[];
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly description: string;
        readonly media: { readonly markdown: string };
        readonly completionEvents?: readonly string[];
      }[];
    }[];
  };
};
const commands = contributes.commands.map(({ command }) => command);
const views = Object.values(contributes.views).flatMap((own) => own.map(({ id }) => id));

describe('package.json', () => {
  it('has a text for each of its names', () => {
    const used = Array.from(text.matchAll(/"%([^%"]+)%"/g), ([, name = '']) => name);
    expect(used.filter((name) => nls[name] === undefined)).toEqual([]);
    expect(Object.keys(nls).filter((name) => !used.includes(name))).toEqual([]);
  });

  it('has a command for each entry of a menu', () => {
    const entries = Object.values(contributes.menus).flatMap((entries) => entries.map(({ command }) => command));
    expect(entries.filter((command) => !commands.includes(command))).toEqual([]);
  });

  it('has a walkthrough whose steps are there', () => {
    const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    const known = [...commands, ...views.map((view) => `${view}.focus`)];
    for (const { description, media, completionEvents } of steps) {
      const said = nls[description.slice(1, -1)] ?? '';
      const links = Array.from(said.matchAll(/\(command:([^)]+)\)/g), ([, command = '']) => command);
      expect(links.filter((command) => !known.includes(command))).toEqual([]);
      expect(existsSync(join(root, media.markdown)), media.markdown).toBe(true);
      for (const event of completionEvents ?? []) {
        const own = /^onCommand:(iptables\..*)$/.exec(event)?.[1];
        if (own !== undefined) expect(commands).toContain(own);
      }
    }
    expect(steps.length).toBeGreaterThan(4);
  });

  it('has an icon for its language', () => {
    for (const { light, dark } of contributes.languages.map(({ icon }) => icon))
      for (const path of [light, dark]) expect(readFileSync(join(root, path), 'utf8')).toContain('<svg');
  });

  it('has a problem matcher that reads what `check` prints', () => {
    const [{ pattern = {} } = {}] = contributes.problemMatchers;
    const expression = new RegExp(String(pattern['regexp']));
    const range = { start: { line: 12, column: 5 }, end: { line: 12, column: 9 } };
    const finding = {
      range,
      severity: 'warning',
      message: 'No rule jumps to X [nat]',
      rule: 'orphaned-chain',
      onNode: [],
      fixes: [],
    };
    const report = {
      files: [{ file: 'a b/node-a.iptables', findings: [finding] }],
      summary: { errors: 0, warnings: 1, infos: 0, hints: 0 },
    };
    const lines = checkText(report as unknown as Parameters<typeof checkText>[0]).split('\n');
    const match = expression.exec(lines[0] ?? '');
    const part = (name: string): string | undefined => match?.[Number(pattern[name])];
    expect(['file', 'line', 'column', 'severity', 'message', 'code'].map(part)).toEqual([
      'a b/node-a.iptables',
      '12',
      '5',
      'warning',
      'No rule jumps to X [nat]',
      'orphaned-chain',
    ]);
    expect(lines.slice(1).filter((line) => expression.test(line))).toEqual([]);
  });
});
