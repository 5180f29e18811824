/** Every match and target. A new one has its import and its place in one of the lists, in alphabetical order. */
import type { ExtensionData } from '../extension.ts';
import { addrtypeMatch } from './matches/addrtype.ts';
import { ahMatch } from './matches/ah.ts';
import { bpfMatch } from './matches/bpf.ts';
import { cgroupMatch } from './matches/cgroup.ts';
import { clusterMatch } from './matches/cluster.ts';
import { commentMatch } from './matches/comment.ts';
import { connbytesMatch } from './matches/connbytes.ts';
import { connlabelMatch } from './matches/connlabel.ts';
import { connlimitMatch } from './matches/connlimit.ts';
import { connmarkMatch } from './matches/connmark.ts';
import { conntrackMatch } from './matches/conntrack.ts';
import { cpuMatch } from './matches/cpu.ts';
import { dccpMatch } from './matches/dccp.ts';
import { devgroupMatch } from './matches/devgroup.ts';
import { dscpMatch } from './matches/dscp.ts';
import { dstMatch } from './matches/dst.ts';
import { ecnMatch } from './matches/ecn.ts';
import { espMatch } from './matches/esp.ts';
import { eui64Match } from './matches/eui64.ts';
import { fragMatch } from './matches/frag.ts';
import { hashlimitMatch } from './matches/hashlimit.ts';
import { hbhMatch } from './matches/hbh.ts';
import { helperMatch } from './matches/helper.ts';
import { hlMatch } from './matches/hl.ts';
import { icmpMatch } from './matches/icmp.ts';
import { icmp6Match } from './matches/icmp6.ts';
import { ipcompMatch } from './matches/ipcomp.ts';
import { iprangeMatch } from './matches/iprange.ts';
import { ipv6headerMatch } from './matches/ipv6header.ts';
import { ipvsMatch } from './matches/ipvs.ts';
import { lengthMatch } from './matches/length.ts';
import { limitMatch } from './matches/limit.ts';
import { macMatch } from './matches/mac.ts';
import { markMatch } from './matches/mark.ts';
import { mhMatch } from './matches/mh.ts';
import { multiportMatch } from './matches/multiport.ts';
import { nfacctMatch } from './matches/nfacct.ts';
import { osfMatch } from './matches/osf.ts';
import { ownerMatch } from './matches/owner.ts';
import { physdevMatch } from './matches/physdev.ts';
import { pkttypeMatch } from './matches/pkttype.ts';
import { policyMatch } from './matches/policy.ts';
import { quotaMatch } from './matches/quota.ts';
import { rateestMatch } from './matches/rateest.ts';
import { realmMatch } from './matches/realm.ts';
import { recentMatch } from './matches/recent.ts';
import { rpfilterMatch } from './matches/rpfilter.ts';
import { rtMatch } from './matches/rt.ts';
import { sctpMatch } from './matches/sctp.ts';
import { setMatch } from './matches/set.ts';
import { socketMatch } from './matches/socket.ts';
import { srhMatch } from './matches/srh.ts';
import { stateMatch } from './matches/state.ts';
import { statisticMatch } from './matches/statistic.ts';
import { stringMatch } from './matches/string.ts';
import { tcpMatch } from './matches/tcp.ts';
import { tcpmssMatch } from './matches/tcpmss.ts';
import { timeMatch } from './matches/time.ts';
import { tosMatch } from './matches/tos.ts';
import { ttlMatch } from './matches/ttl.ts';
import { u32Match } from './matches/u32.ts';
import { udpMatch } from './matches/udp.ts';
import { auditTarget } from './targets/AUDIT.ts';
import { checksumTarget } from './targets/CHECKSUM.ts';
import { classifyTarget } from './targets/CLASSIFY.ts';
import { clusteripTarget } from './targets/CLUSTERIP.ts';
import { connmarkTarget } from './targets/CONNMARK.ts';
import { connsecmarkTarget } from './targets/CONNSECMARK.ts';
import { ctTarget } from './targets/CT.ts';
import { dnatTarget } from './targets/DNAT.ts';
import { dnptTarget } from './targets/DNPT.ts';
import { dscpTarget } from './targets/DSCP.ts';
import { ecnTarget } from './targets/ECN.ts';
import { hlTarget } from './targets/HL.ts';
import { hmarkTarget } from './targets/HMARK.ts';
import { idletimerTarget } from './targets/IDLETIMER.ts';
import { ledTarget } from './targets/LED.ts';
import { logTarget } from './targets/LOG.ts';
import { markTarget } from './targets/MARK.ts';
import { masqueradeTarget } from './targets/MASQUERADE.ts';
import { netmapTarget } from './targets/NETMAP.ts';
import { nflogTarget } from './targets/NFLOG.ts';
import { nfqueueTarget } from './targets/NFQUEUE.ts';
import { notrackTarget } from './targets/NOTRACK.ts';
import { rateestTarget } from './targets/RATEEST.ts';
import { redirectTarget } from './targets/REDIRECT.ts';
import { rejectTarget } from './targets/REJECT.ts';
import { secmarkTarget } from './targets/SECMARK.ts';
import { setTarget } from './targets/SET.ts';
import { snatTarget } from './targets/SNAT.ts';
import { snptTarget } from './targets/SNPT.ts';
import { synproxyTarget } from './targets/SYNPROXY.ts';
import { tcpmssTarget } from './targets/TCPMSS.ts';
import { tcpoptstripTarget } from './targets/TCPOPTSTRIP.ts';
import { teeTarget } from './targets/TEE.ts';
import { tosTarget } from './targets/TOS.ts';
import { tproxyTarget } from './targets/TPROXY.ts';
import { traceTarget } from './targets/TRACE.ts';
import { ttlTarget } from './targets/TTL.ts';
import { ulogTarget } from './targets/ULOG.ts';

export const matchData: readonly ExtensionData[] = [
  addrtypeMatch,
  ahMatch,
  bpfMatch,
  cgroupMatch,
  clusterMatch,
  commentMatch,
  connbytesMatch,
  connlabelMatch,
  connlimitMatch,
  connmarkMatch,
  conntrackMatch,
  cpuMatch,
  dccpMatch,
  devgroupMatch,
  dscpMatch,
  dstMatch,
  ecnMatch,
  espMatch,
  eui64Match,
  fragMatch,
  hashlimitMatch,
  hbhMatch,
  helperMatch,
  hlMatch,
  icmpMatch,
  icmp6Match,
  ipcompMatch,
  iprangeMatch,
  ipv6headerMatch,
  ipvsMatch,
  lengthMatch,
  limitMatch,
  macMatch,
  markMatch,
  mhMatch,
  multiportMatch,
  nfacctMatch,
  osfMatch,
  ownerMatch,
  physdevMatch,
  pkttypeMatch,
  policyMatch,
  quotaMatch,
  rateestMatch,
  realmMatch,
  recentMatch,
  rpfilterMatch,
  rtMatch,
  sctpMatch,
  setMatch,
  socketMatch,
  srhMatch,
  stateMatch,
  statisticMatch,
  stringMatch,
  tcpMatch,
  tcpmssMatch,
  timeMatch,
  tosMatch,
  ttlMatch,
  u32Match,
  udpMatch,
];

export const targetData: readonly ExtensionData[] = [
  auditTarget,
  checksumTarget,
  classifyTarget,
  clusteripTarget,
  connmarkTarget,
  connsecmarkTarget,
  ctTarget,
  dnatTarget,
  dnptTarget,
  dscpTarget,
  ecnTarget,
  hlTarget,
  hmarkTarget,
  idletimerTarget,
  ledTarget,
  logTarget,
  markTarget,
  masqueradeTarget,
  netmapTarget,
  nflogTarget,
  nfqueueTarget,
  notrackTarget,
  rateestTarget,
  redirectTarget,
  rejectTarget,
  secmarkTarget,
  setTarget,
  snatTarget,
  snptTarget,
  synproxyTarget,
  tcpmssTarget,
  tcpoptstripTarget,
  teeTarget,
  tosTarget,
  tproxyTarget,
  traceTarget,
  ttlTarget,
  ulogTarget,
];
