/** Where a packet goes once PREROUTING is behind it. */
import type { Doubt } from '../answer.ts';
import { forward, input } from '../hooks.ts';
import { broadcastAnswer, isOwnAddress, localDoubt } from '../local-address.ts';
import { isLoopback, type Packet } from '../packet.ts';
import { answerTo, suppose } from './facts.ts';
import { type Path, splitOff } from './path.ts';
import { assume, end, type Run } from './state.ts';

function toInput(path: Path): Path {
  path.stages = input;
  path.stage = 0;
  return path;
}

/** Routers take one off the TTL before FORWARD, and drop what has none left (ip_forward). */
function toForward(run: Run, path: Path): Path | null {
  const { ttl, ttlChange, out } = path.packet;
  if (ttl !== null && ttl <= 1) {
    assume(run, 'A packet whose TTL runs out is dropped before FORWARD.');
    return end(run, path, 'drop');
  }
  path.packet = { ...path.packet, routedMark: path.packet.mark };
  path.packet = ttl === null ? { ...path.packet, ttlChange: ttlChange - 1 } : { ...path.packet, ttl: ttl - 1 };
  if (out === null) path.packet = { ...path.packet, out: run.options.wayOut?.(path.packet) ?? null };
  path.stages = forward;
  path.stage = 0;
  return path;
}

function isMulticast({ destination }: Packet): boolean {
  return destination.family === 'ipv4' ? destination.low >>> 28 === 0xe : destination.bits >> 120n === 0xffn;
}

/** Whether the routes lead a packet of this node nowhere. What is for a group or for everybody leaves by its source's interface without any (ip_route_output_key). */
function isStranded({ options }: Run, packet: Packet): boolean {
  const { destination } = packet;
  if (isLoopback(destination) || isMulticast(packet)) return false;
  const isForAll = destination.family === 'ipv4' && destination.low === 0xffff_ffff;
  return !isForAll && options.routed?.(packet) === 'nowhere';
}

/** Routes what this node sends, before its first rule or behind what changed it (ip_route_me_harder); null where the path ends. */
export function routeSent(run: Run, path: Path): Path | null {
  if (!isStranded(run, path.packet)) return path;
  assume(run, `No route of this node leads to ${path.packet.destination.text}: it does not send the packet.`);
  return end(run, path, 'drop');
}

/** Follows a path both ways where a fact is open. */
function split(
  run: Run,
  path: Path,
  { fact }: Doubt,
  yes: (path: Path) => Path | null,
  no: (path: Path) => Path | null,
): Path | null {
  const known = answerTo(run, path, fact);
  if (known !== undefined) return known ? yes(path) : no(path);
  const other = splitOff(path);
  suppose(run, other, fact, true);
  suppose(run, path, fact, false);
  const following = yes(other);
  if (following !== null) run.waiting.add(following);
  return no(path);
}

/** A multicast packet is delivered to a node that listens to its group, and forwarded by multicast routers alone (ip_route_input_mc). */
function routeMulticast(run: Run, path: Path): Path | null {
  const { text } = path.packet.destination;
  const member: Doubt = {
    kind: 'doubt',
    negated: false,
    fact: {
      about: 'local',
      key: `member of ${text}`,
      yes: `This node listens to the multicast group ${text}.`,
      no: `This node does not listen to the multicast group ${text}, and drops the packet before INPUT.`,
      likely: false,
    },
  };
  return split(run, path, member, toInput, (other) => end(run, other, 'drop'));
}

/** By own addresses alone. */
function routeByAddress(run: Run, path: Path): Path | null {
  const { destination, out } = path.packet;
  const { knows } = run;
  const known = isOwnAddress(destination, knows);
  if (known !== undefined) return known ? toInput(path) : toForward(run, path);
  if (out !== null && out !== '') return toForward(run, path);
  const likely = knows.seemsLocal?.(path.packet) === true;
  return split(run, path, localDoubt(destination.text, likely), toInput, (other) => toForward(run, other));
}

/** Sends a path to INPUT or FORWARD; null where it ends. What a rule caught or redirected is local, and loopback addresses always are. */
export function route(run: Run, path: Path): Path | null {
  const { destination, isCaught } = path.packet;
  if (run.isLooped || isCaught || isLoopback(destination)) return toInput(path);
  if (destination.family === 'ipv4' && destination.low === 0xffff_ffff) return toInput(path);
  if (isMulticast(path.packet)) return routeMulticast(run, path);
  const lead = run.options.routed?.(path.packet);
  if (lead === 'here') return toInput(path);
  if (lead === 'nowhere') {
    assume(run, `No route of this node leads to ${destination.text}: it drops the packet before FORWARD.`);
    return end(run, path, 'drop');
  }
  if (lead === 'on') return toForward(run, path);
  const broadcast = broadcastAnswer(path.packet, run.knows);
  if (broadcast === false) return routeByAddress(run, path);
  return broadcast === true ? toInput(path) : split(run, path, broadcast, toInput, (other) => routeByAddress(run, other));
}
