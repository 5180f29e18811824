import type { SafeText } from '../../base/safe-text.ts';
import { command } from '../../base/shell-text.ts';
import { writtenAt } from '../../kube/drift/cause.ts';
import { timeOfLog } from '../../node/readers/proxy-log.ts';
import type { LogRecord, Part } from '../../node/records.ts';
import type { Cause, Evidence } from '../diagnosis.ts';
import type { Asked } from '../journey.ts';
import { atOnce, type Found, foundCause, type Looked, type NodeFinding, nothing } from '../node-finding.ts';
import type { Subject } from '../subject.ts';

/** What kube-proxy's log says of its syncs: they fail, or there was none for long, or it runs in another mode than it was told to. */
export const proxySync: NodeFinding = {
  codes: {
    'proxy-sync-failed':
      'kube-proxy cannot write its rules: iptables-restore refuses them, so what the node has is older than the cluster.',
    'proxy-sync-old': 'kube-proxy has not written its rules for a while, and the cluster has changed since.',
    'proxy-mode-fallback': 'kube-proxy runs in another mode than it was told to, as that one does not work on this node.',
  },
  look: atOnce(look),
};

const failure =
  /iptables-restore.*(?:exit status|failed)|Failed to execute iptables-restore|Failed to (?:sync|ensure|delete|create|execute|list).*(?:iptables|chain)|"?Sync failed|Error opening iptables|xtables lock|Could not fetch rule set generation/is;
const restoreFailure = /iptables-restore/i;
const completed = /SyncProxyRules complete|syncProxyRules took|Finished syncing iptables rules/i;
const started = /Syncing iptables rules/i;
const sizes = /numServices=(\d+)/;
const fallback =
  /falling back to iptables|can't use .*proxier|unknown proxy mode|Flag proxy-mode=.*(?:unknown|assuming)|assuming iptables/i;

const usesIptables = /Using iptables Proxier/i;

function familyOf(message: string): string {
  return /ip6tables|ipFamily="?IPv6/.test(message) ? 'ipv6' : /ipFamily="?IPv4/.test(message) ? 'ipv4' : '';
}

interface Syncs {
  /** The last failure that no later sync of the same rules mended; undefined for none. */
  readonly failed: LogRecord | undefined;
  /** The last sync that went through; undefined where the log has none. */
  readonly last: LogRecord | undefined;
}

/** How the syncs in a log went. Of versions that do not say the family, syncs are told apart by how many Services they are about. */
function syncsOf({ records }: Part<LogRecord>): Syncs {
  const failures = new Map<string, LogRecord>();
  let last: LogRecord | undefined;
  let current: { services: string; family: string; failed: LogRecord | undefined } = {
    services: '',
    family: '',
    failed: undefined,
  };
  for (const record of records) {
    const { message, severity } = record;
    if (started.test(message)) current = { services: '', family: familyOf(message), failed: undefined };
    const services = sizes.exec(message)?.[1];
    if (services !== undefined) current.services = services;
    if (severity !== 'info' && failure.test(message)) {
      current.failed = record;
      current.family = familyOf(message) || current.family;
    }
    if (!completed.test(message)) {
      if (current.failed === record) failures.set(keyOf(current), record);
      continue;
    }
    if (current.failed === undefined) {
      last = record;
      for (const [key] of failures) if (key === keyOf(current) || isSame(key, current)) failures.delete(key);
    }
    current = { services: '', family: '', failed: undefined };
  }
  return { failed: [...failures.values()].at(-1), last };
}

function keyOf({ family, services }: { readonly family: string; readonly services: string }): string {
  return family === '' ? `services ${services}` : family;
}

/** Whether a sync that went through is of the rules that failed before: without a family, one of at least as many Services. */
function isSame(key: string, { family, services }: { readonly family: string; readonly services: string }): boolean {
  if (key === 'ipv4' || key === 'ipv6') return family === '' && Number(services) > 0 === (key === 'ipv4');
  return family === '' ? Number(services) >= Number(key.slice('services '.length)) : true;
}

function recordEvidence(file: string, { line, message }: LogRecord): Evidence {
  return { file, line, text: message.replaceAll(/\s+/g, ' ').slice(0, 400) };
}

/** When the rules were saved, in milliseconds since 1970; null where neither bundle nor dump says. */
function savedAt({ facts, ruleset }: Subject): number | null {
  const [dump] = ruleset.dumps;
  return facts.meta?.time ?? (dump === undefined ? null : writtenAt(dump));
}

function failedCause({ facts }: Subject, record: LogRecord): Cause {
  const line = /line:? (\d+)/i.exec(record.message)?.[1];
  const isLocked = /xtables lock|holding the xtables/i.test(record.message);
  const at = line === undefined || !restoreFailure.test(record.message) ? '' : `, at line ${line} of what it was given`;
  return {
    code: 'proxy-sync-failed',
    message: `kube-proxy's last sync failed${isLocked ? ': another program holds the lock of iptables (/run/xtables.lock)' : restoreFailure.test(record.message) ? `: iptables-restore refused the rules${at}` : ''}. All of a sync or nothing is written, so the rules are from before: Services and endpoints that changed since are missing or stale.`,
    evidence: [recordEvidence(facts.proxyLog?.file ?? '', record)],
    confirm: [
      command`kubectl -n kube-system logs KUBE-PROXY-POD --tail=200 | grep -i -A3 restore`,
      command`iptables-save | tail`,
    ],
    mend: isLocked
      ? [command`fuser -v /run/xtables.lock   (who holds it; a program that runs iptables in a loop is to be stopped)`]
      : [
          command`take away what the line names (a chain or rule of somebody else that does not load, an extension that the kernel lacks), then restart kube-proxy on this node`,
        ],
  };
}

function clock({ seconds }: LogRecord): string {
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** What keeps kube-proxy from its work, by what its log says last: the API server, or a start that failed. */
const hindrances: readonly (readonly [RegExp, why: string, mend: SafeText<'shell'>])[] = [
  [
    /Unauthorized|x509: |failed to verify certificate/i,
    'the API server does not take its credentials, or it does not take the certificate of the server',
    command`renew the credentials of kube-proxy (its kubeconfig or service account token, and the CA), and look at the node's clock`,
  ],
  [
    /is forbidden: User/i,
    'it may not list what it needs',
    command`kubectl get clusterrolebinding system:node-proxier -o yaml   (its subjects must be who the log names)`,
  ],
  [
    /failed to list \*|Failed to watch \*|error getting (?:node|endpoint)/i,
    'it does not reach the API server',
    command`curl -k https://API-SERVER:6443/readyz   (from the node, with the address that the log says)`,
  ],
];

interface Hindrance {
  readonly record: LogRecord;
  readonly why: string;
  readonly mend: SafeText<'shell'>;
}

/** What hinders it since its last sync; undefined where the log does not say. */
function hindranceOf({ records }: Part<LogRecord>, last: LogRecord | undefined): Hindrance | undefined {
  const record = records.findLast(
    ({ severity, message, line }) =>
      line > (last?.line ?? 0) &&
      severity !== 'info' &&
      (severity === 'fatal' || hindrances.some(([shape]) => shape.test(message))),
  );
  if (record === undefined) return undefined;
  const known = hindrances.find(([shape]) => shape.test(record.message));
  if (known !== undefined) return { record, why: known[1], mend: known[2] };
  return { record, why: 'it ended with an error', mend: command`mend what its last words say, and see that its Pod runs` };
}

const hourMilliseconds = 3_600_000;
/** kube-proxy writes all of its rules at least that often. */
const longest = hourMilliseconds + 600_000;

function hasDrift({ lint }: Subject): boolean {
  return lint.some(({ code }) => code.startsWith('drift-'));
}

const confirmOld: Cause['confirm'] = [
  command`kubectl -n kube-system get pods -o wide | grep kube-proxy`,
  command`curl -s http://localhost:10256/healthz   (on the node: when it was last updated)`,
];

/** Where a log tells of no sync at all, and why there was none. */
function neverCause(subject: Subject, log: Part<LogRecord>): Cause | undefined {
  const hindrance = hindranceOf(log, undefined);
  if (hindrance === undefined || !hasDrift(subject)) return undefined;
  return {
    code: 'proxy-sync-old',
    message: `kube-proxy's log has no sync, and what the cluster says now is not what the rules do: ${hindrance.why}.`,
    evidence: [recordEvidence(log.file, hindrance.record)],
    confirm: confirmOld,
    mend: [hindrance.mend, command`restart kube-proxy on this node`],
  };
}

function oldCause(subject: Subject, log: Part<LogRecord>, { last }: Syncs): Cause | undefined {
  const { records, file } = log;
  const saved = savedAt(subject);
  const end = records.at(-1);
  if (last === undefined) return neverCause(subject, log);
  if (end === undefined || saved === null) return undefined;
  const age = saved - timeOfLog(last, saved);
  const isBehind = hasDrift(subject);
  if (age < longest && !isBehind) return undefined;
  // A sync that is under way, or a change that is not a second old, is no fault.
  if (age < 2000) return undefined;
  const seconds = Math.round(age / 1000);
  const what = isBehind ? 'what the cluster says now is not what the rules do' : 'it writes all of them at least every hour';
  const hindrance = hindranceOf(log, last);
  const why = hindrance?.why ?? 'it is not running, does not hear from the API server, or hangs';
  const shown = hindrance?.record ?? end;
  return {
    code: 'proxy-sync-old',
    message: `kube-proxy last wrote its rules at ${clock(last)}, ${seconds < 7200 ? `${seconds} s` : `${Math.round(seconds / 3600)} hours`} before they were saved, and ${what}: ${why}.`,
    evidence: [recordEvidence(file, last), ...(shown === last ? [] : [recordEvidence(file, shown)])],
    confirm: confirmOld,
    mend: [...(hindrance === undefined ? [] : [hindrance.mend]), command`restart kube-proxy on this node`],
  };
}

function fallbackCause({ facts }: Subject, record: LogRecord, file: string): Cause {
  const wanted = facts.proxyConfiguration?.mode;
  return {
    code: 'proxy-mode-fallback',
    message: `kube-proxy does not run in the mode that it was told${wanted === undefined || wanted === '' ? '' : ` (${wanted})`} and uses iptables instead: modules or programs that the other mode needs are not there.`,
    evidence: [recordEvidence(file, record)],
    confirm: [command`curl -s http://localhost:10249/proxyMode   (on the node)`, command`lsmod | grep ip_vs`],
    mend: [
      command`load what the mode needs (modprobe ip_vs ip_vs_rr nf_conntrack for ipvs) and restart kube-proxy, or set mode: iptables`,
    ],
  };
}

/** The question's ways that rules older than the cluster end: the findings that explain them are about rules and cluster. */
function look(subject: Subject, asked: Asked | null): Looked {
  const log = subject.facts.proxyLog;
  if (log === null || log.records.length === 0) return nothing;
  const syncs = syncsOf(log);
  const found: Found[] = [];
  const old = syncs.failed === undefined ? oldCause(subject, log, syncs) : undefined;
  const concerns = asked !== null;
  if (syncs.failed !== undefined)
    found.push({ ...foundCause(failedCause(subject, syncs.failed), { concerns }), explainsOldRules: true });
  else if (old !== undefined) found.push({ ...foundCause(old, { concerns }), explainsOldRules: true });
  const wanted = subject.facts.proxyConfiguration?.mode ?? '';
  const isOther = wanted === 'ipvs' || wanted === 'nftables';
  const fell = log.records.find(({ message }) => fallback.test(message) || (isOther && usesIptables.test(message)));
  if (fell !== undefined) found.push(foundCause(fallbackCause(subject, fell, log.file)));
  const fine =
    found.length === 0 && syncs.last !== undefined
      ? [`kube-proxy's last sync in the log went well (${log.file}, line ${syncs.last.line}).`]
      : [];
  return { ...nothing, found, fine };
}
