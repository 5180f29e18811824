/** What is said of a dump that has no Services. */
import type { Steps } from '../../base/steps.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { otherProxySteps } from './resolve-target.ts';

/** Why a dump has no Services, in a sentence. A file may hold thousands of dumps: pauses every few dozen. */
export function* whyNoServices(resolution: Resolution): Steps<string> {
  const { ruleset } = resolution;
  if (ruleset.dumps.length === 0) return 'This document holds no iptables rules.';
  const other = yield* otherProxySteps(resolution);
  if (other !== '') return other;
  if (!ruleset.tables.some((table) => table.name === 'nat'))
    return "The dump has no nat table, which is where kube-proxy's Services are.";
  return ruleset.tables.some((table) => table.chains.has('KUBE-SERVICES'))
    ? 'No rule of the dump is for a Service.'
    : 'The dump shows no KUBE-SERVICES chain, which is where kube-proxy looks Services up.';
}
