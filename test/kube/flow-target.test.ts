import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowTargetText, parseFlowTarget } from '../../server/src/kube/flow/target.ts';

describe('what a flow is asked for', () => {
  it.each([
    ['10.96.0.10', { kind: 'address', ip: '10.96.0.10', port: null, protocol: null }],
    ['10.96.0.10:53', { kind: 'address', ip: '10.96.0.10', port: 53, protocol: null }],
    ['10.96.0.10:53/udp', { kind: 'address', ip: '10.96.0.10', port: 53, protocol: 'udp' }],
    ['10.96.0.10:53/UDP', { kind: 'address', ip: '10.96.0.10', port: 53, protocol: 'udp' }],
    [' 10.096.0.10:53 ', { kind: 'address', ip: '10.96.0.10', port: 53, protocol: null }],
    ['[fd00::a]:53/tcp', { kind: 'address', ip: 'fd00::a', port: 53, protocol: 'tcp' }],
    ['[fd00::a]', { kind: 'address', ip: 'fd00::a', port: null, protocol: null }],
    ['fd00:0::000a', { kind: 'address', ip: 'fd00::a', port: null, protocol: null }],
    ['::1', { kind: 'address', ip: '::1', port: null, protocol: null }],
    ['shop/web', { kind: 'service', namespace: 'shop', name: 'web', port: null }],
    ['shop/web:http', { kind: 'service', namespace: 'shop', name: 'web', port: 'http' }],
    ['shop/web:80', { kind: 'service', namespace: 'shop', name: 'web', port: '80' }],
    // A namespace that could begin an address.
    ['dead/beef:1', { kind: 'service', namespace: 'dead', name: 'beef', port: '1' }],
    ['fd00/web', { kind: 'service', namespace: 'fd00', name: 'web', port: null }],
  ])('%s', (text, target) => {
    expect(parseFlowTarget(text)).toEqual({ ok: true, target });
  });

  it.each([
    ['', 'Nothing to follow was given.'],
    ['web', '"web" is neither an address nor namespace/service.'],
    ['a/b/c', '"a/b/c" is neither an address nor namespace/service.'],
    ['10.96.0.300:80', '"10.96.0.300:80" is no IP address.'],
    ['10.96.0.10:99999', '"10.96.0.10:99999" is no address with a port.'],
    ['10.96.0.10:80/icmp', '"icmp" is no protocol of Services'],
    ['[fd00::a:80', '"[fd00::a:80" is no address with a port.'],
    ['shop/we b', '"shop/we b" is neither an address nor namespace/service.'],
    [`${'x'.repeat(500)}`, `"${'x'.repeat(80)}…" is neither`],
  ])('%s is refused with the reason and what is expected', (text, message) => {
    const parsed = parseFlowTarget(text);
    expect(parsed).toEqual({ ok: false, message: expect.stringContaining(message) });
    expect(parsed).toEqual({ ok: false, message: expect.stringContaining('Expected IP[:PORT[/PROTOCOL]]') });
  });

  it('is written so that it is read back the same', () => {
    const ip = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(ip, fc.option(fc.integer({ min: 0, max: 65535 })), (address, port) => {
        const first = parseFlowTarget(
          port === null ? address : address.includes(':') ? `[${address}]:${port}/tcp` : `${address}:${port}/tcp`,
        );
        if (!first.ok) throw new Error(first.message);
        expect(parseFlowTarget(flowTargetText(first.target))).toEqual(first);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(typeof parseFlowTarget(text).ok).toBe('boolean');
      }),
      { seed: 6, numRuns: 500 },
    );
  });
});
