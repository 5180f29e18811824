import { programName } from './output.ts';

/** What is missing or too much is told by the help of the command: what its arguments are, and examples. */
export function withHelp(text: string, command = ''): string {
  if (!/^(?:missing required argument|required option|too many arguments)/.test(text)) return text;
  return `${text.trimEnd().replace(/\.$/, '')}; ${programName} ${command} --help has examples`;
}
