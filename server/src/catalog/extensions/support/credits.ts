/**
 * Whether the kernel can count a rate and its burst: matches for rates keep credits, as many for each tick of the clock, and refuse what does not fit.
 * How often the clock ticks is a matter of the kernel's build; what every usual one refuses counts as refused.
 */

const ticksASecond = [100n, 250n, 300n, 1000n];
const secondsADay = 86_400n;

interface Counting {
  /** Of the numbers that it counts with. */
  readonly bits: 32n | 64n;
  /** What stands for one packet a second. */
  readonly scale: bigint;
}

/** Source: xt_limit.c, user2credits and limit_mt_check. */
const ofLimit: Counting = { bits: 32n, scale: 10_000n };
/** Source: xt_hashlimit.c, user2credits and hashlimit_mt_check_common, revision 3. */
const ofHashlimit: Counting = { bits: 64n, scale: 1_000_000n };

function powerOfTwoBelow(number: bigint): bigint {
  return 1n << BigInt(number.toString(2).length - 1);
}

function credits(user: bigint, ticks: bigint, { bits, scale }: Counting): bigint {
  const most = (1n << bits) - 1n;
  const each = ticks * powerOfTwoBelow(most / (ticks * secondsADay));
  // The two divide at different places.
  if (bits === 64n) return (user * (each / scale)) & most;
  return user > most / each ? ((user / scale) * each) & most : (user * each) / scale;
}

function overflows(amount: number, seconds: number, burst: number, counting: Counting): boolean {
  const most = (1n << counting.bits) - 1n;
  const average = (counting.scale * BigInt(seconds)) / BigInt(amount);
  return ticksASecond.every(
    (ticks) => credits((average * BigInt(burst)) & most, ticks, counting) < credits(average, ticks, counting),
  );
}

/** Whether the limit match of the legacy back end refuses so many packets in a period of seconds, with so many at once. */
export function limitOverflows(amount: number, seconds: number, burst: number): boolean {
  return burst === 0 || (amount > 0 && overflows(amount, seconds, burst, ofLimit));
}

/** Whether the hashlimit match refuses so many packets in a period of seconds, with so many at once. */
export function hashlimitOverflows(amount: number, seconds: number, burst: number): boolean {
  return burst === 0 || (amount > 0 && overflows(amount, seconds, burst, ofHashlimit));
}
