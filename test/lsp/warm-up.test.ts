import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../server/src/base/steps.ts';
import { warmUp } from '../../server/src/lsp/warm-up.ts';
import { filesOf, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/node-a.iptables';
/** With a name that the small dump has, too, but that nothing declares. */
const dump = '*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j KUBE-MARK-MASQ\nCOMMIT\n';

describe('the small dump that is read before any other', () => {
  it('is read in steps, each of a few lines', () => {
    let steps = 0;
    for (const _ of warmUp()) steps += 1;
    expect(steps).toBeGreaterThan(20);
  });

  it.each([
    ['before it', () => undefined],
    ['behind it', () => runToEnd(warmUp())],
  ])('changes nothing in what is said of a dump that is opened %s', async (_, warm) => {
    warm();
    const server = startInProcessServer(filesOf({}));
    try {
      await server.initialize();
      await server.open(uri, dump);
      const { diagnostics } = await server.diagnostics(uri, 1);
      expect(diagnostics.map(({ code, range }) => [code, range.start.line])).toEqual([['undeclared-chain', 2]]);
      expect(server.log).toEqual([]);
    } finally {
      await server.dispose();
    }
  });
});
