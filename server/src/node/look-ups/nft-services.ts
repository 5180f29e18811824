/**
 * Services as kube-proxy's nftables mode has them: maps of its own table name the chain of a Service, or the verdict for one without endpoints
 * (pkg/proxy/nftables/proxier.go).
 */
import { canonicalIP, inCIDR, isIPv6 } from '../../base/ip.ts';
import { type Fields, fieldsAt, isFields, listAt, textAt, valueAt } from '../../cluster/fields.ts';
import type { NftChain, NftTables } from '../readers/nft.ts';

/** The address that a packet is sent to. */
export interface ServiceAddress {
  readonly ip: string;
  /** "tcp" */
  readonly protocol: string;
  readonly port: number;
  /** Whether the address is the node's own, where NodePorts are. */
  readonly isOwn: boolean;
}

export interface NftService {
  /** "shop/web:http"; empty where the chain's name does not say it. */
  readonly name: string;
  /** "service-ips" */
  readonly map: string;
  /** What a Service without endpoints has; null for one that is translated. */
  readonly refusal: 'drop' | 'reject' | null;
  /** Whether it is translated for some who send, and refused for others (traffic policy Local without an endpoint here). */
  readonly isForSome: boolean;
  /** Where it may be sent; empty where the chain is not understood, or sends it nowhere. */
  readonly endpoints: readonly { readonly ip: string; readonly port: number }[];
  /** A chain of the table, to be shown. */
  readonly chain: NftChain;
}

const table = 'kube-proxy';

/** The pairs of a map: what its key is, and the verdict. */
function pairsOf(
  elements: readonly unknown[],
): readonly (readonly [key: readonly unknown[], verdict: Fields, comment: string])[] {
  return elements.flatMap((pair): readonly (readonly [readonly unknown[], Fields, string])[] => {
    const [key, verdict] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    if (!isFields(verdict) || !isFields(key)) return [];
    const element = fieldsAt(key, 'elem');
    const value = valueAt(element, 'val');
    const concat = listAt(isFields(value) ? value : key, 'concat');
    return [[concat, verdict, textAt(element, 'comment')]];
  });
}

function isAddressed(key: readonly unknown[], { ip, protocol, port }: ServiceAddress): boolean {
  const [wantedPort, wantedProtocol, wantedIP] = key.toReversed();
  if (Number(wantedPort) !== port || wantedProtocol !== protocol) return false;
  return wantedIP === undefined ? key.length === 2 : canonicalIP(String(wantedIP)) === ip;
}

/** "shop/web:http" of "service-ULMVA6XW-shop/web/tcp/http". */
function nameOf(chain: string): string {
  const [, namespace, name, port] =
    /^(?:service|local|external|firewall)-[A-Z0-9]{8}-([^/]+)\/([^/]+)\/[a-z]+\/([^/]*)$/.exec(chain) ?? [];
  if (namespace === undefined || name === undefined) return '';
  return `${namespace}/${name}${port === undefined || port === '' ? '' : `:${port}`}`;
}

/** Every goto of a verdict, or of the pairs of a map that a rule writes out. */
function targetsIn(statement: Fields): readonly string[] {
  const goto = textAt(fieldsAt(statement, 'goto'), 'target');
  if (goto !== '') return [goto];
  const data = valueAt(fieldsAt(statement, 'vmap'), 'data');
  const pairs = isFields(data) ? listAt(data, 'set') : [];
  return pairs.flatMap((pair) => {
    const verdict: unknown = Array.isArray(pair) ? pair[1] : undefined;
    return isFields(verdict) ? targetsIn(verdict) : [];
  });
}

type Endpoint = NftService['endpoints'][number];

function endpointAt(ip: unknown, port: unknown): readonly Endpoint[] {
  const address = canonicalIP(String(ip));
  return address === undefined || !(Number(port) > 0) ? [] : [{ ip: address, port: Number(port) }];
}

/** Where a statement translates to: one address, or one of several by chance; undefined for another statement. */
function translatedTo(statement: Fields): readonly Endpoint[] | undefined {
  if (!Object.hasOwn(statement, 'dnat')) return undefined;
  const dnat = fieldsAt(statement, 'dnat');
  const address = valueAt(dnat, 'addr');
  if (!isFields(address)) return endpointAt(address, valueAt(dnat, 'port'));
  const pairs = listAt(fieldsAt(fieldsAt(address, 'map'), 'data'), 'set');
  return pairs.flatMap((pair) => {
    const value: unknown = Array.isArray(pair) ? pair[1] : undefined;
    const [ip, port] = isFields(value) ? listAt(value, 'concat') : [];
    return endpointAt(ip, port);
  });
}

/** As the kernel does: it takes no chains that lead further down (NFT_JUMP_STACK_SIZE). */
const deepest = 16;

/**
 * The endpoints that a chain may send to; empty where it is not understood.
 * @param known those of the chains that were looked at: many rules may lead to one chain
 */
function endpointsOf(
  chains: ReadonlyMap<string, NftChain>,
  chain: NftChain,
  known: Map<NftChain, readonly Endpoint[]> = new Map(),
  depth = 0,
): readonly Endpoint[] {
  const before = known.get(chain);
  if (before !== undefined) return before;
  // A chain that leads back to itself is not understood.
  known.set(chain, []);
  const found = new Map<string, Endpoint>();
  for (const statement of chain.rules.flatMap(({ statements }) => statements)) {
    for (const endpoint of translatedTo(statement) ?? []) found.set(`${endpoint.ip} ${endpoint.port}`, endpoint);
    for (const name of targetsIn(statement)) {
      const next = chains.get(name);
      const inner = next === undefined || depth >= deepest ? [] : endpointsOf(chains, next, known, depth + 1);
      if (inner.length === 0) return [];
      for (const endpoint of inner) found.set(`${endpoint.ip} ${endpoint.port}`, endpoint);
    }
  }
  const endpoints = [...found.values()];
  known.set(chain, endpoints);
  return endpoints;
}

/** Whether NodePorts are at an address of the node: the set says at which; where there is none, at all of them. */
function hasNodePorts({ sets }: NftTables, family: string, { ip, isOwn }: ServiceAddress): boolean {
  const addresses = sets.get(`${family} ${table} nodeport-ips`);
  if (!isOwn || addresses === undefined) return isOwn;
  return addresses.some((each) => {
    const prefix = isFields(each) ? fieldsAt(each, 'prefix') : {};
    const network = isFields(each) ? `${textAt(prefix, 'addr')}/${String(valueAt(prefix, 'len') ?? '')}` : String(each);
    return network.includes('/') ? inCIDR(ip, network) : canonicalIP(network) === ip;
  });
}

/** Whether kube-proxy does Services by nftables: its table is hooked in, and has some. */
export function servesByNft({ chains, sets }: NftTables): boolean {
  return chains.some(
    ({ family, table: own, type, hook }) =>
      own === table && type === 'nat' && hook !== '' && (sets.get(`${family} ${table} service-ips`)?.length ?? 0) > 0,
  );
}

/**
 * What kube-proxy's table says of an address; undefined where it does not know it, is not there or is not hooked in.
 */
export function nftServiceAt(tables: NftTables, asked: ServiceAddress): NftService | undefined {
  const family = isIPv6(asked.ip) ? 'ip6' : 'ip';
  const own = tables.chains.filter((chain) => chain.family === family && chain.table === table);
  const [first] = own;
  if (first === undefined || !own.some(({ type, hook }) => type === 'nat' && hook !== '')) return undefined;
  const chains = new Map(own.map((chain) => [chain.name, chain]));
  const ports = hasNodePorts(tables, family, asked) ? ['service-nodeports', 'no-endpoint-nodeports'] : [];
  const found: NftService[] = [];
  for (const map of ['service-ips', 'no-endpoint-services', ...ports]) {
    for (const [key, verdict, comment] of pairsOf(tables.sets.get(`${family} ${table} ${map}`) ?? [])) {
      if (!isAddressed(key, asked)) continue;
      const [target = ''] = targetsIn(verdict);
      const chain = chains.get(target);
      const isRefused = map.startsWith('no-endpoint');
      found.push({
        name: isRefused ? comment : nameOf(target),
        map,
        isForSome: false,
        refusal: isRefused ? (Object.hasOwn(verdict, 'drop') ? 'drop' : 'reject') : null,
        endpoints: isRefused || chain === undefined ? [] : endpointsOf(chains, chain),
        chain: chain ?? chains.get('services') ?? first,
      });
      break;
    }
  }
  const [only, ...others] = found;
  return only === undefined || others.length === 0 ? only : { ...only, isForSome: true };
}
