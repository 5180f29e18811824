/**
 * A share (0 to 1) as a reader would say it: "33.3 %", "50 %", "0.17 %". Never "100 %" or "0 %" for what only rounds to it: "> 99.9 %",
 * "< 0.001 %".
 */
export function percentText(share: number): string {
  const percent = share * 100;
  if (percent >= 100) return '100 %';
  if (percent <= 0) return '0 %';
  if (percent > 99.9) return '> 99.9 %';
  if (percent >= 1) return `${Number(percent.toFixed(1))} %`;
  return percent < 0.001 ? '< 0.001 %' : `${Number(percent.toPrecision(2))} %`;
}
