import { describe, expect, it } from 'vitest';
import { enumerate } from './support.ts';

/** Thursday, 2026-11-26, 01:30:00 UTC. */
const night = Date.UTC(2026, 10, 26, 1, 30);

/** What is likely to happen by a rule that asks for the time, at a moment. */
function likely(options: string, time: number | undefined): string {
  const rules = `*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m time ${options} -j DROP\nCOMMIT\n`;
  const { outcomes } = enumerate(rules, {}, time === undefined ? {} : { time });
  return outcomes.find(({ oddity }) => oddity === 0)?.verdict ?? '';
}

describe('-m time', () => {
  // As time_mt of the kernel has it (net/netfilter/xt_time.c).
  it.each([
    ['--timestart 01:00 --timestop 02:00', 'drop'],
    ['--timestart 02:00 --timestop 03:00', 'accept'],
    ['--timestart 01:30:00 --timestop 01:30:00', 'drop'],
    ['--timestart 22:00 --timestop 02:00', 'drop'],
    ['--timestart 22:00 --timestop 01:00', 'accept'],
    ['--weekdays Thu', 'drop'],
    ['--weekdays Wed', 'accept'],
    ['! --weekdays Wed', 'drop'],
    ['--monthdays 26', 'drop'],
    ['! --monthdays 26', 'accept'],
    ['--timestart 22:00 --timestop 02:00 --weekdays Wed', 'accept'],
    ['--timestart 22:00 --timestop 02:00 --weekdays Wed --contiguous', 'drop'],
    ['--timestart 22:00 --timestop 02:00 --weekdays Thu --contiguous', 'accept'],
    ['--datestart 2026-11-26T01:30:00', 'drop'],
    ['--datestart 2026-11-26T01:30:01', 'accept'],
    ['--datestop 2026-11-26T01:29:59', 'accept'],
    ['--datestop 2026-11-26T01:30:00', 'drop'],
    ['--timestart 01:30:01', 'accept'],
    ['--timestop 01:29:59', 'accept'],
    // Nobody knows the kernel's time zone.
    ['--timestart 01:00 --timestop 02:00 --kerneltz', 'accept'],
    ['--timestart 01:00 --timestop 02:00 --localtz', 'accept'],
    // What iptables does not take is no claim.
    ['--weekdays Noday', 'accept'],
    ['--monthdays 32', 'accept'],
    ['--timestart 25:00', 'accept'],
    ['--timestop 25:00', 'accept'],
    ['--datestart 1969-01-01', 'accept'],
    ['--datestop 2039-01-01', 'accept'],
  ])('%s at half past one in the night to Thursday: %s', (options, verdict) => {
    expect(likely(options, night)).toBe(verdict);
    // Where nobody knows the time, the rule is taken not to be for it as it is written, `!` left aside.
    expect(likely(options, undefined)).toBe(options.startsWith('!') ? 'drop' : 'accept');
  });

  // Hours go round: a stretch whose ends are the same second passes midnight.
  it.each([
    [Date.UTC(2026, 10, 26, 23, 59, 59), '--timestart 22:00', 'drop'],
    [Date.UTC(2026, 10, 26, 0, 0, 0), '--timestop 00:00:01', 'drop'],
    [Date.UTC(2026, 10, 26, 0, 0, 1), '--timestop 00:00:01', 'drop'],
    [Date.UTC(2026, 10, 26, 0, 0, 2), '--timestop 00:00:01', 'accept'],
    [Date.UTC(2026, 10, 26, 2, 0, 0), '--timestart 22:00 --timestop 02:00 --weekdays Wed --contiguous', 'drop'],
    [Date.UTC(2026, 10, 26, 22, 0, 0), '--timestart 22:00 --timestop 02:00 --weekdays Wed --contiguous', 'accept'],
    [Date.UTC(2026, 10, 26, 22, 0, 0), '--timestart 22:00 --timestop 02:00 --weekdays Thu --contiguous', 'drop'],
    [Date.UTC(2026, 10, 26, 1, 0, 0), '--timestart 01:00 --timestop 02:00 --weekdays Thu --contiguous', 'drop'],
    [Date.UTC(2026, 10, 29, 12, 0, 0), '--weekdays Sun', 'drop'],
    [Date.UTC(2026, 10, 30, 12, 0, 0), '--weekdays Mon', 'drop'],
  ])('at %d: %s gives %s', (moment, options, verdict) => {
    expect(likely(options, moment)).toBe(verdict);
  });
});
