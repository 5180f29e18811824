import { runToEnd } from '../../server/src/base/steps.ts';
import { judgeSteps } from '../../server/src/kube/expectation/judge.ts';
import { readExpectations } from '../../server/src/kube/expectation/read-expectations.ts';
import { writeExpectations } from '../../server/src/kube/expectation/write-expectations.ts';
import { seenSteps } from '../../server/src/kube/question/seen.ts';
import { mutateText } from '../property/mutate-text.ts';
import { dumpState } from '../support/dump-state.ts';
import { fixtureText } from '../support/fixtures.ts';
import { type Attack, pick } from './attack.ts';

const rules = fixtureText('seen/nft-after.iptables');
const traces = ['xtables-monitor.txt', 'nft-monitor.txt', 'kernel.log'].map((name) => fixtureText(`seen/${name}`).split('\n'));
const resolution = dumpState(rules).resolution();
const written = runToEnd(writeExpectations(resolution, null));
const expectations = written.ok ? written.text : '';

/** Damaged traces of packets. */
export const seenPackets: Attack = {
  name: 'seen packets',
  claim: 'a damaged trace is read and compared with the dump without an exception',
  attempt: (below) => {
    const lines = pick(below, traces);
    const from = below(lines.length);
    const other = pick(below, traces);
    const text = lines.slice(from, from + 1 + below(30)).join('\n');
    runToEnd(seenSteps(resolution, mutateText(text, other[below(other.length)] ?? '', below).slice(0, 20_000)));
  },
};

/** Damaged files of expectations. */
export const expectedPackets: Attack = {
  name: 'expectations',
  claim: 'a damaged file of expectations is read, and what is left of it judged, without an exception',
  attempt: (below) => {
    const from = below(expectations.length);
    const text = `packets:\n${expectations.slice(from, from + 600)}`;
    const { file } = readExpectations(mutateText(below(2) === 0 ? text : expectations.slice(0, 1500), text, below));
    for (const expectation of file.expectations.slice(0, 5))
      runToEnd(judgeSteps(resolution, expectation, file.local === null ? {} : { local: file.local }));
  },
};
