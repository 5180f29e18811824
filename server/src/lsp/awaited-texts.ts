/** Documents that are open and whose text the client was asked for. */

/** A client may have closed one meanwhile, and send nothing. */
const longestMilliseconds = 2_000;

/** Which texts are on their way, by URI. */
export interface AwaitedTexts {
  /** The client was asked for the text of a document. */
  ask(uri: string): void;
  /** A text of this version came. */
  come(uri: string, version: number): void;
  /** Whether a change is in the text that the client was asked for: it told of it before it sent the text. */
  isIn(uri: string, version: number): boolean;
  close(uri: string): void;
  /** Settles when the text of a document is there, in some seconds at the latest; undefined where none is awaited. */
  until(uri: string | undefined): Promise<void> | undefined;
}

interface Awaited {
  readonly here: Promise<void>;
  readonly end: () => void;
  /** Undefined until it has come. */
  version: number | undefined;
}

/** None is awaited yet. */
export function createAwaitedTexts(): AwaitedTexts {
  const texts = new Map<string, Awaited>();
  const close = (uri: string): void => {
    texts.get(uri)?.end();
    texts.delete(uri);
  };
  return {
    ask(uri) {
      close(uri);
      let settle = (): void => undefined;
      const here = new Promise<void>((resolve) => {
        settle = resolve;
      });
      const timer = setTimeout(settle, longestMilliseconds);
      const end = (): void => {
        clearTimeout(timer);
        settle();
      };
      texts.set(uri, { here, end, version: undefined });
    },
    come(uri, version) {
      const text = texts.get(uri);
      if (text === undefined) return;
      text.version = version;
      text.end();
    },
    isIn(uri, version) {
      const text = texts.get(uri);
      return text?.version !== undefined && version <= text.version;
    },
    close,
    until(uri) {
      const text = uri === undefined ? undefined : texts.get(uri);
      return text === undefined || text.version !== undefined ? undefined : text.here;
    },
  };
}
