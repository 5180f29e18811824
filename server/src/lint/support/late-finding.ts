import type { Finding, Severity } from './finding.ts';

/**
 * A finding of which hardly more than its line is known until somebody asks. One line less in a large dump may leave tens of thousands of chains without a way to
 * them, and as many jumps without a chain, of which an editor shows a thousand.
 */
export class LateFinding implements Finding {
  readonly line: number;
  readonly code: string;
  readonly severity: Severity;
  readonly #wholeOf: (line: number) => Finding;
  #whole: Finding | undefined;

  /** @param wholeOf the finding of a line (0-based), with this code and severity; asked once at most */
  constructor(line: number, code: string, severity: Severity, wholeOf: (line: number) => Finding) {
    this.line = line;
    this.code = code;
    this.severity = severity;
    this.#wholeOf = wholeOf;
  }

  get #known(): Finding {
    this.#whole ??= this.#wholeOf(this.line);
    return this.#whole;
  }

  get start(): number {
    return this.#known.start;
  }

  get end(): number {
    return this.#known.end;
  }

  get message(): string {
    return this.#known.message;
  }

  get table(): Finding['table'] {
    return this.#known.table;
  }

  get chain(): Finding['chain'] {
    return this.#known.chain;
  }

  get fixes(): Finding['fixes'] {
    return this.#known.fixes;
  }

  get related(): Finding['related'] {
    return this.#known.related;
  }

  get onNode(): Finding['onNode'] {
    return this.#known.onNode;
  }

  get unnecessary(): boolean {
    return this.#known.unnecessary;
  }
}
