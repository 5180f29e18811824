/**
 * Runs in a network namespace of its own, listens where it is told to and asks others, an order a line behind a number, which its answer begins
 * with. Whoever connects, or sends a datagram, is answered with a few words. Started by node-lab.ts.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer, isIPv6 } from 'node:net';
import { createInterface } from 'node:readline';

export type Heard = 'arrives' | 'lost' | 'refused';

export interface Order {
  readonly protocol: 'tcp' | 'udp';
  readonly from: string;
  readonly to: string;
  readonly dport: number;
  readonly sport: number;
  /** How long to wait for an answer, in milliseconds. */
  readonly wait: number;
}

const refusals: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNRESET']);

function askTcp({ from, to, dport, sport, wait }: Order): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port: dport, localAddress: from, ...(sport === 0 ? {} : { localPort: sport }) });
    const finish = (heard: Heard): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(heard);
    };
    const timer = setTimeout(() => finish('lost'), wait);
    socket.on('error', (error) => finish('code' in error && refusals.has(String(error.code)) ? 'refused' : 'lost'));
    socket.on('data', () => finish('arrives'));
  });
}

function askUdp({ from, to, dport, sport, wait }: Order): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(from) ? 'udp6' : 'udp4');
    const finish = (heard: Heard): void => {
      clearTimeout(timer);
      socket.close(() => resolve(heard));
    };
    const timer = setTimeout(() => finish('lost'), wait);
    socket.on('error', () => finish('lost'));
    socket.on('message', () => finish('arrives'));
    socket.bind(sport, from, () => socket.send('who is there?', dport, to, () => undefined));
  });
}

function listenAt(port: number): Promise<void> {
  return new Promise((resolve) => {
    // Both families: the address of all of IPv6 takes IPv4 as well.
    const datagrams = createSocket('udp6');
    datagrams.on('message', (_text, { port: back, address }) => datagrams.send('it is me', back, address, () => undefined));
    const server = createServer((client) => {
      client.on('error', () => client.destroy());
      client.end('it is me');
    });
    datagrams.bind(port, '::', () => server.listen(port, '::', () => resolve()));
  });
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    void (async () => {
      const [number, ...words] = line.split(' ');
      const text = words.join(' ');
      if (text.startsWith('listen ')) {
        await Promise.all(text.slice('listen '.length).split(' ').map(Number).map(listenAt));
        console.log(`${number} listening`);
        return;
      }
      const order = JSON.parse(text) as Order;
      console.log(`${number} ${await (order.protocol === 'tcp' ? askTcp(order) : askUdp(order))}`);
    })();
  })
  .on('close', () => process.exit(0));
console.log('ready');
