#!/bin/sh
# Sourced by setup.sh: tells systemd-networkd of the image, if it has that, what network the VM was given; otherwise it
# would take the addresses away that guest/network has set. Who asks by DHCP does so again.
. /run/firekiln/settings

write_network() {
  printf '[Match]\nType=ether\n\n'
  [ -z "$MTU" ] || printf '[Link]\nMTUBytes=%s\n\n' "$MTU"
  printf '[Network]\nDHCP=no\n'
  for address in $ADDRESSES; do printf 'Address=%s\n' "$address"; done
  for server in $NAMESERVERS; do printf 'DNS=%s\n' "$server"; done
  [ -z "$SEARCH" ] || printf 'Domains=%s\n' "$SEARCH"
  for route in $ROUTES; do
    destination=${route%,*} gateway=${route#*,}
    printf '\n[Route]\n'
    if [ "$gateway" = - ]; then echo Scope=link; else printf 'Gateway=%s\nGatewayOnLink=yes\n' "$gateway"; fi
    [ "$destination" = default ] || printf 'Destination=%s\n' "$destination"
  done
}

if [ "$NETWORK" = static ]; then
  mkdir -p $root/run/systemd/network
  write_network >$root/run/systemd/network/10-firekiln.network
fi
