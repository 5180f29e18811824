import type { LabHost, NodeLab } from '../support/node-lab.ts';
import { describeLabCases, type LabCase, nodePort, nodePortOfCart, toCart, toPod, toWeb } from '../support/node-lab-case.ts';

// What ends packets by more than addresses and ports: resets past conntrack, flags of TCP, link addresses, and policy rules that lead to others.

const guard = (...rules: readonly string[]): string =>
  `printf '%s\\n' 'table inet guard {' 'chain f { type filter hook forward priority 10; policy accept; ${rules.join('; ')}; }' '}' | nft -f -`;
const withoutGuard = 'nft delete table inet guard';

const macOf = (lab: NodeLab, host: LabHost): string => lab.run(host, "ip -o link show eth0 | sed 's/.*ether //; s/ .*//'").trim();

/** Has the node ask for the link address of the Pod that will ask. */
const heard = 'echo > /dev/udp/10.42.0.30/9; sleep 0.3';

const policyRules = (last: string): Pick<LabCase, 'make' | 'undo'> => ({
  make: `ip rule add pref 100 goto 300; ip rule add pref 200 prohibit; ip rule add pref 300 ${last}`,
  undo: 'for each in 100 200 300; do ip rule del pref $each; done',
});

const cases: readonly LabCase[] = [
  {
    what: 'a reset to what came in by a bridge',
    make: 'iptables -I FORWARD -p tcp -m connlimit --connlimit-above 0 -j REJECT --reject-with tcp-reset',
    ask: [
      [toCart, 'lost', 'rejected-by-rule'],
      [toWeb, 'lost', 'rejected-by-rule'],
      [toPod, 'refused', 'rejected-by-rule'],
      [nodePort, 'refused', 'rejected-by-rule'],
    ],
  },
  {
    what: 'a limit of connections that nobody comes to',
    make: 'iptables -I FORWARD -p tcp -m connlimit --connlimit-above 50 -j REJECT --reject-with tcp-reset',
    ask: [
      [toCart, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: "a rule of nft that refuses one Pod's packets as kube-proxy does",
    make: guard('ip daddr 10.42.1.20 reject with icmpx port-unreachable'),
    undo: withoutGuard,
    ask: [
      [toCart, 'refused', 'nft-table-drops'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'a verdict map of nft by name',
    make: `printf '%s\\n' 'table inet guard {' 'map m { type ipv4_addr . inet_service : verdict; elements = { 10.42.1.20 . 8080 : drop }; }' 'chain f { type filter hook forward priority 0; ip daddr . tcp dport vmap @m; }' '}' | nft -f -`,
    undo: withoutGuard,
    ask: [
      [toCart, 'lost', 'nft-table-drops'],
      [toPod, 'arrives'],
    ],
  },
  {
    what: 'rules of legacy before anything is translated, and one for what is translated by then',
    make: `iptables-legacy -t raw -A PREROUTING -p tcp --dport 30080 -j DROP; iptables-legacy -t mangle -A PREROUTING -p tcp -d 10.96.10.90 --dport 80 -j DROP
      iptables-legacy -t raw -A PREROUTING -p tcp -d 172.18.0.2 --dport 8080 -j DROP`,
    undo: 'iptables-legacy -t raw -F; iptables-legacy -t mangle -F',
    ask: [
      [nodePort, 'lost', 'both-back-ends'],
      [toCart, 'lost', 'both-back-ends'],
      [nodePortOfCart, 'arrives'],
    ],
  },
  {
    what: 'a policy rule for what programs of root ask for',
    make: 'ip rule add uidrange 0-0 to 10.96.0.0/12 prohibit',
    undo: 'ip rule del uidrange 0-0 to 10.96.0.0/12 prohibit',
    ask: [
      [['node', { to: '10.96.10.80', dport: 80 }], 'lost', 'no-route'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: "ARP switched off on the Pods' bridge",
    make: 'ip link set cni0 arp off',
    undo: 'ip link set cni0 arp on',
    others: [['client0', 'ip neigh flush all', 'true']],
    ask: [
      [toWeb, 'lost', 'arp-not-answered'],
      [toPod, 'arrives'],
    ],
  },
  {
    what: 'a rule of nft for answers of TCP',
    make: guard('tcp flags & (syn|ack) == syn|ack drop'),
    undo: withoutGuard,
    ask: [
      [toWeb, 'lost', 'nft-table-drops'],
      [toCart, 'lost', 'nft-table-drops'],
    ],
  },
  {
    what: 'a rule of nft for what follows the answer',
    make: guard('tcp flags & (syn|ack) == ack drop'),
    undo: withoutGuard,
    ask: [[toCart, 'lost', 'nft-table-drops']],
  },
  {
    what: 'rules of nft for flags that nobody sends',
    make: guard('tcp flags & (syn|fin) == syn|fin drop', 'tcp flags == 0x0 drop', 'tcp flags != syn ct state new drop'),
    undo: withoutGuard,
    ask: [
      [toWeb, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
  {
    what: 'a rule for the link address of the Pod that asks',
    make: (lab) => `${heard}; iptables -I FORWARD -m mac --mac-source ${macOf(lab, 'client0')} -p tcp --dport 8080 -j DROP`,
    ask: [
      [toWeb, 'lost', 'dropped-by-rule'],
      [nodePort, 'arrives'],
    ],
  },
  {
    what: 'a rule for the link address of another Pod',
    make: (lab) => `${heard}; iptables -I FORWARD -m mac --mac-source ${macOf(lab, 'web2')} -p tcp --dport 8080 -j DROP`,
    ask: [[toWeb, 'arrives']],
    isHealthy: true,
  },
  {
    what: 'a policy rule that leads past others to a black hole',
    ...policyRules('from 10.42.0.0/24 to 10.42.1.0/24 blackhole'),
    ask: [
      [toCart, 'lost', 'no-route'],
      [toWeb, 'arrives'],
    ],
  },
  {
    what: 'a policy rule that leads past one that refuses',
    ...policyRules('nop'),
    ask: [
      [toCart, 'arrives'],
      [nodePort, 'arrives'],
    ],
    isHealthy: true,
  },
];

describeLabCases('what ends packets by more than addresses and ports', cases);
