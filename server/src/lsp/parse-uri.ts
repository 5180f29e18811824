import { URI } from 'vscode-uri';

/** The scheme of what is no URI: nothing has a folder or a file there. */
export const noScheme = 'none';

/**
 * The parts of a URI that a client gave. The library throws where a text is no URI by its rules ("file:////a", " file:///a"), and a client that sends
 * one still has a document there: it gets a URI of a scheme that nobody knows.
 */
export function parseUri(uri: string): URI {
  try {
    return URI.parse(uri);
  } catch {
    return URI.from({ scheme: noScheme, path: '/' });
  }
}
