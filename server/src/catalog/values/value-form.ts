/** How the value of an option is written, part by part, for whoever writes one. Source: iptables-extensions(8), and the readers in this folder. */
import type { Family, OptionSpec, ValueKind } from '../types.ts';

/** A part of a value that has a meaning of its own. */
export interface FormPart {
  /** Where its name stands in the form's text: 0-based, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly help: string;
  /** The character behind which it begins; empty for the first one. */
  readonly after: string;
}

/** The form of a value: "[address[-address]][:port[-port[/base]]]". What stands in brackets may be left out. */
export interface ValueForm {
  readonly text: string;
  readonly parts: readonly FormPart[];
  /** Further values may follow, with commas between. */
  readonly isList: boolean;
}

type Helps = Readonly<Record<string, string>>;

const address: Helps = {
  address: 'An address, or a host’s name, which iptables looks up once.',
  mask: 'How many leading bits count, or a mask.',
};
const port: Helps = { port: 'A number, or a name of /etc/services.', 'last port': 'The last port of a range.' };
const valueAndMask: Helps = {
  value: 'A number: decimal, 0x hexadecimal or 0 octal.',
  mask: 'The bits that count; all of them where it is left out.',
};
const unit = 'second, minute, hour or day, or a beginning of one; second where it is left out.';

function oneWord(name: string, help: string, isList = false): readonly [string, Helps] {
  return [`{${name}}${isList ? '[,...]' : ''}`, { [name]: help }];
}

function numberForm(kind: Extract<ValueKind, { type: 'uint' }>): readonly [string, Helps] {
  const { bits, min = 0, max = bits === 64 ? 2n ** 64n - 1n : 2 ** bits - 1 } = kind;
  return oneWord('number', `From ${min} to ${max}: decimal, 0x hexadecimal or 0 octal.`);
}

function enumForm({ values, list }: Extract<ValueKind, { type: 'enum' }>): readonly [string, Helps] {
  return oneWord(values.length <= 4 ? values.join('|') : 'word', `One of ${values.join(', ')}.`, list === true);
}

function natForm(shifted: boolean): readonly [string, Helps] {
  const helps: Helps = {
    address: 'The new address; in brackets where it is IPv6 and a port follows.',
    'last address': 'The last of a range, of which each connection gets one.',
    port: 'The new port; the old one stays where it is left out.',
    'last port': 'The last of a range.',
    base: 'The port that becomes the first one of the range, and so on with those above it.',
  };
  return [`[{address}[-{last address}]][:{port}[-{last port}${shifted ? '[/{base}]' : ''}]]`, helps];
}

type Forms = { readonly [Type in ValueKind['type']]?: (kind: Extract<ValueKind, { type: Type }>) => readonly [string, Helps] };

const forms: Forms = {
  networks: () => ['{address}[/{mask}][,...]', { ...address, address: `${address['address']} Each of several becomes a rule.` }],
  network: () => ['{address}[/{mask}]', address],
  host: () => ['{address}', address],
  'address-range': () => ['{first}[-{last}]', { first: 'The first address.', last: 'The last one.' }],
  'address-list': () => oneWord('address', 'An IPv6 address.', true),
  'prefix-length': () => oneWord('length', 'How many leading bits count.'),
  'prefix-mask': () => oneWord('length', 'How many leading bits count, or a mask.'),
  'nat-range': ({ shifted }) => natForm(shifted),
  'nat-ports': () => ['{port}[-{last port}]', port],
  port: () => ['{port}', port],
  'port-range': () => ['{port}[:{last port}]', port],
  'ordered-port-range': () => ['{port}[:{last port}]', port],
  multiport: () => ['{port}[:{last port}][,...]', { ...port, port: `${port['port']} Up to 15; a range counts as two.` }],
  protocol: () => oneWord('protocol', 'A name of /etc/protocols, a number, or all.'),
  interface: () => oneWord('interface', 'Up to 15 bytes; a + at the end stands for any ending.'),
  mac: () => oneWord('address', 'Six bytes in hexadecimal with colons between.'),
  mark: () => ['{value}[/{mask}]', valueAndMask],
  tos: () => ['{value}[/{mask}]', { ...valueAndMask, value: 'A number up to 255, or a symbolic name.' }],
  uint: numberForm,
  'segment-size': () => oneWord('bytes', 'Up to 65535 less the header of IP.'),
  'uint-range': () => ['{from}[:{to}]', { from: 'The least.', to: 'The most.' }],
  probability: () => oneWord('share', 'Between 0 and 1.'),
  text: ({ max }) => oneWord('text', max === undefined ? 'Any text.' : `Up to ${max} bytes.`),
  enum: enumForm,
  rate: () => ['{packets}[/{unit}]', { packets: 'How many packets.', unit }],
  'hash-rate': () => [
    '{amount}[/{unit}]',
    { amount: 'How many packets, or bytes with b, kb or mb: 512kb/s.', unit: `${unit} Of bytes always /s.` },
  ],
  'hash-burst': () => oneWord('amount', 'How many packets, or bytes with b, kb or mb.'),
  'rate-interval': () => oneWord('seconds', 'A number.'),
  duration: () => oneWord('time', 'A number with s, ms or us.'),
  'bit-rate': () => oneWord('rate', 'A number with bit, kbit, mbit or bps, kbps, mbps for bytes.'),
  'led-delay': () => oneWord('milliseconds', 'A number, or inf: the light stays on.'),
  date: () => [
    '{year}[-{month}[-{day}[T{hour}[:{minute}[:{second}]]]]]',
    { year: '1970 to 2038.', month: '01 to 12.', day: '01 to 31.', hour: '00 to 23.', minute: '00 to 59.', second: '00 to 59.' },
  ],
  'time-of-day': () => ['{hour}:{minute}[:{second}]', { hour: '00 to 23.', minute: '00 to 59.', second: '00 to 59.' }],
  weekdays: () => oneWord('day', 'Mon to Sun, two letters of it, or 1 to 7.', true),
  monthdays: () => oneWord('day', '1 to 31.', true),
  'tcp-flags': () => [
    '{flags to look at} {flags that are set}',
    {
      'flags to look at': 'SYN, ACK, FIN, RST, URG, PSH with commas between, or ALL or NONE.',
      'flags that are set': 'Of those, the flags that must be set; the others must not be.',
    },
  ],
  'tcp-option': () => oneWord('number', 'The option’s number, 1 to 255.'),
  'tcp-option-list': () => oneWord('option', 'wscale, mss, sack-permitted, sack, timestamp, md5, or a number from 2 on.', true),
  'sctp-chunks': () => [
    '{all|any|only} {chunk}[:{flags}][,...]',
    {
      'all|any|only': 'Whether all of the chunks, one of them, or no other is in the packet.',
      chunk: 'A type such as DATA or INIT, or ALL or NONE.',
      flags: 'Letters: set in upper case, not set in lower case.',
    },
  ],
  'dccp-types': () =>
    oneWord('type', 'REQUEST, RESPONSE, DATA, ACK, DATAACK, CLOSEREQ, CLOSE, RESET, SYNC, SYNCACK or INVALID.', true),
  set: () => [
    '{set} {src|dst}[,...]',
    {
      set: 'The name of a set, up to 31 bytes.',
      'src|dst': 'For each dimension of the set the side of the packet that is looked up.',
    },
  ],
  'icmp-type': () => [
    '{type}[/{code}]',
    { type: 'A number, or a name of `iptables -p icmp -h`.', code: 'A number; any where it is left out.' },
  ],
  'icmpv6-type': () => [
    '{type}[/{code}]',
    { type: 'A number, or a name of `ip6tables -p ipv6-icmp -h`.', code: 'A number; any where it is left out.' },
  ],
  'reject-type': () => oneWord('answer', 'An ICMP error, or tcp-reset behind -p tcp.'),
  'mh-type': () => ['{type}[:{last}]', { type: 'A name or a number up to 255.', last: 'The last type of a range.' }],
  'header-options': () => ['{type}[:{length}][,...]', { type: 'A number up to 255.', length: 'How many bytes it has.' }],
  'ipv6-headers': () => oneWord('header', 'hop, dst, route, frag, auth, esp, none or prot, or a number.', true),
  'log-level': () => oneWord('level', 'emerg, alert, crit, err, warning, notice, info or debug, or 0 to 7.'),
  account: ({ of }) => [`{${of}}[-{last}]`, { [of]: `A ${of}’s name or number.`, last: 'The last number of a range.' }],
  class: () => ['{major}:{minor}', { major: 'In hexadecimal.', minor: 'In hexadecimal.' }],
  realm: () => ['{value}[/{mask}]', valueAndMask],
  'device-group': () => ['{value}[/{mask}]', valueAndMask],
  zone: () => oneWord('zone', 'A number up to 65535, or mark.'),
  label: () => oneWord('label', 'A number up to 127, or a name of /etc/xtables/connlabel.conf.'),
  pattern: ({ max }) => oneWord('text', `Up to ${max} bytes.`),
  'hex-text': ({ max }) => oneWord('text', `Up to ${max} bytes; between two | in hexadecimal.`),
  u32: () => [
    '{location}={value}[:{last}]',
    {
      location: 'Where to look: a number with & << >> @ and more numbers; several tests with && between.',
      value: 'What is there.',
      last: 'The last of a range.',
    },
  ],
  bytecode: () => oneWord('program', 'What nfbpf_compile prints.'),
  'hash-mode': () => oneWord('key', 'srcip, srcport, dstip, dstport.', true),
  counters: () => ['{packets} {bytes}', { packets: 'A number.', bytes: 'A number.' }],
};

const known = new WeakMap<ValueKind, ValueForm>();

/** How the value of an option is written; undefined for a flag, and for a name that stands for more than itself: a match, a target, a chain. */
export function valueForm({ value }: OptionSpec): ValueForm | undefined {
  if (value === undefined) return undefined;
  const make = forms[value.type] as ((kind: ValueKind) => readonly [string, Helps]) | undefined;
  if (make === undefined) return undefined;
  let form = known.get(value);
  if (form === undefined) {
    form = readForm(...make(value));
    known.set(value, form);
  }
  return form;
}

/** A form out of a template, in which `{name}` is a part with a help of its own. */
export function readForm(template: string, helps: Helps): ValueForm {
  let text = '';
  const parts: FormPart[] = [];
  for (const [index, piece] of template.split(/[{}]/).entries()) {
    if (index % 2 === 1) {
      const after = parts.length === 0 ? '' : text.slice(-1);
      parts.push({ start: text.length, end: text.length + piece.length, help: helps[piece] ?? '', after });
    }
    text += piece;
  }
  return { text, parts, isList: template.endsWith('[,...]') };
}

/**
 * Which part of a form is being written (0-based), by the value's text in front of the cursor; its words with one blank between.
 * @param family colons are part of an IPv6 address, unless it stands in brackets
 */
export function partBeingWritten({ parts, isList }: ValueForm, typed: string, family: Family): number {
  let at = 0;
  const shown = family === 'ipv6' ? withoutAddresses(typed) : typed;
  for (const character of shown) {
    const next = parts.findIndex(({ after }, index) => index > at && after === character);
    if (next > 0) at = next;
    // The next value of a list begins with the first part of its word.
    else if (character === ',' && isList) while (at > 0 && parts[at]?.after !== ' ') at -= 1;
  }
  return at;
}

/** Colons of IPv6 addresses become dots, so that they begin no part. */
function withoutAddresses(text: string): string {
  if (text.includes('[')) return text.replace(/\[[^\]]*\]?/g, (found) => found.replaceAll(':', '.'));
  return (text.match(/:/g)?.length ?? 0) > 1 ? text.replaceAll(':', '.') : text;
}
