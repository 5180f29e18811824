/** What many lines have in common: a dump of 200,000 lines has a few dozen forms, and each line of one points to it. */
import { createMemory } from '../base/memory.ts';
import type { Line, LineContext } from './line.ts';

/** All of a line but its text and its names. */
export type LineForm = Omit<Line, 'text' | 'name' | 'target' | 'faults'>;

/** A line that reads in its form what it shares with others, and its text in the one that it may be part of. */
export class FormedLine implements Line {
  readonly #source: string;
  readonly #start: number;
  readonly #end: number;
  readonly name: string;
  readonly target: string;
  readonly form: LineForm;

  /**
   * @param source the line's own text, or one that it is part of
   * @param start where it begins there
   * @param end where it ends (exclusive), without its line end
   */
  constructor(source: string, start: number, end: number, name: string, target: string, form: LineForm) {
    this.#source = source;
    this.#start = start;
    this.#end = end;
    this.name = name;
    this.target = target;
    this.form = form;
  }

  /** Not kept where it is part of another: as an object of its own it would be a third of what a line takes. */
  get text(): string {
    return this.#source.slice(this.#start, this.#end);
  }

  get context(): LineContext {
    return this.form.context;
  }

  get kind(): Line['kind'] {
    return this.form.kind;
  }

  get command(): Line['command'] {
    return this.form.command;
  }

  get isGoto(): boolean {
    return this.form.isGoto;
  }

  get isUnsure(): boolean {
    return this.form.isUnsure;
  }

  get listing(): boolean {
    return this.form.listing;
  }

  get prefix(): number {
    return this.form.prefix;
  }

  get problems(): Line['problems'] {
    return this.form.problems;
  }

  get faults(): Line['faults'] {
    return this.form.problems;
  }

  get isFaulty(): boolean {
    return this.form.isFaulty;
  }

  get isPlain(): boolean {
    return this.form.isPlain;
  }

  get carriageReturn(): boolean {
    return this.form.carriageReturn;
  }
}

const noProblems: readonly never[] = Object.freeze([]);

const known = createMemory<LineContext, Map<string, LineForm>>();
/** Of one context; circumstances are many where a text is hostile, forms within one are few. */
const mostForms = 1_000;

type Said = Omit<LineForm, 'isPlain' | 'isFaulty'>;

/** What a dump is made of. */
function isPlain({ kind, command, listing, prefix, carriageReturn }: Said): boolean {
  const isOfDump = (kind === 'rule' && command === 'append') || (kind === 'chain' && (command === 'new' || command === 'policy'));
  return isOfDump && !listing && prefix === 0 && !carriageReturn;
}

/** The one shared object for this form, unless a line has problems of its own. */
export function lineForm(form: Said): LineForm {
  if (form.problems.length > 0) return { ...form, isPlain: false, isFaulty: true };
  let forms = known.get(form.context);
  if (forms === undefined) {
    forms = new Map();
    known.set(form.context, forms);
  }
  const { kind, command, isGoto, isUnsure, listing, prefix, carriageReturn } = form;
  const key = `${kind} ${command} ${isGoto} ${isUnsure} ${listing} ${carriageReturn} ${prefix}`;
  let shared = forms.get(key);
  if (shared === undefined) {
    shared = { ...form, problems: noProblems, isPlain: isPlain(form), isFaulty: false };
    if (forms.size < mostForms) forms.set(key, shared);
  }
  return shared;
}

/** The same form for lines that end in CR LF. */
export function withCarriageReturn(form: LineForm): LineForm {
  return lineForm({ ...form, carriageReturn: true });
}

/** The form of plain restore input with nothing wrong with it. */
export function plainForm(context: LineContext, kind: Line['kind'], command: Line['command']): LineForm {
  return lineForm({
    context,
    kind,
    command,
    isGoto: false,
    isUnsure: false,
    listing: false,
    prefix: 0,
    problems: noProblems,
    carriageReturn: false,
  });
}
