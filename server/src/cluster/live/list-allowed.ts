import { ApiError } from './api-error.ts';
import { inNamespace, type Resource } from './resources.ts';

/** A list, and what it is a list of. */
export interface Allowed<T> {
  readonly result: T;
  /** The one namespace that was listed, where all of them may not be; empty otherwise. */
  readonly namespace: string;
  /** Why it is that one alone, in a sentence; empty otherwise. */
  readonly limit: string;
}

/**
 * Lists a resource in all namespaces, and where that is forbidden in the context's.
 * @param list is asked once or twice
 * @throws ApiError with the status 403 where both are forbidden, and what `list` throws otherwise
 */
export async function listAllowed<T>(
  everywhere: Resource,
  namespace: string,
  list: (resource: Resource) => Promise<T>,
): Promise<Allowed<T>> {
  try {
    return { result: await list(everywhere), namespace: '', limit: '' };
  } catch (error) {
    const limited = inNamespace(everywhere, namespace);
    if (!isForbidden(error) || limited === undefined) throw error;
    try {
      const limit = `${limited.kind}s of namespace ${namespace} alone: ${error.message}`;
      return { result: await list(limited), namespace, limit };
    } catch (again) {
      if (!isForbidden(again)) throw again;
      throw new ApiError('refused', `${error.message} Nor may they be listed in namespace ${namespace}.`, 403);
    }
  }
}

/** Whether a server refused for want of permission. */
export function isForbidden(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 403;
}
