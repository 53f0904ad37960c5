# What the scenarios of take-overs begin with: the process that serves, known, killed, replaced.
. "$(dirname "${BASH_SOURCE[0]}")/_common.sh"
# What coffer status tells; between two processes that serve nobody answers at the socket, and it is asked again.
field() { local said end=$((SECONDS + 60)); until said=$(coffer status --json 2>&1); do [ $SECONDS -lt $end ] || fail "coffer status: $said"; done
    sed -n "s/.*\"$1\": *\"\{0,1\}\([^,\"}]*\).*/\1/p" <<< "$said"; }
# Waits until another process than the one named serves; between the two nobody answers.
taken_over() { local now= end=$((SECONDS + 60))
    until [ -n "$now" ] && [ "$now" != "$1" ]; do
        [ $SECONDS -lt $end ] || fail "nobody takes over from $1"
        now=$(field ServingProcessId)
    done; }
kill_serving() { local p; p=$(field ServingProcessId); kill -9 "$p"; taken_over "$p"; }
# soon WHAT COMMAND...: it comes true within a minute.
soon() { local what=$1 end=$((SECONDS + 60)); shift; until "$@"; do [ $SECONDS -lt $end ] || fail "never: $what"; done; }
# What tail does between two looks at its file is sleep: once it has slept three times more it has looked at it again.
slept() { sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$1/status"; }
looks_again() { local n; n=$(slept "$1") || fail "$2 has ended"; soon "$2 looks again" has_slept "$1" $((n + 3)); }
has_slept() { [ "$(slept "$1")" -ge "$2" ]; }
