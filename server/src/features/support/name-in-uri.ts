import { lastPart } from '../../base/last-part.ts';

/** The last part of a URI, as people read it; as it stands where its escapes are none. Of a folder's URI the folder's name. */
export function nameInUri(uri: string): string {
  const path = uri.endsWith('/') ? uri.slice(0, -1) : uri;
  const name = lastPart(path);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
