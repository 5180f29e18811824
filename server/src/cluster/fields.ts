/** Reads values of unknown shape: whatever is not of the wanted type is as if it were not there. */

export type Fields = Readonly<Record<string, unknown>>;

const noFields: Fields = Object.freeze({});

/** Whether a value is an object and no list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object that a JSON text is; undefined for what is none. */
export function fieldsOfJson(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The object under a key, empty where there is none. Own keys only, so that "constructor" finds nothing. */
export function fieldsAt(object: Fields, key: string): Fields {
  const value = valueAt(object, key);
  return isFields(value) ? value : noFields;
}

/** The value under a key of the object's own; undefined where there is none. */
export function valueAt(object: Fields, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** The text under a key, empty where there is none. */
export function textAt(object: Fields, key: string): string {
  const value = valueAt(object, key);
  return typeof value === 'string' ? value : '';
}

/** The whole number under a key if it lies within 0 to `most`, else 0. */
export function numberAt(object: Fields, key: string, most: number): number {
  const value = valueAt(object, key);
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most ? value : 0;
}

/** The truth value under a key; undefined where there is none. */
export function booleanAt(object: Fields, key: string): boolean | undefined {
  const value = valueAt(object, key);
  return typeof value === 'boolean' ? value : undefined;
}

const emptyList: readonly never[] = Object.freeze([]);

/** The list under a key, empty where there is none. */
export function listAt(object: Fields, key: string): readonly unknown[] {
  const value = valueAt(object, key);
  return Array.isArray(value) ? value : emptyList;
}

/** The objects of a list, others left out. */
export function objectsAt(object: Fields, key: string): readonly Fields[] {
  return listAt(object, key).filter(isFields);
}

/** The texts of a list, others left out. */
export function textsAt(object: Fields, key: string): readonly string[] {
  return listAt(object, key).filter((value) => typeof value === 'string');
}

/** The entries under a key whose values are texts: labels, annotations, selectors. */
export function textMapAt(object: Fields, key: string): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsAt(object, key)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

/** A point in time in milliseconds since 1970: RFC 3339 text as the API and watches give it, or a Date as the client's lists do. */
export function timeAt(object: Fields, key: string): number | null {
  const value = valueAt(object, key);
  const time = value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}
