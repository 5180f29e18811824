#!/usr/bin/env bash
# What pre-commit runs out of its clone of this repository: iptables-inspect, with the arguments that it is given. It is built the first time, which needs the
# network. npm does not do that: of a package from git recent versions run no script, and the bundles are not in git.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=$here/dist/cli/iptables-inspect.cjs

# In a folder of its own, and put in place in one step: whatever ends it, and however many commits are made at the same time.
build() {
  work=$(mktemp -d "$here/.build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 2' HUP INT TERM
  tar -C "$here" --exclude=node_modules --exclude=./dist --exclude=./.git --exclude='./.build.*' -cf - . | tar -C "$work" -xf -
  if [ -d "$here/node_modules" ]; then
    ln -s "$here/node_modules" "$work/node_modules"
  else
    (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  fi
  (cd "$work" && node esbuild.mjs cli cluster)
  # Another commit may have been faster.
  [ -f "$program" ] || mv "$work/dist" "$here/dist"
  [ -f "$program" ]
}

if [ ! -f "$program" ]; then
  built=$(build 2>&1) || {
    printf 'iptables-inspect: cannot be built in %s (Node.js 22 or later and npm are needed):\n%s\n' "$here" "$built" >&2
    exit 2
  }
fi
exec node "$program" "$@"
