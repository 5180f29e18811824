/** How requests about a live cluster are answered. */
import { type CancellationToken, ErrorCodes, LSPErrorCodes, ResponseError } from 'vscode-languageserver';

/** Aborts when the client gives the request up. */
export function signalOf(token: CancellationToken | undefined): AbortSignal {
  const controller = new AbortController();
  if (token?.isCancellationRequested === true) controller.abort();
  token?.onCancellationRequested(() => controller.abort());
  return controller.signal;
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An answer that cannot be given is an error whose message is a sentence for the user. */
export async function answer<T>(give: () => Promise<T>, token?: CancellationToken): Promise<T | ResponseError<void>> {
  try {
    return await give();
  } catch (error) {
    if (token?.isCancellationRequested === true) return new ResponseError(LSPErrorCodes.RequestCancelled, 'cancelled');
    return new ResponseError(ErrorCodes.InvalidRequest, messageOf(error));
  }
}
