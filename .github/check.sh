# The step of action.yml: checks $FILES, writes $SARIF_FILE, and prints findings that show up beside the lines of a pull request.
# Ends as iptables-inspect does: 0, 1 for findings from $FAIL_ON on, 2 where something could not be read.
set -uo pipefail
inspect="$GITHUB_ACTION_PATH/dist/cli/iptables-inspect.cjs"
files=()
while IFS= read -r pattern; do
  [ -n "$pattern" ] || continue
  # A pattern of files only: no word splitting, no command is run. A name that is no pattern stays as it is, and is said to be missing.
  # macOS has the bash of 2007, which knows no mapfile.
  while IFS= read -r matched; do files+=("$matched"); done < <(compgen -G "$pattern" || printf '%s\n' "$pattern")
done <<<"$FILES"
if [ ${#files[@]} -eq 0 ]; then
  echo '::error::iptables-inspect: the input "files" names no file'
  exit 2
fi
options=(--fail-on "$FAIL_ON")
[ -z "$CLUSTER" ] || options+=(--cluster "$CLUSTER")
if ! : >"$SARIF_FILE"; then
  echo '::error::iptables-inspect: the SARIF file cannot be written'
  exit 2
fi
written=0
node "$inspect" check --format sarif "${options[@]}" -- "${files[@]}" >"$SARIF_FILE" || written=$?
[ "$written" -le 1 ] || exit 2
printf 'sarif-file=%s\n' "$SARIF_FILE" >>"$GITHUB_OUTPUT"
node "$inspect" check --format github "${options[@]}" -- "${files[@]}"
