import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DumpPlace, movedUri, watchDump } from '../../client/src/dump-place.ts';
import { isUsersDocument } from '../../client/src/users-document.ts';
import { fake, resetVscode, Uri } from '../support/vscode.ts';

const dump = Uri.file('/work/dumps/node-a.iptables');
let place: DumpPlace;
let told: unknown[];

beforeEach(() => {
  resetVscode();
  fake.files.set(dump.toString(), '*filter\nCOMMIT\n');
  place = watchDump(dump as never);
  told = [];
  place.onDidMove((uri) => told.push(uri.path));
  place.onDidVanish((isGone) => told.push(isGone));
});

afterEach(() => place.dispose());

function rename(from: string, to: string): void {
  fake.renamed.fire({ files: [{ oldUri: Uri.file(from), newUri: Uri.file(to) }] });
}

describe('a dump', () => {
  it('is followed when it is renamed', () => {
    rename('/work/dumps/node-a.iptables', '/work/dumps/before.iptables');
    expect(place.uri().path).toBe('/work/dumps/before.iptables');
    expect(told).toEqual(['/work/dumps/before.iptables']);
  });

  it('is followed when a folder above it is renamed, and no other', () => {
    rename('/work/dump', '/work/other');
    rename('/work', '/home');
    expect(place.uri().path).toBe('/home/dumps/node-a.iptables');
  });

  it('is gone when it is deleted, and there again when it is back', async () => {
    fake.files.clear();
    fake.vanished.fire(dump);
    await expect.poll(() => told).toEqual([true]);
    expect(place.isGone()).toBe(true);
    fake.files.set(dump.toString(), '');
    fake.created.fire(dump);
    await expect.poll(() => told).toEqual([true, false]);
  });

  it('that was moved is not gone, though nothing is where it was', async () => {
    rename('/work/dumps/node-a.iptables', '/work/dumps/b.iptables');
    fake.files.clear();
    fake.files.set(Uri.file('/work/dumps/b.iptables').toString(), '');
    fake.vanished.fire(dump);
    await new Promise((next) => setImmediate(next));
    expect(told).toEqual(['/work/dumps/b.iptables']);
  });

  it('that was never saved is gone with its document', () => {
    const untitled = Uri.parse('untitled:Untitled-1');
    const unsaved = watchDump(untitled as never);
    fake.closed.fire({ uri: untitled });
    expect(unsaved.isGone()).toBe(true);
  });

  it('on another machine is another', () => {
    expect(movedUri(Uri.parse('ssh://a/x') as never, Uri.parse('ssh://b/x') as never, Uri.parse('ssh://b/y') as never)).toBe(
      undefined,
    );
  });
});

describe("a user's document", () => {
  it.each(['file:///a', 'untitled:a', 'vscode-remote://ssh/a', 'iptables-node:/c/n/n.iptables', 'vscode-vfs://github/o/r/a'])(
    'is %s',
    (uri) => {
      expect(isUsersDocument(Uri.parse(uri) as never)).toBe(true);
    },
  );

  it.each(['git:/a?ref', 'vscode-local-history:/a', 'clipboardCompare:/a', 'output:x'])('is not %s', (uri) => {
    expect(isUsersDocument(Uri.parse(uri) as never)).toBe(false);
  });
});
