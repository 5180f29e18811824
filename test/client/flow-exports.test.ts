import { beforeEach, expect, it } from 'vitest';
import { printPage, saveFile } from '../../client/src/flow-exports.ts';
import { env, fake, resetVscode, UIKind, Uri } from '../support/vscode.ts';

const dump = Uri.file('/work/node-a.iptables') as never;
const target = Uri.file('/work/drawing.svg');

beforeEach(() => {
  resetVscode();
  env.uiKind = UIKind.Desktop;
});

const written = (uri: Uri): string => new TextDecoder().decode(fake.written.get(uri.toString()));

it('saves text as it is, and a picture as the bytes that it stands for', async () => {
  fake.saveTarget = target;
  await saveFile({ kind: 'save', format: 'svg', name: 'a.svg', content: '<svg>ü</svg>' }, dump);
  expect(written(target)).toBe('<svg>ü</svg>');
  await saveFile({ kind: 'save', format: 'png', name: 'a.png', content: btoa('\x89PNG') }, dump);
  expect([...(fake.written.get(target.toString()) ?? [])]).toEqual([0x89, 0x50, 0x4e, 0x47]);
});

it('saves nothing where no place was chosen', async () => {
  await saveFile({ kind: 'save', format: 'svg', name: 'a.svg', content: '<svg/>' }, dump);
  expect(fake.written.size).toBe(0);
});

it('prints from a file of its own, and where the browser is elsewhere saves the page instead', async () => {
  const storage = Uri.file('/storage');
  await printPage({ kind: 'print', name: 'a.html', html: '<html>' }, dump, storage as never);
  expect(written(Uri.file('/storage/a.html'))).toBe('<html>');
  env.uiKind = UIKind.Web;
  fake.saveTarget = target;
  await printPage({ kind: 'print', name: 'b.html', html: '<html>' }, dump, storage as never);
  expect(fake.written.has(Uri.file('/storage/b.html').toString())).toBe(false);
  expect(written(target)).toBe('<html>');
});
