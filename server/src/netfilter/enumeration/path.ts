import type { Chain } from '../../ruleset/ruleset.ts';
import type { Stage } from '../hooks.ts';
import type { Assumption, TraceStep } from '../outcome.ts';
import type { Packet } from '../packet.ts';

/** A chain that a path is in. */
export interface Frame {
  readonly chain: Chain;
  readonly rules: readonly number[];
  /** Who is returned to, and at which of its rules. */
  readonly parent: Frame | null;
  readonly resume: number;
}

/** A path in the making. */
export interface Path {
  probability: number;
  /** How many unlikely things it takes to be so. */
  oddity: number;
  packet: Packet;
  assumed: Assumption | null;
  last: TraceStep | null;
  stages: readonly Stage[];
  stage: number;
  frame: Frame | null;
  /** The next rule of the frame. */
  at: number;
  /** Whether a rule of this base chain has matched. */
  met: boolean;
}
