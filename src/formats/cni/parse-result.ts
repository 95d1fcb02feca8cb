import type { ErrorCode } from '../../base/errors/codes.ts';
import { FirekilnError } from '../../base/errors/firekiln-error.ts';
import { JsonReader } from '../oci/json-reader.ts';
import { cniLimits } from './cni-limits.ts';
import type { CniAddress, CniDns, CniInterface, CniResult, CniRoute } from './cni-result.ts';
import { isCniVersion } from './cni-version.ts';

const { items } = cniLimits;
const code: ErrorCode = 'CNI_PLUGIN_FAILED';

/**
 * Reads a result of any version from 0.3.0 to 1.1.0; one without a version is of the version of its network, which
 * makes no difference in the reading. Throws CNI_PLUGIN_FAILED that names the subject, LIMIT_EXCEEDED.
 */
export function parseCniResult(json: Uint8Array | JsonReader, subject: string): CniResult {
  const reader = json instanceof JsonReader ? json : JsonReader.parse(json, subject, code);
  const version = reader.member('cniVersion').optional((value) => value.string());
  if (version !== undefined && !isCniVersion(version)) {
    throw new FirekilnError(code, `${subject}: a result of CNI version ${JSON.stringify(version)}`, {
      hint: 'Firekiln reads results from version 0.3.0 to 1.1.0: set the cniVersion of the network to one of these.',
    });
  }
  const interfaces = reader.member('interfaces').items(items).map(interfaceOf);
  return {
    interfaces,
    ips: reader
      .member('ips')
      .items(items)
      .map((ip) => addressOf(ip, interfaces.length)),
    routes: reader.member('routes').items(items).map(routeOf),
    dns: reader.member('dns').optional(dnsOf) ?? {},
  };
}

/** A result as it is kept in records, by whatever wrote it. */
export function cniResultOf(value: unknown, subject: string): CniResult {
  return parseCniResult(new JsonReader(value, subject, '', code), subject);
}

function interfaceOf(reader: JsonReader): CniInterface {
  return {
    name: reader.member('name').string(),
    mac: text(reader, 'mac'),
    sandbox: text(reader, 'sandbox'),
    mtu: number(reader, 'mtu'),
    socketPath: text(reader, 'socketPath'),
    pciID: text(reader, 'pciID'),
  };
}

function addressOf(reader: JsonReader, interfaces: number): CniAddress {
  const index = number(reader, 'interface');
  // Plugins of IPAM say "none" with a missing index or, some of them, with -1.
  if (index !== undefined && (index < -1 || index >= interfaces)) {
    throw reader.member('interface').fail(`the index of one of ${interfaces} interfaces`);
  }
  return {
    address: prefixed(reader.member('address')),
    gateway: text(reader, 'gateway'),
    interface: index === -1 ? undefined : index,
  };
}

function routeOf(reader: JsonReader): CniRoute {
  return {
    dst: prefixed(reader.member('dst')),
    gw: text(reader, 'gw'),
    mtu: number(reader, 'mtu'),
    advmss: number(reader, 'advmss'),
    priority: number(reader, 'priority'),
    table: number(reader, 'table'),
    scope: number(reader, 'scope'),
  };
}

function dnsOf(reader: JsonReader): CniDns {
  const list = (name: string) => reader.member(name).optional((value) => value.strings(items));
  return {
    nameservers: list('nameservers'),
    domain: text(reader, 'domain'),
    search: list('search'),
    options: list('options'),
  };
}

/** Go writes what is not set as an empty string. */
function text(reader: JsonReader, name: string): string | undefined {
  const value = reader.member(name).optional((member) => member.string());
  return value === '' ? undefined : value;
}

function number(reader: JsonReader, name: string): number | undefined {
  return reader.member(name).optional((member) => member.integer());
}

function prefixed(reader: JsonReader): string {
  const value = reader.string();
  if (!/^[0-9a-fA-F:.]{2,45}\/\d{1,3}$/.test(value)) throw reader.fail('an address with a prefix length');
  return value;
}
