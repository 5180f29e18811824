import type { Severity } from './support/finding.ts';

/** Findings that are no errors. What only one back end of iptables refuses is a warning, too, unless the dump says that it is for that one. */
const others: Readonly<Record<Exclude<Severity, 'error'>, readonly string[]>> = {
  warning: [
    'unbalanced-quote',
    'weird-interface',
    'text-cut',
    'policy-on-user-chain',
    'glued-value',
    'transport-damage',
    'refused-input',
    'duplicate-chain',
    'nat-flushed',
    'ipvs-leftovers',
    'orphaned-chain',
    'empty-service-chain',
    'services-empty',
    'services-not-hooked',
    'flannel-empty',
    'firewall-drops-all',
    'rejected-service',
    'address-used-twice',
    'host-port-used-twice',
    'unequal-shares',
    'accepted-before-masquerading',
    'return-after-masquerade',
    'foreign-mark',
    'forward-drops-pods',
    'unreachable-rule',
    'shadowed-rule',
    'repeated-rule',
    'unsupported-revision',
    'drift-missing',
    'drift-stale',
    'drift-differs',
  ],
  info: [
    'joined-lines',
    'cut-off',
    'not-iptables',
    'chains-not-shown',
    'unknown-set',
    'service-proxy',
    'stale-endpoint-chain',
    'mark-not-cleared',
    'masquerade-not-random',
    'input-rejects-nodeports',
    'other-back-end',
    'not-compared',
  ],
  hint: ['unused-ignore'],
};

const byCode = new Map<string, Severity>([
  ...others.warning.map((code): [string, Severity] => [code, 'warning']),
  ...others.info.map((code): [string, Severity] => [code, 'info']),
  ...others.hint.map((code): [string, Severity] => [code, 'hint']),
]);

/** How grave the findings of a code are as a rule. One of them may be less so, where the text may not be all or a back end takes it. */
export function usualSeverity(code: string): Severity {
  return byCode.get(code) ?? 'error';
}
