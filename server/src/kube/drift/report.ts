/** What `iptables-inspect drift` prints. */

import { runToEnd, type Steps } from '../../base/steps.ts';
import type { Cluster } from '../../cluster/cluster.ts';
import { objectName } from '../../cluster/objects.ts';
import type { Ruleset } from '../../ruleset/ruleset.ts';
import { podSource } from '../expected/port-rules.ts';
import { layoutText } from '../proxy/layout.ts';
import type { ServiceProxyKind } from '../proxy/mode.ts';
import { proxyVersionText } from '../proxy/version.ts';
import { type Drift, driftSteps } from './drift.ts';
import type { DriftFinding, DriftKind, DriftStatus } from './finding.ts';
import type { DriftOptions } from './settings.ts';

export interface ReportedFinding {
  readonly kind: DriftKind;
  readonly message: string;
  /** 1-based; null where the dump has no place for it. */
  readonly line: number | null;
  readonly expected: string | null;
  readonly actual: string | null;
  /** The Service port's name. */
  readonly port: string;
  /** Empty where it cannot be told. */
  readonly cause: string;
}

export interface ReportedService {
  /** "shop/web" */
  readonly service: string;
  readonly status: DriftStatus;
  readonly findings: readonly ReportedFinding[];
}

export interface ReportedDump {
  readonly family: 'ipv4' | 'ipv6';
  /** "kube-proxy 1.31 or later in iptables mode" */
  readonly layout: string;
  /** What the rules were compared with: "1.34". */
  readonly version: string;
  /** Empty where it is not known. */
  readonly node: string;
  readonly nodeReason: string;
  /** How Pods' traffic is told: "-s 10.244.0.0/16"; null where it is not. */
  readonly podTraffic: string | null;
  readonly cause: string;
  /** Who does Services on the node, by what that is told, and what to collect where the dump does not show them. */
  readonly proxy: { readonly kind: ServiceProxyKind; readonly name: string; readonly reason: string; readonly advice: string };
  /** Whether anything of the dump was compared. */
  readonly compared: boolean;
  /** Whether its nat and filter are shown whole: else a Service in sync is so as far as they show. */
  readonly whole: boolean;
}

export interface DriftReport {
  readonly services: readonly ReportedService[];
  readonly summary: {
    readonly services: number;
    readonly inSync: number;
    readonly missing: number;
    readonly stale: number;
    readonly differs: number;
    readonly dumps: readonly ReportedDump[];
    /** What could not be compared, and why. */
    readonly notes: readonly string[];
  };
}

/** All findings of a comparison in the order of their lines; lines are 0-based. */
export function driftFindings({ services }: Drift): readonly DriftFinding[] {
  return services.flatMap(({ findings }) => findings).sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

/** A comparison as JSON that others read. */
export function reportOf({ services, dumps, notes }: Drift): DriftReport {
  const count = (status: DriftStatus): number => services.filter((service) => service.status === status).length;
  return {
    services: services.map((service) => ({
      // A chain whose Service nobody knows goes by its own name.
      service: service.namespace === '' ? service.name : objectName(service),
      status: service.status,
      findings: service.findings.map(({ kind, message, line, expected, actual, port, cause }) => ({
        kind,
        message,
        line: line === null ? null : line + 1,
        expected,
        actual,
        port,
        cause,
      })),
    })),
    summary: {
      services: services.length,
      inSync: count('in-sync'),
      missing: count('missing'),
      stale: count('stale'),
      differs: count('differs'),
      dumps: dumps.map(
        ({ dump, layout, options, nodeReason, cause, proxy: { kind, name, reason, advice }, obstacle, isWhole }) => ({
          family: dump.family,
          layout: layoutText(layout),
          version: proxyVersionText(options.version),
          node: options.node,
          nodeReason,
          podTraffic: options.podTraffic === null ? null : podSource(options.podTraffic, false).trim() || null,
          cause,
          proxy: { kind, name, reason, advice },
          compared: obstacle === undefined,
          whole: isWhole,
        }),
      ),
      notes: [...notes, ...new Set(dumps.flatMap((dump) => dump.notes))],
    },
  };
}

/** Compares a ruleset's dumps with a cluster and says what differs, Service by Service. */
export function* driftReportSteps(ruleset: Ruleset, cluster: Cluster, options: DriftOptions = {}): Steps<DriftReport> {
  return reportOf(yield* driftSteps(ruleset, cluster, options));
}

/** The same without pauses. */
export function driftReport(ruleset: Ruleset, cluster: Cluster, options: DriftOptions = {}): DriftReport {
  return runToEnd(driftReportSteps(ruleset, cluster, options));
}
