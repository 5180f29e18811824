/** The match socket. Source: iptables-extensions(8) and libxt_socket.c of iptables 1.8.9, and runs of it. */
import type { ExtensionData } from '../../extension.ts';
import { listedAs } from '../support/listed.ts';

export const socketMatch: ExtensionData = {
  name: 'socket',
  hooks: ['PREROUTING', 'INPUT'],
  help: 'A socket of this machine is there for the packet.',
  options: [
    { long: '--transparent', help: 'Only transparent sockets.' },
    { long: '--nowildcard', help: 'Sockets bound to any address count too.' },
    { long: '--restore-skmark', help: 'Give the packet the mark of the socket.' },
  ],
  listed: {
    opening: 'socket',
    options: [
      listedAs('--transparent', '--transparent'),
      listedAs('--nowildcard', '--nowildcard'),
      listedAs('--restore-skmark', '--restore-skmark'),
    ],
  },
};
