/**
 * The script that collects a node bundle: POSIX sh with what a node has, as root. It only reads, bounds time and size of each part, leaves secrets
 * out, and prints the bundle as a tar archive.
 */
export const collectScript = String.raw`#!/bin/sh
# Collects what is needed to see why packets are lost on this node, and prints it as a tar archive:
#   ssh NODE 'sudo sh -s' < collect.sh > bundle.tar
# It changes nothing: it runs the programs named below with options that read, and copies files of /proc. Keys and tokens are left out.
# Its own files lie in a folder below $TMPDIR (/tmp) that is removed at the end.
# NODE_NAME says the node's name in the cluster where that is not the host's; NODE_BUNDLE_SECONDS and NODE_BUNDLE_BYTES bound each part.
[ -n "$TMPDIR" ] || TMPDIR=/tmp
[ -n "$NODE_NAME" ] || NODE_NAME=$(uname -n)
[ -n "$NODE_BUNDLE_SECONDS" ] || NODE_BUNDLE_SECONDS=30
[ -n "$NODE_BUNDLE_BYTES" ] || NODE_BUNDLE_BYTES=200000000
set -u
LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL PATH
umask 077

seconds=$NODE_BUNDLE_SECONDS
bytes=$NODE_BUNDLE_BYTES
log_bytes=2000000

dir=$(mktemp -d "$TMPDIR/node-bundle.XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
trap 'exit 2' HUP INT TERM

has() { command -v "$1" >/dev/null 2>&1; }
note() { printf '%s\n' "$*" >>"$dir/notes.txt"; }

limited() {
  if has timeout; then timeout "$seconds" "$@"; else "$@"; fi
}

# keep FILE: standard input, as far as it may go
keep() {
  mkdir -p "$(dirname "$dir/$1")"
  head -c "$bytes" >"$dir/$1" 2>/dev/null || : >"$dir/full"
  if [ "$(wc -c <"$dir/$1")" -ge "$bytes" ]; then note "$1: cut after $bytes bytes"; fi
}

# put FILE PROGRAM...: what a program prints; a program that fails leaves no file, as that would say that there is nothing
put() {
  file=$1
  shift
  has "$1" || { note "$file: there is no $1"; return 0; }
  : >"$dir/failed"
  { limited "$@" 2>>"$dir/errors.txt" || echo "$*" >"$dir/failed"; } | keep "$file"
  if [ -s "$dir/failed" ]; then
    note "$file: $* failed"
    [ -s "$dir/$file" ] || rm -f "$dir/$file"
  fi
}

# both FILE WORDS...: what ip says of IPv4 and IPv6, one behind the other
both() {
  file=$1
  shift
  has ip || { note "$file: there is no ip"; return 0; }
  { limited ip -j -d -4 "$@" && limited ip -j -d -6 "$@"; } >"$dir/$file.json" 2>>"$dir/errors.txt" && return 0
  rm -f "$dir/$file.json"
  { limited ip -4 "$@"; limited ip -6 "$@"; } 2>>"$dir/errors.txt" | keep "$file.txt"
}

one() {
  file=$1
  shift
  has ip || { note "$file: there is no ip"; return 0; }
  limited ip -j -d "$@" >"$dir/$file.json" 2>>"$dir/errors.txt" && return 0
  rm -f "$dir/$file.json"
  limited ip "$@" 2>>"$dir/errors.txt" | keep "$file.txt"
}

# The rules of both back ends. iptables-legacy-save reads what is loaded and loads nothing.
if has iptables-nft-save; then
  put iptables-save.txt iptables-nft-save -c
  put ip6tables-save.txt ip6tables-nft-save -c
else
  put iptables-save.txt iptables-save -c
  put ip6tables-save.txt ip6tables-save -c
fi
put iptables-legacy-save.txt iptables-legacy-save -c
put ip6tables-legacy-save.txt ip6tables-legacy-save -c
put nft.json nft -j list ruleset
# Before nft 1.0.7 its JSON leaves out which devices chains are for.
if grep -qs '"family": *"netdev"' "$dir/nft.json" && ! grep -qs '"dev":' "$dir/nft.json"; then put nft.txt nft list ruleset netdev; fi
# Of the tables of ebtables nft's JSON leaves out what the rules ask. Where there are none nothing is asked for.
if [ -d /sys/module/ebtables ] || grep -qs '"family": *"bridge"' "$dir/nft.json"; then put ebtables-save.txt ebtables-save; fi
if [ -d /sys/module/ip_set ]; then put ipset-save.txt ipset save; else : >"$dir/ipset-save.txt"; fi

# Connections.
if has conntrack; then
  { limited conntrack -L -o extended; limited conntrack -L -f ipv6 -o extended; } 2>>"$dir/errors.txt" | keep conntrack.txt
  put conntrack-stats.txt conntrack -S
elif [ -r /proc/net/nf_conntrack ]; then
  limited cat /proc/net/nf_conntrack | keep conntrack.txt
  limited cat /proc/net/stat/nf_conntrack | keep conntrack-stats.txt
else
  note "conntrack.txt: there is no conntrack"
fi
mkdir -p "$dir/xt_recent"
for list in /proc/net/xt_recent/*; do
  [ -f "$list" ] && head -c 1000000 "$list" >"$dir/xt_recent/$(basename "$list")" 2>>"$dir/errors.txt"
done

# Addresses, routes, interfaces.
one ip-addr addr show
both ip-route route show table all
both ip-rule rule show
one ip-link link show
# With statistics (-s), which tell whether a neighbour was only just asked for; an ip without them prints the rest.
if ! has ip || ! limited ip -j -d -s neigh show >"$dir/ip-neigh.json" 2>>"$dir/errors.txt"; then one ip-neigh neigh show; fi
put bridge-link.json bridge -j -d link show
put bridge-fdb.json bridge -j fdb show
if [ -r /proc/net/netfilter/nfnetlink_queue ]; then cat /proc/net/netfilter/nfnetlink_queue >"$dir/nfnetlink_queue.txt"; fi
if has ss; then put sockets.txt ss -Hlntu; fi

# Settings. Those that are secret (keys of TCP Fast Open, of IPv6 addresses) are not among them.
if has sysctl; then
  limited sysctl -a 2>>"$dir/errors.txt"
else
  limited grep -r . /proc/sys/net 2>>"$dir/errors.txt" | awk '{
    at = index($0, ":"); name = substr($0, 11, at - 11); value = substr($0, at + 1); out = ""
    for (i = 1; i <= length(name); i++) { c = substr(name, i, 1); out = out (c == "/" ? "." : c == "." ? "/" : c) }
    print out " = " value }'
fi | grep -E '^net\.(bridge|ipv4\.(conf|ip_|fwmark)|ipv6\.conf|netfilter|nf_conntrack)' | grep -Ev 'secret|key|token' | keep sysctl.txt
if has nstat; then put nstat.txt nstat -asz; fi

# kube-proxy: its configuration, and the end of its log.
hide() { grep -Eiv 'token|password|passwd|secret|bearer|private.key|certificate-.*-data|client-key-data'; }
for process in /proc/[0-9]*; do
  [ -r "$process/cmdline" ] || continue
  words=$(cat "$process/cmdline" 2>/dev/null | tr '\000' '\n')
  case $words in *kube-proxy*) ;; *) continue ;; esac
  config=$(printf '%s\n' "$words" | sed -n 's/^--config=//p' | head -n 1)
  if [ -n "$config" ] && [ -r "$process/root$config" ] && [ ! -f "$dir/kube-proxy-config.yaml" ]; then
    head -c 200000 "$process/root$config" 2>>"$dir/errors.txt" | hide >"$dir/kube-proxy-config.yaml"
  fi
done
newest=
for log in /var/log/pods/*kube-proxy*/*/*.log /var/log/containers/*kube-proxy*.log /var/log/kube-proxy.log; do
  [ -r "$log" ] || continue
  if [ -z "$newest" ] || [ -n "$(find "$log" -newer "$newest" 2>/dev/null)" ]; then newest=$log; fi
done
if [ -n "$newest" ]; then
  tail -c "$log_bytes" "$newest" 2>>"$dir/errors.txt" | hide >"$dir/kube-proxy.log"
elif has journalctl; then
  for unit in kube-proxy snap.kube-proxy.daemon k3s k3s-agent rke2-server rke2-agent; do
    limited journalctl -q --no-pager -o cat -n 20000 -u "$unit" 2>/dev/null | grep -E '^[IWEF][0-9]{4} ' | hide | tail -c "$log_bytes" >"$dir/kube-proxy.log"
    [ -s "$dir/kube-proxy.log" ] && break
  done
  [ -s "$dir/kube-proxy.log" ] || rm -f "$dir/kube-proxy.log"
fi

plain() { tr -d '\000-\037"\\' | head -c 300; }
{
  printf '{\n "node": "%s",\n' "$(printf '%s' "$NODE_NAME" | plain)"
  printf ' "time": "%s",\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  printf ' "how": "iptables-inspect collect --script",\n'
  printf ' "kernel": "%s",\n' "$(uname -r | plain)"
  printf ' "iptables": "%s"\n}\n' "$( (iptables --version 2>/dev/null || echo) | sed 's/^iptables v//' | plain)"
} >"$dir/meta.json"
if [ -e "$dir/full" ] || ! [ -s "$dir/meta.json" ]; then
  # What is cut would look as if there were no more.
  echo "There is no room left in $TMPDIR: set TMPDIR to a folder with more." >&2
  exit 2
fi
rm -f "$dir/failed"
rmdir "$dir/xt_recent" 2>/dev/null || :
[ -s "$dir/errors.txt" ] || rm -f "$dir/errors.txt"
tar -C "$dir" -cf - .
`;
