/** What a client tells without waiting for an answer. */
import { type ParamName, type Params, readParams } from './params.ts';
import { logError, type Session } from './session.ts';

/** Handles a notification whose parameters are of their types; of another one the log says in a line what is wrong with it, and nothing comes of it. */
export function onNotified<Name extends ParamName>(
  { connection }: Pick<Session, 'connection'>,
  method: string,
  names: readonly Name[],
  handle: (params: Pick<Params, Name>) => void,
): void {
  connection.onNotification(method, (message: unknown) => {
    const read = readParams(message, names);
    if (read.ok) handle(read.params);
    else logError(connection, `${method}: ${read.problem}`);
  });
}
