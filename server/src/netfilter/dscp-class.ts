/** The number of a DSCP class by name: BE, EF, CS0 to CS7, AF11 to AF43 (libxt's dscp_helper.c). */
export function dscpNumber(text: string): number | undefined {
  const name = text.toUpperCase();
  if (name === 'BE') return 0;
  if (name === 'EF') return 0x2e;
  const selector = /^CS([0-7])$/.exec(name);
  if (selector?.[1] !== undefined) return Number(selector[1]) << 3;
  const assured = /^AF([1-4])([1-3])$/.exec(name);
  return assured?.[1] === undefined ? undefined : (Number(assured[1]) << 3) | (Number(assured[2]) << 1);
}
