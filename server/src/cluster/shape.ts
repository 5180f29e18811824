/** What values of unknown shape must be, and where one is something else. */
import type { Steps } from '../base/steps.ts';
import { type Fields, isFields } from './fields.ts';
import { shown } from './snapshot-failure.ts';

type Scalar =
  | 'text'
  | 'number'
  | 'port'
  | 'boolean'
  | 'text or number'
  | 'boolean or number'
  | 'port or name'
  | 'time'
  | 'texts by name'
  | 'object';

/** What a value must be: one of a kind, a list of such, or an object whose fields are such. */
export type Shape = Scalar | { readonly each: Shape } | { readonly [field: string]: Shape };

/** Something that is of another type than its place has. */
export interface Misfit {
  /** "spec.ports[0].port"; empty for the whole. */
  readonly path: string;
  readonly value: unknown;
  /** "a text". */
  readonly expected: string;
}

const maxPort = 65535;
const maxNumber = Number.MAX_SAFE_INTEGER;

function isWhole(value: unknown, most: number): boolean {
  return typeof value === 'number' && value % 1 === 0 && value >= 0 && value <= most;
}

function areTexts(value: unknown): boolean {
  if (!isFields(value)) return false;
  for (const text of Object.values(value)) if (text !== null && typeof text !== 'string') return false;
  return true;
}

/** Whether a value is one of these, and what they are called. */
const scalars: Readonly<Record<Scalar, { readonly fits: (value: unknown) => boolean; readonly called: string }>> = {
  text: { fits: (value) => typeof value === 'string', called: 'a text' },
  number: { fits: (value) => isWhole(value, maxNumber), called: 'a whole number from 0' },
  port: { fits: (value) => isWhole(value, maxPort), called: `a number from 0 to ${maxPort}` },
  boolean: { fits: (value) => typeof value === 'boolean', called: 'true or false' },
  'text or number': {
    fits: (value) => typeof value === 'string' || isWhole(value, maxNumber),
    called: 'a text or a whole number from 0',
  },
  'boolean or number': {
    fits: (value) => typeof value === 'boolean' || isWhole(value, maxNumber),
    called: 'true, false or a whole number from 0',
  },
  'port or name': {
    fits: (value) => typeof value === 'string' || isWhole(value, maxPort),
    called: `a text or a number from 0 to ${maxPort}`,
  },
  time: {
    fits: (value) => value instanceof Date || (typeof value === 'string' && !Number.isNaN(Date.parse(value))),
    called: 'a time as a text',
  },
  'texts by name': {
    fits: areTexts,
    called: 'an object of texts',
  },
  object: { fits: isFields, called: 'an object' },
};

/** A shape as it is gone through: its fields are listed once, not for each of a cluster's objects. */
type Listed =
  | { readonly kind: 'list'; readonly each: Listed }
  | { readonly kind: 'fields'; readonly fields: readonly (readonly [name: string, shape: Listed])[] }
  | { readonly kind: Scalar };

const listedShapes = new Map<Shape, Listed>();

function listed(shape: Shape): Listed {
  const known = listedShapes.get(shape);
  if (known !== undefined) return known;
  const made: Listed =
    typeof shape === 'string'
      ? { kind: shape }
      : isEach(shape)
        ? { kind: 'list', each: listed(shape.each) }
        : { kind: 'fields', fields: Object.entries(shape).map(([name, inner]) => [name, listed(inner)]) };
  listedShapes.set(shape, made);
  return made;
}

/** Whether all of a value that is set fits. Most fields are texts, and a cluster has millions of them: to look at one is no call. */
function fits(shape: Listed, value: unknown): boolean {
  if (shape.kind === 'list') {
    if (!Array.isArray(value)) return false;
    for (const part of value as readonly unknown[]) {
      if (shape.each.kind === 'text' ? typeof part !== 'string' : part === null || part === undefined || !fits(shape.each, part))
        return false;
    }
    return true;
  }
  if (shape.kind !== 'fields') return scalars[shape.kind].fits(value);
  if (typeof value !== 'object' || Array.isArray(value)) return false;
  for (const [name, inner] of shape.fields) {
    const field = (value as Fields)[name];
    if (field === null || field === undefined) continue;
    if (inner.kind === 'text' ? typeof field !== 'string' : !fits(inner, field)) return false;
  }
  return true;
}

function isEach(shape: Shape): shape is { readonly each: Shape } {
  return typeof shape !== 'string' && 'each' in shape;
}

function misfit(path: string, value: unknown, expected: string): Misfit {
  return { path, value, expected };
}

const partsBetweenPauses = 1_000;

/** Whether all of a value is as its shape says, found without a pause: not for lists of thousands. */
export function fitsShape(shape: Shape, value: unknown): boolean {
  return value === undefined || value === null || fits(listed(shape), value);
}

/**
 * The first thing in a value that does not fit; undefined where all fits. Pauses in long lists. null stands for a field that is not set.
 * @param path the value's own place, empty for the whole
 */
export function* misfitSteps(shape: Shape, value: unknown, path: string): Steps<Misfit | undefined> {
  if (value === undefined || value === null) return undefined;
  if (typeof shape === 'string') {
    if (fits({ kind: shape }, value)) return undefined;
    if (shape === 'texts by name' && isFields(value)) return misfitAmong(value, path);
    return misfit(path, value, scalars[shape].called);
  }
  if (!isEach(shape)) {
    if (!isFields(value)) return misfit(path, value, 'an object');
    for (const [field, inner] of Object.entries(shape)) {
      if (!Object.hasOwn(value, field)) continue;
      const fault = yield* misfitSteps(inner, value[field], path === '' ? field : `${path}.${field}`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (!Array.isArray(value)) return misfit(path, value, 'a list');
  const each = listed(shape.each);
  for (let at = 0; at < value.length; at += 1) {
    if (at % partsBetweenPauses === partsBetweenPauses - 1) yield;
    const part: unknown = value[at];
    // What a list holds is never unset.
    if (part === null || part === undefined)
      return misfit(`${path}[${at}]`, part, isEach(shape.each) ? 'a list' : calledOf(shape.each));
    const fault = fits(each, part) ? undefined : yield* misfitSteps(shape.each, part, `${path}[${at}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function calledOf(shape: Shape): string {
  return typeof shape === 'string' ? scalars[shape].called : 'an object';
}

function misfitAmong(values: Fields, path: string): Misfit | undefined {
  const entry = Object.entries(values).find(([, text]) => text !== null && typeof text !== 'string');
  return entry === undefined ? undefined : misfit(`${path}.${shown(entry[0])}`, entry[1], 'a text');
}
