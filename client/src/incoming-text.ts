import type { LanguageClientOptions, Message, NotificationMessage, RequestMessage, ResponseMessage } from 'vscode-languageclient';
import { notificationText } from '../../server/src/base/safe-text.ts';

/**
 * What the language client shows by itself of what a server says: messages (with and without buttons), progress, and the messages of failed
 * requests. They may quote a dump, a cluster or a program, so they are made safe before the client sees them.
 */
type Shown = { [field: string]: unknown };

function isObject(value: unknown): value is Shown {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function makeSafe(value: unknown, ...fields: readonly string[]): void {
  if (!isObject(value)) return;
  for (const field of fields) {
    const text = value[field];
    if (typeof text === 'string') value[field] = notificationText(text);
  }
}

function makeRequestSafe({ method, params }: NotificationMessage | RequestMessage): void {
  if (!isObject(params)) return;
  switch (method) {
    case 'window/showMessage':
    case 'window/showMessageRequest':
      makeSafe(params, 'message');
      if (Array.isArray(params['actions'])) for (const action of params['actions']) makeSafe(action, 'title');
      break;
    case '$/progress':
      makeSafe(params['value'], 'title', 'message');
      break;
  }
}

/** Makes a message from the server safe to show, in place. */
export function makeMessageSafe(message: Message): void {
  if ('method' in message) makeRequestSafe(message as NotificationMessage | RequestMessage);
  else if ('error' in message) makeSafe((message as ResponseMessage).error, 'message');
}

/** The option of a language client that has every message from the server pass here first. */
export const safeConnection: NonNullable<LanguageClientOptions['connectionOptions']> = {
  messageStrategy: {
    handleMessage(message, next) {
      makeMessageSafe(message);
      return next(message);
    },
  },
};
