# Sourced by the other scripts: brings the pinned Node and every dependency into node_modules, once.
# Sets ROOT (the checkout) and NODE (the Node that everything runs on). Needs a POSIX shell, Node 18 or newer with npm.

fail() {
  printf 'cjm: %s\n' "$1" >&2
  exit 1
}

ROOT=$(CDPATH='' cd -P -- "$(dirname -- "$0")/.." && pwd)
export ROOT

command -v node >/dev/null 2>&1 || fail "Node.js is not on the PATH. Install any version from 18 on (with npm); cjm brings the one it runs on itself."
command -v npx >/dev/null 2>&1 || fail "npm (with npx) is not on the PATH. It comes with Node.js; on Debian it is the package 'npm'."

# Changes when the set of packages does; a checkout that is already complete is not touched.
stamp=$(cat "$ROOT/pnpm-lock.yaml" "$ROOT/package.json" "$ROOT/pnpm-workspace.yaml" "$ROOT"/packages/*/package.json "$ROOT"/packages/capabilities/*/package.json | cksum)
if [ "$(cat "$ROOT/node_modules/.cjm-installed" 2>/dev/null)" != "$stamp" ]; then
  printf 'cjm: installing dependencies\n' >&2
  (cd "$ROOT" && CI=true npx --yes pnpm@12 install --frozen-lockfile --reporter=append-only >&2) || fail "the dependencies could not be installed; the lines above say why."
  printf '%s\n' "$stamp" >"$ROOT/node_modules/.cjm-installed"
fi

# The pinned Node is built for glibc; elsewhere the machine's own serves when it is new enough.
runs_cjm() {
  "$1" -e 'const [a,b]=process.versions.node.split(".").map(Number);process.exit(a>24||(a===24&&b>=15)?0:1)' >/dev/null 2>&1
}
if runs_cjm "$ROOT/node_modules/.bin/node"; then
  NODE=$ROOT/node_modules/.bin/node
elif runs_cjm node; then
  NODE=node
else
  fail "no Node 24.15 or newer runs here (found $(node -v)). Install one and try again."
fi
export NODE
PATH=$ROOT/node_modules/.bin:$PATH
export PATH
