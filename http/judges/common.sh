# What the judges have in common; sourced by them. Each judge works in a directory of its own, http/target/NAME.
# They judge cli/target/gyre.jar, which is built where it is not, or what CLASSES names.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
judge=$(basename "$0")
out=$root/http/target/$judge
mkdir -p "$out"
classes=${CLASSES:-$root/cli/target/gyre.jar}
java=$("$root/gyre" where jdk)/bin/java
failures=0
started=

# Ends what was started, and tells it. A server that wrote a stack trace has failed, whatever its clients say.
finish() {
  status=$?
  for one in $started; do kill "$one" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if grep -q 'Exception\|^	at ' "$out"/*.server.log 2>/dev/null; then
    grep -h -m 5 'Exception\|^	at ' "$out"/*.server.log
    echo "FAILED: a server reported a failure, see $out/*.server.log"
    failures=$((failures + 1))
  fi
  [ "$status" -ne 0 ] || [ "$failures" -eq 0 ] || status=1
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
rm -f "$out"/*.server.log

# need COMMAND PACKAGE...: installs what is missing, and says so.
need() {
  command=$1
  shift
  command -v "$command" >/dev/null 2>&1 && return
  [ -x "/usr/sbin/$command" ] && return
  echo "installing $*, for $command"
  [ "$(id -u)" -eq 0 ] && sudo= || sudo=sudo
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null >"$out/apt.log" 2>&1 ||
    { $sudo apt-get update >>"$out/apt.log" 2>&1 &&
      $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" </dev/null >>"$out/apt.log" 2>&1; } ||
    { echo "SKIPPED: $* can't be installed, see $out/apt.log"; exit 0; }
}

# Builds Gyre where that was not done.
build() {
  [ -n "${CLASSES:-}" ] || "$root/gyre" --version >/dev/null
}

free_port() { "$java" "$root/http/judges/FreePort.java"; }
await_port() { "$java" "$root/http/judges/FreePort.java" "$1"; }

# serve NAME PORT DIRECTORY OPTIONS...: starts what the judges talk to, JudgedServer.java.
serve() {
  name=$1
  shift
  "$java" -ea --add-opens java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED -cp "$classes" "$root/http/judges/JudgedServer.java" "$@" \
    >"$out/$name.server.log" 2>&1 &
  started="$started $!"
  await_port "$1"
}

# check WHAT EXPECTED ACTUAL: exact, or a pattern of the shell.
check() {
  case $3 in
    $2) echo "ok      $1" ;;
    *)
      echo "FAILED  $1: expected '$2', got '$(printf %s "$3" | head -c 300)'"
      failures=$((failures + 1))
      ;;
  esac
}

result() {
  [ "$failures" -eq 0 ] && echo "$judge: all as expected" || echo "$judge: $failures FAILED"
}
