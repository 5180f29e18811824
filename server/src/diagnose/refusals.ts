/**
 * What a sender hears of a refusal. Which ICMP code gives which error is net/ipv4/icmp.c (icmp_err_convert) and net/ipv6/icmp.c (tab_unreach); that TCP
 * takes every one of them while it connects is tcp_v4_err and tcp_v6_err, and that UDP takes only some, on a socket that is connected, is
 * __udp4_lib_err and __udp6_lib_err. Tried on Linux 6.18 with each answer of both families.
 */
import type { Family } from '../catalog/types.ts';
import { readRejectType } from '../catalog/values/read-names.ts';

interface Heard {
  readonly error: string;
  readonly words: string;
  /** Whether a connected UDP socket is told, too: the kernel keeps back what may pass. */
  readonly isFinal: boolean;
}

const refused: Heard = { error: 'ECONNREFUSED', words: 'Connection refused', isFinal: true };
const noHost = { error: 'EHOSTUNREACH', words: 'No route to host' } as const;
const noNetwork = { error: 'ENETUNREACH', words: 'Network is unreachable' } as const;
const forbidden: Heard = { error: 'EACCES', words: 'Permission denied', isFinal: true };

/** By the names that iptables-save prints. */
const heardOf: Readonly<Record<string, Heard>> = {
  'tcp-reset': refused,
  'icmp-net-unreachable': { ...noNetwork, isFinal: false },
  'icmp-host-unreachable': { ...noHost, isFinal: false },
  'icmp-proto-unreachable': { error: 'ENOPROTOOPT', words: 'Protocol not available', isFinal: true },
  'icmp-port-unreachable': refused,
  'icmp-net-prohibited': { ...noNetwork, isFinal: true },
  'icmp-host-prohibited': { ...noHost, isFinal: true },
  'icmp-admin-prohibited': { ...noHost, isFinal: true },
  'icmp6-no-route': { ...noNetwork, isFinal: false },
  'icmp6-adm-prohibited': forbidden,
  'icmp6-addr-unreachable': { ...noHost, isFinal: false },
  'icmp6-port-unreachable': refused,
  'icmp6-policy-fail': forbidden,
  'icmp6-reject-route': forbidden,
};

interface Sender {
  readonly family: Family;
  readonly protocol: string;
  readonly isFromHere: boolean;
}

/**
 * What the sender of a packet that is refused hears of it, in one sentence, for a program on Linux: by the answer's name, "icmp-admin-prohibited",
 * "tcp-reset". One that is not known is taken to be the usual one.
 */
export function heardOfRefusal(answer: string, { family, protocol, isFromHere }: Sender): string {
  const read = readRejectType(answer, family);
  const name = 'text' in read ? read.text : '';
  const heard = (Object.hasOwn(heardOf, name) ? heardOf[name] : undefined) ?? refused;
  const { error, words, isFinal } = heard;
  const named = `"${words}" (${error})`;
  if (protocol === 'tcp') {
    const others = heard === refused ? '' : ', which is not "Connection refused"; other systems may wait until their time is out';
    return `A TCP client on Linux hears ${named} at once${others}.`;
  }
  if (protocol !== 'udp') return `The sender is told by ${answer}.`;
  if (isFromHere) return 'A program of this node that sends by UDP hears "Operation not permitted" (EPERM).';
  const connected = isFinal
    ? `hears ${named} if it is connected to the address, and nothing if it is not`
    : 'hears nothing of it';
  return `A UDP socket on Linux ${connected}: its program waits until its time is out.`;
}

/** The answer that a step of iptables' gives: "reject with icmp-port-unreachable". */
export function answerOf(words: string): string {
  return words.startsWith('reject with ') ? words.slice('reject with '.length) : '';
}
