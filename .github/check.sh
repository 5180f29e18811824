# The step of action.yml: checks $FILES, writes $SARIF_FILE, and prints findings that show up beside the lines of a pull request.
# Ends as iptables-inspect does: 0, 1 for findings from $FAIL_ON on, 2 where something could not be read.
set -uo pipefail
inspect="$GITHUB_ACTION_PATH/dist/cli/iptables-inspect.cjs"
told=$(mktemp) || exit 2
trap 'rm -f "$told"' EXIT
files=()
shopt -s nullglob
while IFS= read -r pattern; do
  [ -n "$pattern" ] || continue
  # A pattern of files only: no word splitting, no command is run. A name that is no pattern stays as it is, and is said to be missing.
  IFS=
  # shellcheck disable=SC2206
  matched=($pattern)
  unset IFS
  [ ${#matched[@]} -gt 0 ] || matched=("$pattern")
  files+=("${matched[@]}")
done <<<"$FILES"
if [ ${#files[@]} -eq 0 ]; then
  echo '::error::iptables-inspect: the input "files" names no file'
  exit 2
fi
case $SARIF_FILE in
  *$'\n'* | *$'\r'*)
    echo '::error::iptables-inspect: the input "sarif-file" is more than one line'
    exit 2
    ;;
esac
# What is checked may be a stranger's: a link of theirs leads out of the checkout, or to the credentials in .git, and what is found quotes the file.
top=$(pwd -P)
leads_out() {
  local real
  case $1 in
    /*) return 1 ;; # Named so by who wrote the workflow.
  esac
  # There is nothing that could be read, which is said below.
  real=$(realpath -- "$1" 2>/dev/null) || return 1
  case $real in
    "$top/.git" | "$top/.git/"*) return 0 ;;
    "$top" | "$top/"*) return 1 ;;
  esac
  return 0
}
# A name as a message of the service has it, in one line.
named() { printf '%s' "$1" | tr '\000-\037' '?' | sed 's/##\[/## [/g'; }
for file in "${files[@]}" ${CLUSTER:+"$CLUSTER"}; do
  if leads_out "$file"; then
    printf '::error::iptables-inspect: %s leads out of the checkout, or to what git keeps\n' "$(named "$file")"
    exit 2
  fi
done
# Nor is a link of theirs written through.
if [ -L "$SARIF_FILE" ] || leads_out "$(dirname -- "$SARIF_FILE")/."; then
  echo '::error::iptables-inspect: the SARIF file is a link, or leads out of the checkout'
  exit 2
fi
options=(--fail-on "$FAIL_ON")
[ -z "$CLUSTER" ] || options+=(--cluster "$CLUSTER")

# What standard error is told has names of files in it, and the service obeys "##[...]" wherever it stands in a line.
check() {
  local status=0
  node "$inspect" check --format "$1" "${options[@]}" -- "${files[@]}" 2>"$told" || status=$?
  [ "$1" = github ] || sed 's/##\[/## [/g' "$told" >&2
  return "$status"
}

if ! { : >"$SARIF_FILE"; } 2>/dev/null; then
  echo '::error::iptables-inspect: the SARIF file cannot be written'
  exit 2
fi
written=0
check sarif >"$SARIF_FILE" || written=$?
[ "$written" -gt 1 ] || printf 'sarif-file=%s\n' "$SARIF_FILE" >>"$GITHUB_OUTPUT"
# One file that cannot be read does not silence the others.
found=0
check github || found=$?
[ "$written" -le 1 ] || found=2
exit "$found"
