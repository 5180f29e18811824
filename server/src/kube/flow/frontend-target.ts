/** What asks for the flow of one frontend, and what it is called. */
import type { Resolution } from '../identity/chain-identity.ts';
import { portName } from '../identity/chain-names.ts';
import { dumpNode } from '../proxy/dump-node.ts';
import { type Frontend, frontendLabel } from './frontends.ts';
import { entryKindNames } from './graph.ts';
import { nodeAddress } from './packet-sources.ts';
import { addressText } from './target.ts';

/** What asks for one frontend: its Service port, or its address where it belongs to none. */
export function targetOf(resolution: Resolution, frontend: Frontend): string {
  if (frontend.service !== null) return portName(frontend.service.namespace, frontend.service.name, frontend.service.port);
  const { dump } = frontend;
  const loopback = dump.family === 'ipv4' ? '127.0.0.1' : '::1';
  const own = dumpNode(resolution, dump).record === null ? loopback : nodeAddress(resolution, dump).text;
  return addressText(frontend.ip ?? own, frontend.port, frontend.protocol);
}

/** "10.96.20.10:80/tcp clusterIP", "NodePort 30080/tcp". */
export function frontendDescription(frontend: Frontend): string {
  const label = frontendLabel(frontend);
  return label.startsWith(entryKindNames[frontend.kind]) ? label : `${label} ${entryKindNames[frontend.kind]}`;
}
