import { expect, it } from 'vitest';
import { withoutCredentials } from '../../server/src/cluster/live/without-credentials.ts';

const told = (text: string, options: Parameters<typeof withoutCredentials>[1]): string => withoutCredentials(text, options);

it('a token that the server tells again is not shown, whoever wrote its header', () => {
  expect(told('Authorization: Bearer abcdef.ghi, twice abcdef.ghi', { headers: { Authorization: 'Bearer abcdef.ghi' } })).toBe(
    'Authorization: Bearer (credentials), twice (credentials)',
  );
  expect(told('{"message":"a\\"bcdef"}', { headers: { authorization: 'Bearer a"bcdef' } })).toBe('{"message":"(credentials)"}');
});

it('nor is a password, in its header or by itself', () => {
  const header = Buffer.from('alice:open sesame').toString('base64');
  expect(told(`Basic ${header}: open sesame of alice`, { auth: 'alice:open sesame' })).toBe(
    'Basic (credentials): (credentials) of alice',
  );
});

it('all else is told as it came, where nothing is sent or what is sent is a word of a few letters', () => {
  for (const options of [
    {},
    { headers: { Accept: 'application/json' } },
    { headers: { Authorization: 'Bearer a' } },
    { auth: 'a:b' },
  ])
    expect(told('services are forbidden: application/json', options)).toBe('services are forbidden: application/json');
});
