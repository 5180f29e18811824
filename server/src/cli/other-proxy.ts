import { otherProxyNote } from '../kube/flow/resolve-target.ts';
import type { Resolution } from '../kube/identity/chain-identity.ts';
import { say } from './output.ts';

/** Says on standard error what `otherProxyNote` has to say of a file. */
export function sayOtherProxy(file: string, resolution: Resolution): void {
  const note = otherProxyNote(resolution);
  if (note !== '') say(`${file}: ${note}`);
}
