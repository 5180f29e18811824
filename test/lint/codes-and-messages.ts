import { findingsIn } from './check-findings.ts';

export function codes(text: string): readonly string[] {
  return findingsIn(text).map(({ code }) => code);
}

export function messages(text: string, code: string): readonly string[] {
  return findingsIn(text)
    .filter((finding) => finding.code === code)
    .map(({ message }) => message);
}
