import { describe, expect, it } from 'vitest';
import { findNamed, isNamed, isTooInvolved } from '../../server/src/lsp/clusters/snapshot-search.ts';
import { filesOf } from '../support/in-process-server.ts';

const places = { folders: ['file:///work'], dumpFolders: [] };

// The name of a file in a workspace may be anybody's, and a setting comes with the workspace.
describe('a glob for snapshots', () => {
  it.each([
    ['cluster (1).json', 'cluster (1).json'],
    ['a+b-*.json', 'a+b-1.json'],
    ['**/cluster*.json', 'east/new/cluster-1.json'],
    ['{east,west}/cluster.json', 'west/cluster.json'],
    ['*-[0-9]?.json', 'cluster-12.json'],
  ])('%s finds %s', async (setting, name) => {
    const uri = `file:///work/${encodeURI(name)}`;
    expect(isNamed(setting, places, uri)).toBe(true);
    expect((await findNamed(filesOf({ [uri]: '{}' }), setting, places)).map(decodeURI)).toEqual([decodeURI(uri)]);
  });

  // Each of them took longer than anybody waits.
  it.each(['+(a*)b', '(a+)+b', '+(+(a))b', '{a,aa}+b', '**/*a*a*a*a*a*a*a*b'])(
    '%s is not tried again and again for a long name',
    (setting) => {
      expect(isNamed(setting, places, `file:///work/${'a'.repeat(250)}`)).toBe(false);
    },
  );

  it('may have three stars in a name, and as many names as a path has', () => {
    expect(isTooInvolved('**/*-*-*.json')).toBe(false);
    expect(isTooInvolved('a*b*/c*d*/e*f*.json')).toBe(false);
    expect(isTooInvolved('*-*-*-*.json')).toBe(true);
    expect(isTooInvolved('**/'.repeat(9))).toBe(true);
  });
});
