# Sourced by ./firekiln and .ci/run with `here` set to the checkout: brings Node 24 and the npm packages, bundles the
# source, and leaves the path of Node in `node`. Says what it does on standard error. Safe to run twice and at once.

say() { printf '%s\n' "firekiln: $*" >&2; }

# `node` and `npm` of the machine, from Debian's packages if there are none.
need_npm() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && return
  if [ "$(id -u)" = 0 ]; then
    say "installing nodejs and npm with apt-get (they fetch Node 24)"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >&2
  else
    say "Node.js and npm are needed; run this once, then start again:"
    say "  sudo apt-get install --no-install-recommends nodejs npm"
    exit 1
  fi
}

is_node_24() {
  [ -x "$1" ] && [ "$("$1" -p 'Number(process.versions.node.split(".")[0]) >= 24' 2>/dev/null)" = true ]
}

mkdir -p "$here/.cache"
exec 9>"$here/.cache/bootstrap.lock"
if command -v flock >/dev/null 2>&1 && ! flock -n 9; then
  say "another process is preparing this checkout; waiting for it"
  flock 9
fi

node=
if [ -f "$here/.cache/node" ] && IFS= read -r node <"$here/.cache/node" && is_node_24 "$node"; then
  :
else
  node=$(command -v node || true)
  if ! is_node_24 "$node"; then
    need_npm
    node=$here/.node/node_modules/.bin/node
    if ! is_node_24 "$node"; then
      say "installing Node 24 from the npm registry into .node/"
      mkdir -p "$here/.node"
      printf '{ "private": true }\n' >"$here/.node/package.json"
      (cd "$here/.node" && npm install --no-audit --no-fund --loglevel=error node@24 >&2)
      is_node_24 "$node" || { say "Node 24 could not be installed into $here/.node"; exit 1; }
    fi
  fi
  node=$(readlink -f "$node")
  printf '%s\n' "$node" >"$here/.cache/node"
fi
PATH=$(dirname "$node"):$PATH
export PATH

if [ ! -f "$here/node_modules/.package-lock.json" ] || [ "$here/package-lock.json" -nt "$here/.cache/installed" ]; then
  need_npm
  say "installing npm packages"
  # Node 24 trusts what it brings along; a company's own authority is known to the system.
  (cd "$here" && NODE_USE_SYSTEM_CA=1 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  : >"$here/.cache/installed"
fi

if [ ! -f "$here/dist/.built" ] || [ -n "$(find "$here/src" "$here/package-lock.json" -newer "$here/dist/.built" -print -quit)" ]; then
  say "bundling the source"
  (cd "$here" && "$node" scripts/bundle.ts >&2)
fi
exec 9>&-
