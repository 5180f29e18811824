import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiError, shown } from './api-error.ts';
import { CredentialError } from './credential-plugin.ts';

/** The headers that ask for another user's rights. */
export type Impersonation = Readonly<Record<string, string | string[]>>;

/**
 * The library's configuration for one context and nothing else, with what the library lacks: all the headers of impersonation (it sends
 * `as` alone), and errors that say which program or file gave no credentials.
 */
export class ContextConfig extends KubeConfig {
  /** The server as it is asked, without a slash at its end: "https://10.0.0.1:6443". */
  readonly server: string;
  /** The context's; "default" where it names none, as kubectl has it. */
  readonly namespace: string;
  readonly #impersonation: Impersonation;

  constructor(server: string, namespace: string, impersonation: Impersonation) {
    super();
    this.server = server;
    this.namespace = namespace;
    this.#impersonation = impersonation;
  }

  /** Adds credentials, TLS options and an agent. @throws ApiError where there are no credentials */
  override async applyToHTTPSOptions(options: RequestOptions): Promise<void> {
    try {
      await super.applyToHTTPSOptions(options);
    } catch (error) {
      if (error instanceof CredentialError) throw new ApiError('refused', error.message);
      const message = shown(error instanceof Error ? error.message : String(error)).replace(/\.$/, '');
      throw new ApiError('refused', `There are no credentials for ${this.server}: ${message}.`);
    }
    const isSignedIn = options.headers !== undefined && Object.hasOwn(options.headers, 'Authorization');
    // Without a token that is valid the library asks as nobody.
    if (this.getCurrentUser()?.authProvider !== undefined && !isSignedIn) {
      throw new ApiError(
        'refused',
        `The sign-in (oidc) for ${this.server} has expired and is not renewed here: run kubectl, which renews and keeps it, or sign in again.`,
      );
    }
    options.headers = { ...options.headers, ...this.#impersonation };
  }
}
