# What every scenario begins with: a store of its own, mounted; everything is taken away at the end, also on failure.
set -euo pipefail
: "${COFFER:?the release build}"
D=$(mktemp -d "${TMPDIR:-/tmp}/coffer-scenario.XXXXXX")
chmod 755 "$D"
M=$D/m
mkdir "$M"
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export COFFER_SOCKET=$D/run/control.sock
# What a scenario takes away by itself: it says so by defining this anew. The exit status is kept.
at_end() { :; }
finish() {
    status=$?
    at_end
    pkill -KILL -f "mount $D/store" 2>/dev/null || true
    umount -l "$M" 2>/dev/null || true
    umount -l "$D/small" 2>/dev/null || true
    chattr -R -f -i "$D" 2>/dev/null || true    # mount points are immutable by now
    rm -rf "$D"
    exit $status
}
trap finish EXIT
coffer() { timeout 60 "$COFFER" "$@"; }
as() { local uid=$1; shift; timeout 60 setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
refuses() { local words=$1; shift; local said
    if said=$("$@" 2>&1); then fail "was not refused: $*"; fi
    [[ $said == *"$words"* ]] || fail "'$*' said '$said', not '$words'"; }
mount_store() { coffer mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET" "$@" >/dev/null 2>>"$D/log" || { cat "$D/log"; fail mount; }; }
daemon() { tr -cd 0-9 < "${1:-$D/store}/coffer.lock"; }
# The process that serves, the standby and the supervisor, so that nobody takes over; afterwards nobody holds the device any more.
kill_everything() { local processes p; while processes=$(pgrep -f "[m]ount ${1:-$D/store} "); do
    kill -KILL $processes 2>/dev/null || true; for p in $processes; do gone "$p"; done; done; }
# A first process may reap nobody; and a zombie's other threads may still be ending.
gone() { timeout 30 sh -c 'until [ ! -e "/proc/$1" ] || grep -q "^State:.Z" "/proc/$1/status" && [ "$(ls "/proc/$1/task" | wc -l)" -le 1 ]; do :; done' sh "$1" 2>/dev/null || [ ! -e "/proc/$1" ]; }
# Whether the kernel is older than that version.
older() { [ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -1)" != "$1" ]; }
versions() { coffer versions "$1" --json | grep -c VersionId; }
coffer init "$D/store" --key-file "$D/key" >/dev/null
