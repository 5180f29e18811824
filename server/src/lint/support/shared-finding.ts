import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { Fault } from '../../syntax/statement.ts';
import type { Fix } from '../mending/fix.ts';
import { type Finding, none, type Severity } from './finding.ts';

/** What findings of a table have in common. */
export interface SharedFindings {
  readonly ruleset: Ruleset;
  readonly table: Table | undefined;
  /** What is wrong with each of their lines, but for what it says: a message may hold an address of its line. */
  readonly fault: Pick<Fault, 'code' | 'severity'>;
  /** The fixes for a line (0-based). */
  readonly fixesOf: (line: number) => readonly Fix[];
}

/**
 * What is wrong with a line as with all of its shape. A table under the name of another has tens of thousands of them, of which an editor shows a thousand: all but
 * its line is made when somebody asks.
 */
export class SharedFinding implements Finding {
  readonly line: number;
  readonly #shared: SharedFindings;

  constructor(line: number, shared: SharedFindings) {
    this.line = line;
    this.#shared = shared;
  }

  get start(): number {
    return this.#shared.ruleset.lines.at(this.line)?.problems[0]?.start ?? 0;
  }

  get end(): number {
    return this.#shared.ruleset.lines.at(this.line)?.problems[0]?.end ?? 0;
  }

  get code(): string {
    return this.#shared.fault.code;
  }

  get severity(): Severity {
    return this.#shared.fault.severity;
  }

  get message(): string {
    return this.#shared.ruleset.lines.faultAt(this.line)?.message ?? '';
  }

  get table(): Table | undefined {
    return this.#shared.table;
  }

  get chain(): Chain | undefined {
    return this.#shared.table?.chains.get(this.#shared.ruleset.lines.nameAt(this.line));
  }

  get fixes(): Finding['fixes'] {
    return () => this.#shared.fixesOf(this.line);
  }

  get related(): Finding['related'] {
    return none;
  }

  get onNode(): Finding['onNode'] {
    return none;
  }

  get unnecessary(): boolean {
    return false;
  }
}
