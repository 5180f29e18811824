/** The words of a file of expectations. The reader takes these, and the JSON schema is made of them. */
import { questionEntries } from '../question/entries.ts';

export interface KeySpec {
  /** For the schema: what stands there. */
  readonly type: 'text' | 'number' | 'flag' | 'texts' | 'expect' | 'packets';
  /** The only values that there are, where that is so. */
  readonly values?: readonly string[];
  readonly text: string;
  readonly examples?: readonly string[];
}

const assume: KeySpec = {
  type: 'texts',
  text: 'What is taken to be so where the rules ask for something that they do not tell: "usual" for what is usual everywhere, or sentences as they stand behind "unless" and "not known"; "not: SENTENCE" for their opposite.',
  examples: ['usual', 'The set blocked has 10.244.0.4.', 'not: The packet comes in by docker0.'],
};

/** Of the file. */
export const fileKeys = {
  node: { type: 'text', text: 'The node that the dump is of, where neither its name nor its rules tell it.' },
  local: {
    type: 'texts',
    text: "The node's addresses; all others are taken to be elsewhere. Where it is not given, the cluster tells.",
    examples: ['192.0.2.10'],
  },
  assume,
  packets: { type: 'packets', text: 'The packets, each with what must come of it.' },
} as const satisfies Readonly<Record<string, KeySpec>>;

/** Of one packet. Those without a comment are what `trace` takes. */
export const packetKeys = {
  name: { type: 'text', text: 'What it is about, for whoever reads the answer.' },
  from: {
    type: 'text',
    text: 'Who sends it: IP[:PORT], namespace/pod, node:NAME, this-node or outside.',
    examples: ['shop/web-0', 'outside', 'this-node', '10.244.1.7'],
  },
  to: {
    type: 'text',
    text: 'Where to: IP[:PORT], namespace/service[:port], namespace/pod[:port], node:NAME[:port] or this-node[:port].',
    examples: ['shop/api:grpc', '10.96.20.10:80', 'node:node-a:30080'],
  },
  port: { type: 'text', text: 'The destination port, by number or by the name of a Service port, where "to" does not say it.' },
  protocol: { type: 'text', text: "By name or number; the Service's, else tcp.", examples: ['tcp', 'udp', 'sctp', 'icmp'] },
  entry: { type: 'text', values: questionEntries, text: 'By which address of a Service.' },
  ipv6: { type: 'flag', text: 'By an IPv6 address, of a Service or node that has both.' },
  packet: {
    type: 'text',
    values: ['first', 'reply', 'established'],
    text: 'Which packet of the connection: the first one, the answer to it, or a later one.',
  },
  sport: { type: 'number', text: 'The source port, where "from" does not say it.' },
  in: { type: 'text', text: 'The interface that it comes in through.' },
  out: { type: 'text', text: 'The interface that it leaves through.' },
  hook: {
    type: 'text',
    values: ['prerouting', 'output'],
    text: 'Where it is first met: output for a packet of the node itself.',
  },
  state: { type: 'text', text: 'Of its connection.', examples: ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'] },
  'icmp-type': { type: 'text', text: 'TYPE, TYPE/CODE or a name as of iptables.', examples: ['echo-request', '3/1'] },
  flags: { type: 'text', text: 'TCP flags with commas between, or NONE.', examples: ['SYN', 'SYN,ACK'] },
  mark: { type: 'number', text: 'Its mark.', examples: ['0x4000'] },
  uid: { type: 'text', text: 'The user whose process sends it.' },
  gid: { type: 'text', text: 'The group whose process sends it.' },
  ttl: { type: 'number', text: 'TTL or hop limit.' },
  length: { type: 'number', text: 'Of the whole IP packet, in bytes.' },
  tos: { type: 'text', text: 'The byte that holds DSCP and ECN.' },
  assume,
  expect: {
    type: 'expect',
    text: 'What must come of it: accept, drop or reject; or the endpoints that it is sent to, all of them and no others; an empty list where no rule may send it elsewhere.',
    examples: ['accept', 'drop', 'reject', '10.244.0.11:8080', 'shop/web-0:8080'],
  },
  masqueraded: {
    type: 'flag',
    text: 'Whether its source must be rewritten, or must be kept; not looked at where it is not given.',
  },
} as const satisfies Readonly<Record<string, KeySpec>>;

export type PacketKey = keyof typeof packetKeys;

type Schema = Readonly<Record<string, unknown>>;

function schemaOf({ type, values, text, examples }: KeySpec): Schema {
  const common = { description: text, ...(examples === undefined ? {} : { examples }) };
  switch (type) {
    case 'text':
      return values === undefined ? { ...common, type: ['string', 'number'] } : { ...common, enum: values };
    case 'number':
      return { ...common, type: ['number', 'string'] };
    case 'flag':
      return { ...common, type: 'boolean' };
    case 'texts':
      return { ...common, anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] };
    case 'expect':
      return {
        ...common,
        anyOf: [{ enum: ['accept', 'drop', 'reject'] }, { type: 'string' }, { type: 'array', items: { type: 'string' } }],
      };
    case 'packets':
      return {
        ...common,
        type: 'array',
        items: {
          type: 'object',
          additionalProperties: false,
          required: ['from', 'to', 'expect'],
          properties: propertiesOf(packetKeys),
        },
      };
  }
}

function propertiesOf(keys: Readonly<Record<string, KeySpec>>): Schema {
  return Object.fromEntries(Object.entries(keys).map(([key, spec]) => [key, schemaOf(spec)]));
}

/** The JSON schema of a file of expectations, for editors. */
export function expectationSchema(): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Packets and what must come of them',
    description: 'Expectations of the rules in an iptables dump, judged by "iptables-inspect test DUMP FILE.packets.yaml".',
    type: 'object',
    additionalProperties: false,
    required: ['packets'],
    properties: propertiesOf(fileKeys),
  };
}
