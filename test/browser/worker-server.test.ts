import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { describeWith } from '../support/requirements.ts';

const bundle = resolve(import.meta.dirname, '../../dist/server/browser.js');
const dump = `*nat
:PREROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A PREROUTING -j KUBE-SERVICES
COMMIT
`;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
}

/** The part of a page's `Worker` that is used here. */
declare const Worker: new (
  url: string,
) => {
  onmessage: (event: { readonly data: Message }) => void;
  onerror: (event: { readonly message: string }) => void;
  postMessage(message: object): void;
};

describeWith('chromium', 'the server in a worker of a browser', () => {
  it('answers without Node.js, files or a network', { timeout: 60_000 }, async () => {
    const http = createServer((request, response) => {
      const script = request.url === '/browser.js';
      response.writeHead(200, { 'content-type': script ? 'text/javascript' : 'text/html' });
      response.end(script ? readFileSync(bundle) : '<!doctype html><title>worker</title>');
    });
    await new Promise<void>((listening) => http.listen(0, '127.0.0.1', listening));
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`);
      const answers = await page.evaluate(async (text): Promise<Message[]> => {
        const worker = new Worker('/browser.js');
        const received: Message[] = [];
        const textDocument = { uri: 'file:///a.iptables', languageId: 'iptables', version: 1, text };
        const position = { line: 3, character: 18 };
        const done = new Promise<Message[]>((finish, fail) => {
          worker.onerror = (event) => fail(new Error(event.message));
          worker.onmessage = ({ data }) => {
            // It asks for what is beside the dump, as a worker has no files of its own.
            if (data.method !== undefined) {
              if (data.id !== undefined) worker.postMessage({ jsonrpc: '2.0', id: data.id, result: [] });
              return;
            }
            received.push(data);
            if ([2, 3, 4].every((id) => received.some((each) => each.id === id))) finish(received);
          };
        });
        const send = (message: object): void => worker.postMessage({ jsonrpc: '2.0', ...message });
        send({ id: 1, method: 'initialize', params: { processId: null, rootUri: null, capabilities: {} } });
        send({ method: 'initialized', params: {} });
        send({ method: 'textDocument/didOpen', params: { textDocument } });
        send({ id: 2, method: 'textDocument/definition', params: { textDocument, position } });
        send({ id: 3, method: 'textDocument/hover', params: { textDocument, position } });
        const question = { from: '10.0.0.1', to: '10.96.0.1:443' };
        send({ id: 4, method: 'iptables/trace', params: { textDocument, question } });
        return done;
      }, dump);
      const definition = answers.find(({ id }) => id === 2)?.result;
      expect(definition).toMatchObject([{ range: { start: { line: 2, character: 1 } } }]);
      expect(JSON.stringify(answers.find(({ id }) => id === 3)?.result)).toContain('kube\\\\-proxy');
      const trace = answers.find(({ id }) => id === 4)?.result;
      expect(trace).toMatchObject({ kind: 'trace' });
      expect(JSON.stringify(trace)).toContain('-A PREROUTING -j KUBE-SERVICES');
    } finally {
      await browser.close();
      http.close();
    }
  });
});
