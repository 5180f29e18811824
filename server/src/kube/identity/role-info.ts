import type { ChainRole, RoleInfo } from './roles.ts';

/** What is known of a chain, in one line. */
export function info(role: ChainRole, owner: string, explanation: string, url: string): RoleInfo {
  return { role, owner, explanation, url };
}
