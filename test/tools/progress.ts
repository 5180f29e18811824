import { styleText } from 'node:util';

const quietFor = 10_000;

/**
 * Does `work` and says on standard error that it is being done, for how long, and when it was done. `work` may say what it is at. On a
 * terminal the line counts the seconds; elsewhere it is repeated every ten.
 */
export async function step<T>(message: string, work: (say: (message: string) => void) => Promise<T>): Promise<T> {
  const { stderr } = process;
  const started = Date.now();
  let current = message;
  const seconds = (): string => `${Math.round((Date.now() - started) / 1000)} s`;
  const show = (): void => {
    if (stderr.isTTY) stderr.write(`\r\u001b[K${styleText('dim', `${current} ${seconds()}`, { stream: stderr })}`);
    else stderr.write(`${current} ${seconds()}\n`);
  };
  if (stderr.isTTY) show();
  else stderr.write(`${current}\n`);
  const timer = setInterval(show, stderr.isTTY ? 1_000 : quietFor);
  try {
    const result = await work((next) => {
      current = next;
      if (stderr.isTTY) show();
      else stderr.write(`${current}\n`);
    });
    if (stderr.isTTY) stderr.write('\r\u001b[K');
    stderr.write(`${message.replace(/ \.\.\.$/, '')}: done in ${seconds()}\n`);
    return result;
  } catch (error) {
    if (stderr.isTTY) stderr.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
