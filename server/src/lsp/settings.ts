import { findingCodes } from '../lint/registry.ts';
import type { Severity } from '../lint/support/finding.ts';
import type { Severities } from '../lint/support/judge.ts';
import type { InitializationOptions, Settings } from '../protocol/requests.ts';

/** As many as VS Code shows of one file. */
const defaultMaxDiagnostics = 1_000;

/** It has iptables-save for both back ends, and its version is that of the node. */
const defaultDebugImage = 'registry.k8s.io/kube-proxy:{version}';

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

const levels: ReadonlySet<unknown> = new Set(['off', 'hint', 'info', 'warning', 'error']);

function isLevel(value: unknown): value is Severity | 'off' {
  return levels.has(value);
}

/** `iptables.lint.severity`: by code. What is no code or no severity is left out, so that there are never more than codes. */
function severitiesOf(lint: unknown): Severities {
  const given = isObject(lint) && isObject(lint['severity']) ? lint['severity'] : {};
  const severities = new Map<string, Severity | 'off'>();
  for (const code of findingCodes().keys()) {
    const level = Object.hasOwn(given, code) ? given[code] : undefined;
    if (isLevel(level)) severities.set(code, level);
  }
  return severities;
}

/** The `iptables` section of a client's settings; what is missing or of the wrong type has its default. */
export function readSettings(section: unknown): Settings {
  const values = isObject(section) ? section : {};
  const cluster = isObject(values['cluster']) ? values['cluster'] : {};
  const hints = isObject(values['inlayHints']) ? values['inlayHints'] : {};
  const nodeDump = isObject(values['nodeDump']) ? values['nodeDump'] : {};
  const max = values['maxDiagnostics'];
  return {
    clusterSnapshot: textOf(cluster['snapshot']),
    clusterContext: textOf(cluster['context']),
    kubeconfig: textOf(cluster['kubeconfig']),
    debugImage: textOf(nodeDump['image']) || defaultDebugImage,
    debugNamespace: textOf(nodeDump['namespace']) || 'kube-system',
    maxDiagnostics: typeof max === 'number' && Number.isInteger(max) && max >= 0 ? max : defaultMaxDiagnostics,
    drift: values['drift'] !== false,
    severities: severitiesOf(values['lint']),
    inlayHints: {
      chains: hints['chains'] !== false,
      jumpPlace: hints['jumpPlace'] === 'rule' ? 'rule' : 'jump',
      declarations: hints['declarations'] !== false,
      rules: hints['rules'] !== false,
      shares: hints['shares'] !== false,
      addresses: hints['addresses'] !== false,
    },
  };
}

/** A client that says nothing of trust has no such notion: it is trusted. */
export function readInitializationOptions(value: unknown): InitializationOptions {
  return {
    trusted: !isObject(value) || value['trusted'] !== false,
    hasShowFlow: isObject(value) && value['hasShowFlow'] === true,
    hasCopyNodeCommands: isObject(value) && value['hasCopyNodeCommands'] === true,
    pushesDiagnostics: isObject(value) && value['pushesDiagnostics'] === true,
    hasTracePacket: isObject(value) && value['hasTracePacket'] === true,
    hasShowReach: isObject(value) && value['hasShowReach'] === true,
    ...(isObject(value) && typeof value['context'] === 'string' ? { context: value['context'] } : {}),
  };
}
