import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SeenResult, seenRequest } from '../../server/src/protocol/trace.ts';
import { fixtureText } from '../support/fixtures.ts';
import { type InProcessServer, startInProcessServer } from '../support/in-process-server.ts';

const uri = 'file:///work/nft-after.iptables';
const dump = fixtureText('seen/nft-after.iptables');
const lines = dump.split('\n');

let server: InProcessServer;

beforeEach(async () => {
  server = startInProcessServer();
  await server.initialize();
  await server.open(uri, dump);
});
afterEach(() => server.dispose());

const ask = (text: unknown): Promise<SeenResult> => server.client.sendRequest(seenRequest, { textDocument: { uri }, text });

describe('packets that were seen, over the protocol', () => {
  it("have their steps by the dump's lines, and whether the same follows from it", async () => {
    const { packets, reason } = await ask(fixtureText('seen/xtables-monitor.txt'));
    expect(reason).toBe('');
    expect(packets.length).toBeGreaterThan(2);
    expect(packets[0]?.title).toBe('tcp 192.168.50.2:41001 -> 10.96.0.10:80, NEW, in by eth0');
    for (const { steps } of packets)
      for (const { line, rule, kind } of steps) if (line !== null && kind === 'rule') expect(lines[line]).toContain(rule);
    expect(packets.flatMap(({ steps }) => steps).filter(({ line }) => line !== null).length).toBeGreaterThan(10);
    expect(packets.some(({ agrees }) => agrees === true)).toBe(true);
  });

  it('are none in a text that tells of none, which is said', async () => {
    expect(await ask('nothing')).toEqual({
      packets: [],
      notes: [],
      reason: expect.stringMatching(/^The text tells of no packet; expected/),
    });
    await expect(ask(7)).rejects.toThrow('"text"');
  });
});
