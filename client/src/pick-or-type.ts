import type { Disposable } from 'vscode';
import { type OpenPickOptions, openPick, type PickItem } from './show.ts';

/** Rows that may come to be others while they are shown. */
export interface PickSource<T> {
  rows(): Promise<readonly T[]>;
  /** Calls back when they are others. */
  readonly onChange: (listener: () => void) => Disposable;
}

/** Lets the user pick one of the rows, or type what `typed` makes an item of; undefined for none. Rows are told by their labels. */
export async function pickOrType<T extends PickItem>(source: PickSource<T>, options: OpenPickOptions<T>): Promise<T | undefined> {
  const { picked, show, close } = openPick<T>({ ...options, matchOnDescription: true }, ({ label }) => label);
  const failed = new Promise<never>((_, reject) => {
    const read = (): void => {
      source.rows().then(show, (error: unknown) => {
        reject(error);
        close();
      });
    };
    const changes = source.onChange(read);
    void picked.then(() => changes.dispose());
    read();
  });
  return Promise.race([failed, picked]);
}
