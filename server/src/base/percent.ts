/** A share as a reader would say it: "33.3 %", "0.05 %", "100 %". `share` is 0 to 1. */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  const digits = percent >= 10 ? 1 : 2;
  return `${Number(percent.toFixed(digits))} %`;
}
