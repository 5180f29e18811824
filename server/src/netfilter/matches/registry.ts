/** What a packet must be like for each match. A new one has its import and its place here, in alphabetical order. */
import { askedBy, type MatchReader, unknownMatch } from '../match-reader.ts';
import { addrtype } from './addrtype.ts';
import { comment } from './comment.ts';
import { connbytes } from './connbytes.ts';
import { connlimit } from './connlimit.ts';
import { connmark } from './connmark.ts';
import { conntrack } from './conntrack.ts';
import { cpu } from './cpu.ts';
import { dccp } from './dccp.ts';
import { dscp } from './dscp.ts';
import { ecn } from './ecn.ts';
import { extensionHeaders, ipv6header } from './extension-headers.ts';
import { hashlimit } from './hashlimit.ts';
import { helper } from './helper.ts';
import { hl } from './hl.ts';
import { icmp } from './icmp.ts';
import { icmp6 } from './icmp6.ts';
import { iprange } from './iprange.ts';
import { length } from './length.ts';
import { limit } from './limit.ts';
import { mac } from './mac.ts';
import { mark } from './mark.ts';
import { multiport } from './multiport.ts';
import { nfacct } from './nfacct.ts';
import { owner } from './owner.ts';
import { physdev } from './physdev.ts';
import { pkttype } from './pkttype.ts';
import { policy } from './policy.ts';
import { quota } from './quota.ts';
import { recent } from './recent.ts';
import { rpfilter } from './rpfilter.ts';
import { sctp } from './sctp.ts';
import { set } from './set.ts';
import { socket } from './socket.ts';
import { state } from './state.ts';
import { statistic } from './statistic.ts';
import { string } from './string.ts';
import { tcp } from './tcp.ts';
import { tcpmss } from './tcpmss.ts';
import { time } from './time.ts';
import { tos } from './tos.ts';
import { ttl } from './ttl.ts';
import { udp } from './udp.ts';

const readers: Readonly<Record<string, MatchReader>> = {
  addrtype,
  ah: askedBy('--ahspi', '--ahlen', '--ahres'),
  cgroup: askedBy('--path', '--cgroup'),
  comment,
  connbytes,
  connlimit,
  connmark,
  conntrack,
  cpu,
  dccp,
  devgroup: askedBy('--src-group', '--dst-group'),
  dscp,
  dst: extensionHeaders,
  ecn,
  esp: askedBy('--espspi'),
  frag: extensionHeaders,
  hashlimit,
  hbh: extensionHeaders,
  helper,
  hl,
  icmp,
  icmp6,
  iprange,
  ipv6header,
  ipvs: askedBy('--ipvs', '--vproto', '--vaddr', '--vport', '--vdir', '--vmethod', '--vportctl'),
  length,
  limit,
  mac,
  mark,
  mh: extensionHeaders,
  multiport,
  nfacct,
  owner,
  physdev,
  pkttype,
  policy,
  quota,
  recent,
  rpfilter,
  rt: extensionHeaders,
  sctp,
  set,
  socket,
  srh: extensionHeaders,
  standard: comment,
  state,
  statistic,
  string,
  tcp,
  tcpmss,
  time,
  tos,
  ttl,
  udp,
  udplite: udp,
};

/** The reader of a match by its name. What is in none of the files leaves the whole match in doubt. */
export function matchReader(name: string): MatchReader {
  return (Object.hasOwn(readers, name) ? readers[name] : undefined) ?? ((match) => [unknownMatch(match)]);
}
