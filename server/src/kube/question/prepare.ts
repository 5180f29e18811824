/** What questions look up and keep, looked up before anybody asks. */
import { hostPort } from '../../base/ip.ts';
import type { Steps } from '../../base/steps.ts';
import { dumpsByFamily, frontendSteps } from '../flow/frontends.ts';
import { nodeAddress } from '../flow/packet-sources.ts';
import type { Resolution } from '../identity/chain-identity.ts';
import { proxyLayoutSteps } from '../proxy/layout.ts';
import { reachSteps } from './reach.ts';
import { type PacketQuestion, traceQuestion } from './trace.ts';

/** One question of each kind: by an address of a Service, by its name, and to the node itself. */
function* firstQuestions(resolution: Resolution): Steps<readonly PacketQuestion[]> {
  const frontends = yield* frontendSteps(resolution);
  const questions: PacketQuestion[] = [];
  for (const dump of dumpsByFamily(resolution.ruleset)) {
    const ipv6 = dump.family === 'ipv6';
    // Which addresses NodePorts listen on, by a look at thousands of chains; kept.
    yield* proxyLayoutSteps(resolution.ruleset, dump);
    const own = nodeAddress(resolution, dump).text;
    questions.push({ from: 'outside', to: hostPort(own, 22), ipv6 });
    const first = frontends.find((each) => each.dump === dump && each.kind === 'cluster-ip' && each.service !== null);
    if (first?.service == null) continue;
    const to = `${first.service.namespace}/${first.service.name}`;
    questions.push({ from: own, to, ipv6, hook: 'prerouting' }, { from: own, to, ipv6, hook: 'output' });
  }
  return questions;
}

/**
 * Asks the first questions of a ruleset, so that whoever asks one later waits for its own packet alone: the entries of all Services, which rule
 * is for which address, loops, the node. For idle time; pauses as often as those questions do.
 */
export function* prepareQuestions(resolution: Resolution): Steps<void> {
  const questions = yield* firstQuestions(resolution);
  yield;
  for (const question of questions) {
    yield* traceQuestion(resolution, question);
    // The first run of anything takes long, also on a dump that is small.
    yield;
  }
  const first = questions.find(({ hook }) => hook === 'prerouting');
  if (first === undefined) return;
  const [namespace = '', name = ''] = first.to.split('/');
  yield* reachSteps(resolution, { kind: 'service', namespace, name, port: null });
}
