#!/bin/sh
# Builds the web server example into a microVM image, boots it, and shows its page fetched through the published port.
# Brings what is missing (Node 24, QEMU, a guest kernel, a Debian base) and says so. Safe to run twice.
#
#   scripts/demo.sh [PORT]
set -eu
cd "$(dirname "$0")/.."
port=${1:-8080}
name=firekiln-demo-$$

step() { printf '\n== %s\n' "$*"; }

step "setting this machine up (firekiln setup)"
./firekiln setup

if ! ./firekiln inspect debian:bookworm >/dev/null 2>&1; then
  step "making the base debian:bookworm from Debian's packages (firekiln base build debian:bookworm)"
  ./firekiln base build debian:bookworm
fi

step "building examples/web-server (firekiln build -t web-server examples/web-server)"
./firekiln build -t web-server examples/web-server

step "booting it (firekiln run -d --name $name -p 127.0.0.1:$port:80 web-server)"
trap './firekiln rm -f "$name" >/dev/null 2>&1 || true' EXIT
trap 'exit 130' INT TERM
./firekiln run -d --name "$name" -p "127.0.0.1:$port:80" web-server

step "fetching http://127.0.0.1:$port/"
"$(cat .cache/node)" --input-type=module -e '
const url = process.argv[1];
const end = Date.now() + 60_000;
for (;;) {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    console.log(await response.text());
    break;
  } catch (error) {
    if (Date.now() > end) {
      console.error(`no page at ${url}: ${error.cause?.message ?? error.message}`);
      process.exit(1);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}' "http://127.0.0.1:$port/"
./firekiln ps

step "removing the VM (firekiln rm -f $name)"
./firekiln rm -f "$name"
trap - EXIT
step "done: the image web-server stays in the store (firekiln images)"
