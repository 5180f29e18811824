/** What a path takes to be so of rules that the text does not show: that they let the packet pass. */
import type { Chain } from '../../ruleset/ruleset.ts';
import type { Fact } from '../answer.ts';
import { answerTo, suppose } from './facts.ts';
import type { Path } from './path.ts';
import type { Run } from './state.ts';

/** kube-proxy's chains for a Service or an endpoint: hardly a packet leaves one by its end. */
const redirecting = /^KUBE-(?:SVC|SVL|EXT|XLB|FW|SEP)-/;

function passes({ name, table }: Chain, yes: string): Fact {
  return {
    about: 'other',
    key: `not shown ${table.name} ${name}`,
    yes,
    no: `What the text does not show of ${name} decides.`,
    likely: true,
  };
}

function take(run: Run, path: Path, fact: Fact): void {
  if (answerTo(run, path, fact) === undefined) suppose(run, path, fact, true);
}

/** A jump to a chain that the text does not have is passed over. */
export function supposePassed(run: Run, path: Path, chain: Chain): void {
  take(run, path, passes(chain, `${chain.name}, which the text does not show, lets the packet pass.`));
}

/** A packet leaves by its end a chain of which the text may not show all. Of most chains that is what packets do. */
export function supposeEnded(run: Run, path: Path, chain: Chain): void {
  if (redirecting.test(chain.name))
    take(run, path, passes(chain, `What the text does not show of ${chain.name} lets the packet pass.`));
}
