import type { Fact } from '../answer.ts';
import { rulesFor } from '../rule-index.ts';
import { chancesOf, effectOf } from './effects.ts';
import { answerTo, supposeEither } from './facts.ts';
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
  supposeEither(run, path, other, hasAddress, true);
  addDrop(other);
  return true;
}

type Deed = Parameters<typeof effectOf>[0];

function effectHere(run: Run, path: Path, line: number, action: Deed): ReturnType<typeof effectOf> {
  return effectOf(action, path.packet, { stage: path.stages[path.stage], line, options: run.options });
}

/** Does one deed of a matching rule; null when the path has ended. */
function done(run: Run, path: Path, { frame, line }: Matched, action: Deed): Path | null {
  const { chain } = frame;
  const { words, packet, then, assumption } = effectHere(run, path, line, action);
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

/**
 * Does what a matching rule says; null when the path has ended. What it may do besides, by chance, is added to the paths that wait.
 * @param words of what it is to do on this path, where it may do one of several by chance
 */
export function perform(run: Run, path: Path, matched: Matched, words?: string): Path | null {
  const { frame, line, rule, target: targetName } = matched;
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
  const chances = chancesOf(action, path.packet);
  const isWanted = (each: Deed): boolean => words !== undefined && effectHere(run, path, line, each).words === words;
  const chosen = (chances.length > 1 ? chances.find(isWanted) : undefined) ?? chances[0] ?? action;
  path.probability /= chances.length;
  for (const other of chances.toReversed()) {
    if (other === chosen) continue;
    const following = done(run, splitOff(path), matched, other);
    if (following !== null) run.waiting.add(following);
  }
  return done(run, path, matched, chosen);
}
