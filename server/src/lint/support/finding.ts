import type { Steps } from '../../base/steps.ts';
import type { Chain, Ruleset, Table } from '../../ruleset/ruleset.ts';
import type { SourceDocument } from '../../syntax/document.ts';
import type { Span } from '../../syntax/statement.ts';
import type { Fix, NodeCommand } from '../mending/fix.ts';

export type Severity = 'error' | 'warning' | 'info' | 'hint';

/** A place in a dump: 0-based line, 0-based UTF-16 offsets in it. */
export interface Place extends Span {
  readonly line: number;
}

/** Some work out what they say when they are asked (`SharedFinding`): `withChanges` copies any of them, `...` would lose what is not there yet. */
export interface Finding extends Place {
  /** The code of the rule that found it: "orphaned-chain". */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence, plain text; names from the dump are in it as they are. */
  readonly message: string;
  readonly table: Table | undefined;
  readonly chain: Chain | undefined;
  readonly related: readonly (Place & { readonly message: string })[];
  /** Ways to mend it in the file, the likeliest first; none where there is no one right answer and no few sensible ones. Worked out when asked for. */
  readonly fixes: () => readonly Fix[];
  /** Where it is the node that has to be mended: the commands to run there. */
  readonly onNode: readonly NodeCommand[];
  /** Marks text that does nothing: editors fade it out. */
  readonly unnecessary: boolean;
  /** The cluster says of its line that it should be another: the message has both. */
  readonly isDriftToo?: boolean;
}

/** What a rule looks at. */
export interface LintInput {
  readonly document: SourceDocument;
  readonly ruleset: Ruleset;
}

/** A check over a whole ruleset. A rule a file, all of them in `registry.ts`. */
export interface LintRule {
  /** Codes of the findings it makes, with one sentence each for the documentation. */
  readonly codes: Readonly<Record<string, string>>;
  /** Hands every finding to `report`. Pauses in long loops; never throws. */
  check(input: LintInput, report: (finding: Finding) => void): Steps<void>;
}

/** The same finding but for some of what it says. */
export function withChanges(found: Finding, changes: Partial<Finding>): Finding {
  const { line, start, end, code, severity, message, table, chain, related, fixes, onNode, unnecessary, isDriftToo } = found;
  const whole = { line, start, end, code, severity, message, table, chain, related, fixes, onNode, unnecessary };
  return { ...whole, ...(isDriftToo === undefined ? {} : { isDriftToo }), ...changes };
}

/** One for all findings: a text may have tens of thousands of them. */
export const none: readonly never[] = Object.freeze([]);

/** A finding at a place, with everything optional left empty. */
export function finding(
  place: Place,
  code: string,
  severity: Severity,
  message: string,
  more: Partial<Pick<Finding, 'table' | 'chain' | 'related' | 'onNode' | 'unnecessary'>> & {
    readonly fixes?: readonly Fix[] | (() => readonly Fix[]);
  } = {},
): Finding {
  const { fixes = [] } = more;
  return {
    line: place.line,
    start: place.start,
    end: place.end,
    code,
    severity,
    message,
    table: more.table,
    chain: more.chain,
    related: more.related ?? none,
    fixes: typeof fixes === 'function' ? fixes : () => fixes,
    onNode: more.onNode ?? none,
    unnecessary: more.unnecessary ?? false,
  };
}
