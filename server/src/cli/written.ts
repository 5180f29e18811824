import { print, say } from './output.ts';

/** What a command has to say: all of standard output, and the exit status. */
export interface Answer {
  readonly output: string | Buffer;
  readonly status: 0 | 1 | 2;
  /** What standard error is to say besides; empty or not there for nothing. */
  readonly problem?: string;
}

/** Writes an answer; its status. Throws OutputError where standard output takes not all of it. */
export async function written({ output, problem = '', status }: Answer): Promise<number> {
  await print(output);
  if (problem !== '') say(problem);
  return status;
}
