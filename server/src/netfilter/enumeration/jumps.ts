import type { Fact } from '../answer.ts';
import { rulesFor } from '../rule-index.ts';
import { effectOf } from './effects.ts';
import { answerTo, suppose } from './facts.ts';
import { jumpTarget } from './jump-target.ts';
import { supposePassed } from './not-shown.ts';
import { type Frame, type Matched, type Path, splitOff } from './path.ts';
import { leaveChain, nextStage } from './stages.ts';
import { addStep, assume, end, type Run } from './state.ts';

function jump(run: Run, path: Path, frame: Frame, line: number, name: string, isGoto: boolean): Path {
  const { chain } = frame;
  const named = chain.table.chains.get(name) ?? null;
  const words = named === null ? 'continue' : `${isGoto ? 'goto' : 'jump'} ${name}`;
  addStep(run, path, { chain, line, kind: named === null ? 'continue' : 'jump', words, target: named });
  const target = jumpTarget(run, chain, name);
  if (target === null) {
    if (named !== null && run.missing.has(named)) supposePassed(run, path, named);
    return path;
  }
  const rules = rulesFor(run.ruleset, target, path.packet);
  path.frame = isGoto
    ? { chain: target, rules, parent: frame.parent, resume: frame.resume }
    : { chain: target, rules, parent: frame, resume: path.at };
  path.at = 0;
  return path;
}

/** REDIRECT of what comes in takes the first address of the interface, and drops the packet where that has none (nf_nat_redirect.c). */
const hasAddress: Fact = {
  about: 'interface',
  key: 'address of the interface',
  yes: 'The interface that the packet came in by has an address, which REDIRECT gives it.',
  no: 'The interface that the packet came in by has no address, so that REDIRECT drops it.',
  likely: true,
};

/** Takes an interface to have an address, and adds the path on which it has none. False where it certainly has none. */
function findsAddress(run: Run, path: Path, addDrop: (path: Path) => void): boolean {
  if (path.packet.isFromHere) return true;
  const address = run.options.redirectAddress?.(path.packet);
  if (address !== undefined) return address !== null;
  const known = answerTo(run, path, hasAddress);
  if (known !== undefined) return known;
  const other = splitOff(path);
  suppose(run, path, hasAddress, true);
  suppose(run, other, hasAddress, false);
  addDrop(other);
  return true;
}

/** Does what a matching rule says; null when the path has ended. */
export function perform(run: Run, path: Path, { frame, line, rule, target: targetName }: Matched): Path | null {
  const { action, isGoto } = rule;
  const { chain } = frame;
  if (action.kind === 'jump') return jump(run, path, frame, line, action.chain, isGoto);
  // A chain may be called like a target that only notes or changes something.
  if (chain.table.chains.has(targetName)) return jump(run, path, frame, line, targetName, isGoto);
  const drop = (dropped: Path): null => {
    addStep(run, dropped, { chain, line, kind: 'redirect', words: 'redirect without an address: drop', target: null });
    return end(run, dropped, 'drop');
  };
  if (action.kind === 'redirect' && !findsAddress(run, path, drop)) return drop(path);
  const { words, packet, then, assumption } = effectOf(action, path.packet, {
    stage: path.stages[path.stage],
    line,
    options: run.options,
  });
  addStep(run, path, { chain, line, kind: action.kind, words, target: null });
  assume(run, assumption);
  path.packet = packet;
  switch (then) {
    case 'continue':
      return path;
    case 'next-table':
      return nextStage(path);
    case 'return':
      return leaveChain(run, path, frame);
    case 'drop':
    case 'reject':
      return end(run, path, then);
  }
}
