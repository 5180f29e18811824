import type { Diagnostic } from 'vscode-languageserver';
import { createMemory } from '../base/memory.ts';
import { aheadOfOthers, Cancelled, letMessagesIn, runBehind, runInSlices } from '../base/scheduler.ts';
import { diagnosticsOf } from '../features/diagnostics.ts';
import { carryOver } from '../features/support/carry-over.ts';
import { driftOf } from '../features/support/drift-of.ts';
import { keepFindings } from '../features/support/findings-of.ts';
import type { DumpState } from '../features/support/state.ts';
import { judged } from '../lint/all-findings.ts';
import { lint } from '../lint/registry.ts';
import { clusterDriftFindings } from '../lint/rules/cluster-drift.ts';
import { type Finding, withChanges } from '../lint/support/finding.ts';
import { ignoresIn } from '../lint/support/ignores.ts';
import type { Settings } from '../protocol/requests.ts';
import type { Ruleset } from '../ruleset/ruleset.ts';
import type { Runtime } from './runtime.ts';

export interface DiagnosticsPublisher {
  /** Looks at a state and publishes what is found; gives up when a newer state of the document comes. */
  publish(state: DumpState): Promise<void>;
  /** Forgets a document that was closed, and clears what was published for it. */
  close(uri: string): void;
}

interface KnownDrift {
  /** Not the ruleset: that of an older version need not stay in memory. */
  readonly lines: Ruleset['lines'];
  readonly findings: readonly Finding[];
}

/** What was found in a version, and shown. */
interface Linted {
  readonly found: readonly Finding[];
  readonly withDrift: boolean;
  /** The drift of the version before, at the lines where it is now. */
  readonly carried: readonly Finding[];
}

/** Schemes of versions that an editor keeps elsewhere: of Git (VS Code, GitLens, Vim's fugitive and diffview), of a review, of its own history. */
const historySchemes: ReadonlySet<string> = new Set([
  'git',
  'gitlens',
  'gitlens-git',
  'fugitive',
  'diffview',
  'gitsigns',
  'review',
  'pr',
  'vscode-local-history',
  'iptables-compared',
]);

/** Whether a document is an old version of one. Nobody can mend what is found in it, and today's cluster says nothing about it. */
export function isOldVersion(uri: string): boolean {
  return historySchemes.has(uri.slice(0, uri.indexOf(':')));
}

// Longer than between two strokes of somebody who types.
const pauseMilliseconds = 250;

/** Those of an older version would change lines that are elsewhere now. */
const noFixes: Finding['fixes'] = () => [];

function pauseOfTyping(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
}

/**
 * Publishes what lint finds as soon as it is found, and what the cluster says differs once that is known: comparing a large dump takes
 * a second, and until then the drift of the version before stands at the lines where it is now.
 * @param isCurrent whether the state's version is still the newest of its document
 * @param onLinted is told what lint found in a document that was opened, which another run finds again
 */
export function createDiagnosticsPublisher(
  { pause }: Pick<Runtime, 'pause'>,
  settings: () => Settings,
  isCurrent: (state: DumpState) => boolean,
  send: (uri: string, version: number | undefined, diagnostics: Diagnostic[]) => Promise<void>,
  onLinted: (state: DumpState, diagnostics: Diagnostic[]) => void,
  onFailure: (state: DumpState, error: unknown) => void,
): DiagnosticsPublisher {
  const runs = new Map<string, number>();
  const drifts = new Map<string, KnownDrift>();
  const shown = new Set<string>();
  // Another cluster behind a dump changes nothing in it.
  const linted = createMemory<Ruleset, readonly Finding[]>();

  const run = async (state: DumpState, isOutdated: () => boolean): Promise<void> => {
    const { uri, version, ruleset, cluster } = state;
    const show = async (found: readonly Finding[], drift: readonly Finding[] | undefined): Promise<Diagnostic[]> => {
      const { findings } = await runInSlices(judged(state, found, drift, settings().severities), pause, isOutdated);
      if (isOutdated()) throw new Cancelled();
      keepFindings(state, findings);
      const diagnostics = await runInSlices(diagnosticsOf(findings, uri, settings().maxDiagnostics), pause, isOutdated);
      if (isOutdated()) throw new Cancelled();
      await send(uri, version, diagnostics);
      return diagnostics;
    };
    const known = drifts.get(uri);
    const lintAndShow = async (): Promise<Linted> => {
      // Whoever typed waits for what was asked with the keystroke, before what is found.
      await letMessagesIn(pause);
      if (isOutdated()) throw new Cancelled();
      const linting = linted.get(ruleset) ?? (await runInSlices(lint(state), pause, isOutdated));
      linted.set(ruleset, linting);
      const isCompared = settings().drift && cluster.source.kind !== 'none';
      const moved = isCompared && known !== undefined ? carryOver(known.findings, known.lines, ruleset.lines) : [];
      const diagnostics = await show(linting, isCompared && known !== undefined ? moved : undefined);
      if (known === undefined && !shown.has(uri)) onLinted(state, diagnostics);
      return { found: linting, withDrift: isCompared, carried: moved };
    };
    // Whoever edits waits for all of it; for one that is opened a snapshot may come in time.
    const { found, withDrift, carried } = await (shown.has(uri) ? aheadOfOthers(lintAndShow) : lintAndShow());
    // What follows takes a second for a large dump, and is for nothing when the next edit comes at once.
    if (shown.has(uri)) await pauseOfTyping();
    if (isOutdated()) throw new Cancelled();
    shown.add(uri);
    // So that the first hover of a chain without a comment need not hash every endpoint of the cluster.
    await runBehind(state.resolution().index.prepare(), pause, isOutdated);
    if (!withDrift) {
      drifts.delete(uri);
      return;
    }
    const drift = await runBehind(driftOf(state), pause, isOutdated);
    const findings = await runInSlices(clusterDriftFindings(state, drift), pause, isOutdated);
    drifts.set(uri, {
      lines: ruleset.lines,
      findings: findings.map((finding) => withChanges(finding, { table: undefined, chain: undefined, fixes: noFixes })),
    });
    if (findings.length === 0 && carried.length === 0 && ignoresIn(ruleset).length === 0) return;
    await show(found, findings);
  };

  return {
    async publish(state) {
      if (isOldVersion(state.uri)) return;
      const mine = (runs.get(state.uri) ?? 0) + 1;
      runs.set(state.uri, mine);
      try {
        await run(state, () => runs.get(state.uri) !== mine || !isCurrent(state));
      } catch (error) {
        if (!(error instanceof Cancelled)) onFailure(state, error);
      }
    },
    close(uri) {
      // The number stays, so that work that still runs for it knows that it is outdated.
      runs.set(uri, (runs.get(uri) ?? 0) + 1);
      drifts.delete(uri);
      shown.delete(uri);
      void send(uri, undefined, []);
    },
  };
}
