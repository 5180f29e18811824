import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readLines, readText } from '../../server/src/cluster/live/answers.ts';
import type { Api } from '../../server/src/cluster/live/api.ts';
import { listPages } from '../../server/src/cluster/live/list-pages.ts';
import { services } from '../../server/src/cluster/live/resources.ts';

/** Says a byte every few milliseconds, and never ends. */
let server: Server;

beforeEach(async () => {
  server = createServer((_request, response) => {
    const timer = setInterval(() => response.write(' '), 5);
    response.on('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function answer(): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => get({ port, host: '127.0.0.1' }, resolve).on('error', reject));
}

const reading = { server: 'https://cluster.test', heard: () => undefined };
const hour = 3_600_000;

describe('an answer of which a byte comes now and then', () => {
  it('is given up as a whole', async () => {
    const text = readText(await answer(), 1_000_000, { ...reading, quiet: hour, whole: 50 });
    await expect(text).rejects.toThrow('https://cluster.test does not answer in time.');
  });

  it('is given up in lines, of which none comes to its end', async () => {
    const lines = readLines(await answer(), 1_000_000, { ...reading, quiet: 50, whole: undefined }, () => undefined);
    await expect(lines).rejects.toThrow('https://cluster.test does not answer in time.');
  });

  it('is given up as a list, of which a page comes now and then', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      let pages = 0;
      const json: Api['json'] = async () => {
        pages += 1;
        vi.advanceTimersByTime(200_000);
        return { kind: 'ServiceList', metadata: { continue: `page ${pages}` }, items: [{ metadata: { name: `web-${pages}` } }] };
      };
      const nothing = (): void => undefined;
      const list = listPages({ server: '', json } as Api, services, new AbortController().signal, nothing, nothing);
      await expect(list).rejects.toThrow('The list of services does not end.');
      expect(pages).toBe(10);
    } finally {
      vi.useRealTimers();
    }
  });
});
