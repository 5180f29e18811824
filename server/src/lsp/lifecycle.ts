import { type Connection, ErrorCodes, type Message, type MessageStrategy, ResponseError } from 'vscode-languageserver';

/** Where a refused request is sent instead; its handler answers with the error. No client sends it. */
const refusedMethod = '$/iptables/refused';

interface Refusal {
  readonly code: number;
  readonly message: string;
}

const notInitialized: Refusal = {
  code: ErrorCodes.ServerNotInitialized,
  message: 'The first request must be "initialize".',
};
const initializedTwice: Refusal = { code: ErrorCodes.InvalidRequest, message: 'The server is initialized already.' };
const shutDown: Refusal = { code: ErrorCodes.InvalidRequest, message: 'The server was shut down; only "exit" may follow.' };

/**
 * Keeps the protocol's order of a server's life, for `createConnection`: before "initialize" and after "shutdown" a request gets the
 * protocol's error and a notification is dropped, but for "exit" (LSP 3.18, "Server lifecycle").
 */
export function createLifecycle(): MessageStrategy {
  let phase: 'new' | 'running' | 'down' = 'new';

  function refusalOf(method: string): Refusal | undefined {
    if (phase === 'down') return shutDown;
    if (phase === 'running') return method === 'initialize' ? initializedTwice : undefined;
    return method === 'initialize' ? undefined : notInitialized;
  }

  return {
    handleMessage(message, next) {
      // JSON that is no object is no message; the library says so of all but null, which it stumbles over.
      const { method, id } = (message ?? {}) as Message & { readonly method?: unknown; readonly id?: unknown };
      // Answers to requests of the server's own have no method.
      if (typeof method !== 'string' || method === 'exit') return next(message);
      const refusal = refusalOf(method);
      if (refusal === undefined) {
        if (method === 'shutdown') phase = 'down';
        if (method !== 'initialize') return next(message);
        phase = 'running';
        return next(withCapabilities(message));
      }
      if (id === undefined) return undefined;
      return next({ ...message, method: refusedMethod, params: refusal } as Message);
    },
  };
}

/** The library reads the client's capabilities before any handler does, and stumbles over a client that names none. */
function withCapabilities(message: Message): Message {
  const { params } = message as Message & { readonly params?: unknown };
  const given = typeof params === 'object' && params !== null ? (params as { readonly capabilities?: unknown }) : {};
  const { capabilities } = given;
  const known = typeof capabilities === 'object' && capabilities !== null ? capabilities : {};
  return { ...message, params: { ...given, capabilities: known } } as Message;
}

/** Answers the requests that the order of a server's life refuses. */
export function registerRefusals(connection: Connection): void {
  connection.onRequest(refusedMethod, ({ code, message }: Refusal) => new ResponseError<void>(code, message));
}
