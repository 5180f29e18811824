/** What a server has told, and tests that wait for it. */
export interface Inbox {
  /** Keeps a notification or request. */
  readonly receive: (method: string, params: unknown) => void;
  /** The parameters of the last one of a method that fits, as soon as there is one. */
  readonly notified: <T>(method: string, fits: (params: T) => boolean) => Promise<T>;
}

export function createInbox(): Inbox {
  const received: { readonly method: string; readonly params: unknown }[] = [];
  const waiting = new Set<() => void>();
  return {
    receive(method, params) {
      received.push({ method, params });
      for (const look of waiting) look();
    },
    notified<T>(method: string, fits: (params: T) => boolean): Promise<T> {
      return new Promise((done) => {
        const look = (): void => {
          const found = received.findLast((message) => message.method === method && fits(message.params as T));
          if (found === undefined) return;
          waiting.delete(look);
          done(found.params as T);
        };
        waiting.add(look);
        look();
      });
    },
  };
}
