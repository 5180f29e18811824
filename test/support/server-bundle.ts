import { resolve } from 'node:path';

/** The built server. */
export const serverBundle = resolve(import.meta.dirname, '../../dist/server/iptables-language-server.cjs');
