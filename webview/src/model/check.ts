/**
 * Checks of values that came from the other side of `postMessage`: each tells whether an unknown value has a type. `record` takes a
 * check for every field, so a field that is added to a type and not to its check is a compile error.
 */
export type Check<T> = (value: unknown) => value is T;

export const isString: Check<string> = (value) => typeof value === 'string';
export const isNumber: Check<number> = (value): value is number => typeof value === 'number' && Number.isFinite(value);
export const isBoolean: Check<boolean> = (value) => typeof value === 'boolean';

/** A 1-based line. */
export const isLine: Check<number> = (value): value is number => Number.isSafeInteger(value) && Number(value) >= 1;

/** What passes a check, or null. */
export function orNull<T>(check: Check<T>): Check<T | null> {
  return (value): value is T | null => value === null || check(value);
}

/** What passes a check, or undefined. */
export function optional<T>(check: Check<T>): Check<T | undefined> {
  return (value): value is T | undefined => value === undefined || check(value);
}

/** One of these values. */
export function oneOf<const T extends string | number>(...values: readonly T[]): Check<T> {
  const known: ReadonlySet<unknown> = new Set(values);
  return (value): value is T => known.has(value);
}

/** One of the kinds that a map has a word for. */
export function keyOf<T extends string>(words: Readonly<Record<T, unknown>>): Check<T> {
  return (value): value is T => typeof value === 'string' && Object.hasOwn(words, value);
}

/** A list of which every item passes a check. */
export function listOf<T>(check: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((item) => check(item));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object whose every value passes, whatever its keys. */
export function mapOf<T>(check: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> => isObject(value) && Object.values(value).every((item) => check(item));
}

/** An object with these fields; more fields are let pass, as an older page may meet a newer host. */
export function record<T extends object>(fields: { readonly [Key in keyof T]-?: Check<T[Key]> }): Check<T> {
  const checks: readonly (readonly [string, Check<unknown>])[] = Object.entries<Check<unknown>>(fields);
  return (value): value is T => isObject(value) && checks.every(([key, check]) => check(value[key]));
}
