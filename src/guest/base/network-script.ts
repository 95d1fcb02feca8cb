import { quoteWord } from '../../base/quote-command.ts';
import type { GuestNetwork } from '../../net/provider.ts';
import { toldToKernel } from './ip-argument.ts';

export type DecidedNetwork = Pick<GuestNetwork, 'mac' | 'addresses' | 'routes' | 'dns' | 'mtu'>;

const resolver = '/run/firekiln-resolv.conf';
const resolverMade = '/run/firekiln-resolver-made';

/** Takes back what the script of {@link networkScript} has done to files; for a shell of root. */
export const undoNetworkScript = `[ -e ${resolver} ] || exit 0
umount /etc/resolv.conf
[ ! -e ${resolverMade} ] || [ -s /etc/resolv.conf ] || rm -f /etc/resolv.conf
rm -f ${resolver} ${resolverMade}
`;

/**
 * A script for a POSIX shell of root in a base whose kernel has brought its network up by `ip=`: sets what that can not
 * say. Each line of its output names something that could not be set, and why. The name servers lie over the base's file,
 * which stays as it is; a link there is the base's own way to them.
 */
export function networkScript({ mac, addresses, routes, dns, mtu }: DecidedNetwork): string {
  const told = toldToKernel({ addresses, routes });
  const more = [
    ...addresses.filter((one) => one !== told.address).map((one) => ['address', one] as const),
    ...routes.filter((one) => one !== told.route).map(routeWords),
  ];
  const ip = more.map(([kind, ...words]) => {
    const family = words.some((word) => word.includes(':')) ? '-6 ' : '';
    const what = [kind, ...words].join(' ');
    return `try ${quoteWord(what)} run_ip ${family}${kind} replace ${words.map(quoteWord).join(' ')} dev "$device"`;
  });
  return [
    findDevice(mac),
    ...(mtu === undefined ? [] : [`[ "$(cat "$net/mtu")" = ${mtu} ] || try 'MTU ${mtu}' write_to "$net/mtu" ${mtu}`]),
    ...(ip.length === 0 ? [] : [untilConfigured, ...ip]),
    resolverScript(dns),
    '',
  ].join('\n');
}

type Words = readonly [kind: 'address' | 'route', ...words: string[]];

function routeWords({ destination, gateway }: GuestNetwork['routes'][number]): Words {
  return ['route', destination, ...(gateway === undefined ? [] : ['via', gateway])];
}

/** Whatever its name is. */
function findDevice(mac: string): string {
  return `PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
try() {
  what=$1
  shift
  said=$("$@" 2>&1) || echo "$what ($(echo $said))"
}
write_to() { echo "$2" >"$1"; }
run_ip() {
  if command -v ip >/dev/null; then ip "$@"
  elif command -v busybox >/dev/null; then busybox ip "$@"
  else echo 'the base has no ip command' && return 127
  fi
}
net=
for one in /sys/class/net/*; do
  [ "$(cat "$one/address" 2>/dev/null)" != ${mac.toLowerCase()} ] || net=$one
done
[ -n "$net" ] || { echo 'anything (it has no network device ${mac.toLowerCase()})'; exit 0; }
device=\${net##*/}`;
}

/** Setting a device up, systemd-networkd takes away from it what it does not know. */
const untilConfigured = `tries=0
while [ -d /run/systemd/netif/links ] && [ $tries -lt 20 ]; do
  tries=$((tries + 1))
  case $(grep '^ADMIN_STATE=' "/run/systemd/netif/links/$(cat "$net/ifindex")" 2>/dev/null) in
    *=configured | *=unmanaged | *=failed | *=linger) break ;;
  esac
  sleep 1
done`;

function resolverScript({ servers, search, options = [] }: GuestNetwork['dns']): string {
  const lines = [
    ...(search.length === 0 ? [] : [`search ${search.join(' ')}`]),
    ...servers.map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ];
  if (lines.length === 0) return '';
  return `if [ ! -L /etc/resolv.conf ]; then
  [ -e /etc/resolv.conf ] || { : >/etc/resolv.conf; : >${resolverMade}; }
  printf '%s\\n' ${lines.map(quoteWord).join(' ')} >${resolver}
  chmod 644 ${resolver}
  try 'name servers' mount --bind ${resolver} /etc/resolv.conf
fi`;
}
