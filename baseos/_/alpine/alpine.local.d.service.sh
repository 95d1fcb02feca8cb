#!/bin/sh
# Installs the program of an image as a service of OpenRC: for --service-file-installer, run as root when
# /etc/firebuild/cmd.env is there. It starts with the machine, again after a failure, and writes to the console. (Its name
# is that of the original documentation, where it was a script of OpenRC's local service.)
set -e

. /etc/firebuild/cmd.env
# The PATH of the image may lack folders that are for root.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin
if [ -z "${SERVICE_ENTRYPOINT:-}${SERVICE_CMDS:-}" ]; then
  echo 'The image has neither ENTRYPOINT nor CMD: no service is installed.'
  exit 0
fi
command -v rc-update >/dev/null || { echo 'there is no OpenRC: this installer is not for this base' >&2; exit 1; }

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

cat >/etc/firebuild/keep-running <<'script'
#!/bin/sh
# Runs the program again after a failure; a signal to end goes to the program, which is killed ten seconds later.
exec >/dev/console 2>&1
child= ending= killer=
end() {
  ending=yes
  [ -n "$child" ] && [ -z "$killer" ] || return 0
  kill -TERM "$child" 2>/dev/null
  { sleep 10; kill -KILL "$child" 2>/dev/null; } &
  killer=$!
}
trap end TERM INT
while [ -z "$ending" ]; do
  /etc/firebuild/run-service &
  child=$!
  # The signal may have come before there was a child to hand it to.
  [ -z "$ending" ] || end
  status=0
  wait "$child" || status=$?
  while kill -0 "$child" 2>/dev/null; do status=0; wait "$child" || status=$?; done
  child=
  [ "$status" -ne 0 ] && [ -z "$ending" ] || break
  echo "The program ended with exit code $status and is started again."
  sleep 2
done
[ -z "$killer" ] || kill "$killer" 2>/dev/null
script
chmod 755 /etc/firebuild/keep-running

cat >/etc/init.d/image-program <<'script'
#!/sbin/openrc-run
description='The program of the image'
command=/etc/firebuild/keep-running
command_background=yes
pidfile=/run/image-program.pid

depend() {
  need localmount
  use net dns
  after firewall
}

# Without --exec, as by default: what runs is the shell.
stop() {
  ebegin "Stopping $RC_SVCNAME"
  start-stop-daemon --stop --pidfile "$pidfile" --retry TERM/15/KILL/5
  eend $?
}
script
chmod 755 /etc/init.d/image-program
rc-update add image-program default
