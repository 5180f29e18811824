import { expect, it } from 'vitest';
import { makeMessageSafe } from '../../client/src/incoming-text.ts';

const attack = '[x](command:y)\u202e';
const safe = '[x] (command:y)<U+202E>';

it.each([
  [
    'a message',
    { jsonrpc: '2.0', method: 'window/showMessage', params: { type: 1, message: attack } },
    { params: { type: 1, message: safe } },
  ],
  [
    'a message with buttons',
    { jsonrpc: '2.0', id: 1, method: 'window/showMessageRequest', params: { message: attack, actions: [{ title: attack }] } },
    { params: { message: safe, actions: [{ title: safe }] } },
  ],
  [
    'progress',
    { jsonrpc: '2.0', method: '$/progress', params: { token: 1, value: { kind: 'begin', title: attack, message: attack } } },
    { params: { value: { title: safe, message: safe } } },
  ],
  ['an error', { jsonrpc: '2.0', id: 1, error: { code: 1, message: attack } }, { error: { code: 1, message: safe } }],
])('%s from the server is text', (_name, message, expected) => {
  makeMessageSafe(message);
  expect(message).toMatchObject(expected);
});

it.each([
  { jsonrpc: '2.0', id: 1, result: { text: attack } },
  { jsonrpc: '2.0', method: 'iptables/rulesetChanged', params: { uri: attack } },
  { jsonrpc: '2.0', method: 'window/showMessage', params: null },
  { jsonrpc: '2.0', method: '$/progress', params: [1] },
  { jsonrpc: '2.0', id: 1, error: null },
])('anything else stays as it is: %j', (message) => {
  const before = structuredClone(message);
  makeMessageSafe(message);
  expect(message).toEqual(before);
});
