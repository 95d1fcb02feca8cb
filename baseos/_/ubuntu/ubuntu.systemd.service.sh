#!/bin/sh
# Installs the program of an image as a service of systemd: for --service-file-installer, run as root when
# /etc/firebuild/cmd.env is there. It starts with the machine, again after a failure, and writes to journal and console.
set -e

. /etc/firebuild/cmd.env
# The PATH of the image may lack folders that are for root.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
if [ -z "${SERVICE_ENTRYPOINT:-}${SERVICE_CMDS:-}" ]; then
  echo 'The image has neither ENTRYPOINT nor CMD: no service is installed.'
  exit 0
fi
command -v systemctl >/dev/null || { echo 'there is no systemd: this installer is not for this base' >&2; exit 1; }

cat >/etc/firebuild/run-service <<'script'
#!/bin/sh
# Becomes the program of the image, as /etc/firebuild/cmd.env says: as its user, in its folder, with its variables.
set -e
unset HOME
. /etc/firebuild/cmd.env

# The line of an account file ($1) whose name or id is $2; names come first.
account() {
  found=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in "$2":*) found=$line && break ;; esac
    id=${line#*:*:}
    [ "${id%%:*}" != "$2" ] || found=${found:-$line}
  done <"$1"
  printf '%s' "$found"
}
field() { printf '%s' "$1" | cut -d : -f "$2"; }
fail() { echo "run-service: $1" >&2; exit 1; }

user=${SERVICE_USER:-0}
group=
case $user in *:*) group=${user#*:} user=${user%%:*} ;; esac
entry=$(account /etc/passwd "${user:-0}")
uid=$(field "$entry" 3) uid=${uid:-$user}
groups=--clear-groups
if [ -n "$group" ]; then
  gid=$(field "$(account /etc/group "$group")" 3) gid=${gid:-$group}
else
  gid=$(field "$entry" 4) gid=${gid:-0}
  [ -z "$entry" ] || groups=--init-groups
fi
case $uid in '' | *[!0-9]*) fail "there is no user $user" ;; esac
case $gid in '' | *[!0-9]*) fail "there is no group $group" ;; esac
if [ -z "${HOME+set}" ]; then
  HOME=$(field "$entry" 6)
  export HOME="${HOME:-/}"
fi
as_user=
if [ "$uid:$gid" != 0:0 ]; then
  # By its path: some shells have a setpriv of their own that can not change users.
  for setpriv in /usr/bin/setpriv /bin/setpriv none; do
    "$setpriv" --reuid 0 --regid 0 --clear-groups true 2>/dev/null && break
  done
  [ "$setpriv" != none ] || fail 'there is no setpriv of util-linux to change the user with'
  as_user="$setpriv --reuid $uid --regid $gid $groups --"
fi

cd "${SERVICE_WORKDIR:-/}"
# Each of the two is a list of words, quoted for a shell where that is needed.
eval "exec $as_user ${SERVICE_ENTRYPOINT:-} ${SERVICE_CMDS:-}"
script
chmod 755 /etc/firebuild/run-service

cat >/etc/systemd/system/image-program.service <<'unit'
[Unit]
Description=The program of the image
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/etc/firebuild/run-service
Restart=on-failure
RestartSec=2
KillMode=mixed
TimeoutStopSec=10
StandardOutput=journal+console
StandardError=journal+console

[Install]
WantedBy=multi-user.target
unit
systemctl enable image-program.service
