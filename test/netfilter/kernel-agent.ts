/**
 * Runs in a network namespace of its own and says something on the wire when it is told to, a JSON object a line. It listens on some ports: UDP is
 * answered once, TCP by the kernel's handshake alone. Started by kernel-network.ts.
 */
import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';

interface Order {
  readonly protocol: 'tcp' | 'udp' | 'icmp';
  readonly from: string;
  readonly to: string;
  readonly sport: number;
  readonly dport: number;
  /** How long to wait for an answer, in milliseconds. */
  readonly wait: number;
}

const ports = process.argv[2]?.split(',').map(Number) ?? [];

/** Sends one datagram, and where it is answered a second one. Resolves to whether it was. */
function sayUdp({ from, to, sport, dport, wait }: Order): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(from.includes(':') ? 'udp6' : 'udp4');
    const finish = (answered: boolean): void => {
      clearTimeout(timer);
      socket.close(() => resolve(answered));
    };
    const timer = setTimeout(() => finish(false), wait);
    socket.on('error', () => finish(false));
    socket.on('message', () => socket.send('later...', dport, to, () => finish(true)));
    socket.bind(sport, from, () => socket.send('first...', dport, to, () => undefined));
  });
}

let close: () => void = () => undefined;

/** Opens a connection and keeps it until the next order, so that nothing but the handshake is on the wire. */
function sayTcp({ from, to, sport, dport, wait }: Order): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port: dport, localAddress: from, localPort: sport });
    const timer = setTimeout(() => finish(false), wait);
    const finish = (answered: boolean): void => {
      clearTimeout(timer);
      if (answered) close = () => socket.resetAndDestroy();
      // Nobody answered: the question is not to be said again.
      else socket.destroy();
      resolve(answered);
    };
    socket.on('error', () => finish(false));
    socket.on('connect', () => finish(true));
  });
}

// Node.js has no ICMP sockets; perl-base is part of every Debian.
const echo = `
use Socket qw(:all);
my ($from, $to, $wait) = @ARGV;
my $six = $to =~ /:/;
my $family = $six ? AF_INET6 : AF_INET;
socket(my $s, $family, SOCK_DGRAM, $six ? 58 : 1) or die $!;
my $at = sub { my $a = inet_pton($family, $_[0]); $six ? pack_sockaddr_in6(0, $a) : pack_sockaddr_in(0, $a) };
bind($s, $at->($from)) or die $!;
send($s, pack('C C n n n a8', $six ? 128 : 8, 0, 0, 0, 1, 'first...'), 0, $at->($to)) or exit 1;
my $ready = ''; vec($ready, fileno($s), 1) = 1;
exit(select($ready, undef, undef, $wait / 1000) > 0 ? 0 : 1);
`;

function sayIcmp({ from, to, wait }: Order): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('perl', ['-e', echo, from, to, String(wait)], (error) => resolve(error === null));
  });
}

function listen(addresses: readonly string[]): void {
  for (const port of ports) {
    for (const address of addresses) {
      // A client resets its connection when it is done.
      createServer((client) => client.on('error', () => client.destroy())).listen(port, address);
      // One for each address, so that answers come from where they were asked for.
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
      socket.on('message', (text, { address: from, port: to }) => {
        if (String(text) === 'first...') socket.send('answer..', to, from);
      });
      socket.bind(port, address);
    }
  }
}

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  if (line === 'close') {
    close();
    close = () => undefined;
    console.log('closed');
    return;
  }
  if (line.startsWith('listen ')) {
    listen(line.split(' ').slice(1));
    console.log('listening');
    return;
  }
  const order = JSON.parse(line) as Order;
  const say = { tcp: sayTcp, udp: sayUdp, icmp: sayIcmp }[order.protocol];
  void say(order).then((answered) => console.log(answered ? 'answered' : 'silent'));
});
orders.on('close', () => process.exit());
console.log('ready');
