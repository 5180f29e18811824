import { l10n } from 'vscode';

/** Rows that VS Code takes at a time without a pause that is felt. */
const mostRows = 2_000;

/** The last row of so many that not all of them are shown. */
export class LeftOut {
  readonly count: number;

  constructor(count: number) {
    this.count = count;
  }

  /** What the row says. */
  text(): string {
    return l10n.t('{0} more are not shown', this.count);
  }
}

/** The first rows of a list, and how many are left out where there are too many of them. */
export function firstRows<Node>(rows: readonly Node[]): (Node | LeftOut)[] {
  return rows.length <= mostRows ? [...rows] : [...rows.slice(0, mostRows), new LeftOut(rows.length - mostRows)];
}
