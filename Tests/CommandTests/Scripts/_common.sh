# What every script begins with: a store of its own, mounted; everything is taken away at the end, also on failure.
set -euo pipefail
: "${COFFER:?the coffer to test}"
# The daemon would keep what the tests had open.
for fd in /proc/self/fd/*; do fd=${fd##*/}; case $fd in [0-2]|255) ;; *) eval "exec $fd>&-" ;; esac; done
D=$(mktemp -d "${TMPDIR:-/tmp}/coffer-command.XXXXXX")
chmod 755 "$D"
M=$D/m
mkdir "$M"
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export COFFER_SOCKET=$D/run/control.sock
unset XDG_RUNTIME_DIR NO_COLOR
finish() {
    status=$?
    if mountpoint -q "$M"; then kill -KILL "$(tr -cd 0-9 < "$D/store/coffer.lock")"; umount -l "$M"; fi
    chattr -R -f -i "$D" 2>/dev/null || true    # mount points are immutable by now
    rm -rf "$D"
    exit $status
}
trap finish EXIT
coffer() { timeout 60 "$COFFER" "$@"; }
# A user other than root.
user() { local uid=$1; shift; timeout 60 setpriv --reuid "$uid" --regid "$uid" --clear-groups "$COFFER" "$@"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
is() { [ "$2" = "$3" ] || fail "$1: got '$2', not '$3'"; }
# The command ends with this status; what it said is in $D/out and $D/err.
ends() { local status=$1 got=0; shift; "$@" >"$D/out" 2>"$D/err" </dev/null || got=$?
    [ "$got" = "$status" ] || fail "'$*' ended with $got, not $status: $(cat "$D/out" "$D/err")"; }
coffer init "$D/store" --key-file "$D/key" >/dev/null
coffer mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET" >/dev/null 2>"$D/log" || fail "$(cat "$D/log")"
