#!/bin/busybox sh
# Process 1: goes over to the image's root and becomes its init. Whatever else runs keeps the appliance as its root, also
# what serves the control channel: a mount on top of a root is seen by those only who enter it.
#
# init-command sets the positional parameters to words for env(1).
base=/run/firekiln/vm
. $base/init-command
cd $base/root && mount -n --move . / && : >$base/handed-over && exec /bin/busybox env -i "$@"
echo 'firekiln: failed: the init of the image can not be started'
sleep 1
reboot -f
