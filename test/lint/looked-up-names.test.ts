import { describe, expect, it } from 'vitest';
import { enumerate } from '../netfilter/support.ts';
import { findingsIn } from './check-findings.ts';

function told(rule: string): readonly (readonly [string, string])[] {
  return findingsIn(`*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT ${rule}\nCOMMIT\n`).map(({ code, severity }) => [code, severity]);
}

describe('names that the machine looks up', () => {
  it.each([
    ['-d www.example.com -j ACCEPT', 'bad-address'],
    ['-m owner --uid-owner tor -j ACCEPT', 'bad-account'],
    ['-m owner --gid-owner istio-proxy -j ACCEPT', 'bad-account'],
  ])('may be known there: %s', (rule, code) => {
    expect(told(rule)).toEqual([[code, 'info']]);
  });

  it.each([
    ['-d nosuch.invalid -j ACCEPT', 'bad-address'],
    ['-d 10.0..1 -j ACCEPT', 'bad-address'],
    ['-m owner --uid-owner daemon-nobody -j ACCEPT', 'bad-account'],
    ['-m owner --uid-owner 1x -j ACCEPT', 'bad-account'],
  ])('are no names: %s', (rule, code) => {
    expect(told(rule)).toEqual([[code, 'error']]);
  });

  it('do not make a rule one for every packet', () => {
    const { outcomes } = enumerate('*filter\n:OUTPUT ACCEPT [0:0]\n-A OUTPUT -d www.example.com -j DROP\nCOMMIT\n', {
      isFromHere: true,
    });
    expect(outcomes.map(({ verdict }) => verdict).toSorted()).toEqual(['accept', 'drop']);
  });
});
