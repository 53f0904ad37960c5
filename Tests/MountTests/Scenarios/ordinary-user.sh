# The daemon as an ordinary user: a mount of their own, which root does not enter; too little lockable memory is refused.
. "$(dirname "$0")/_common.sh"
mode=$(stat -c %a /dev/fuse)
at_end() { chmod "$mode" /dev/fuse; }
chmod 0666 /dev/fuse    # as Debian has it
install -d -o 65534 -g 65534 "$D/home" "$D/home/m"
export COFFER_SOCKET=$D/home/run/control.sock
as 65534 "$COFFER" init "$D/home/store" --key-file "$D/home/key" >/dev/null
refuses "lock" as 65534 prlimit --memlock=16384:16384 "$COFFER" mount "$D/home/store" "$D/home/m" --key-file "$D/home/key" --socket "$COFFER_SOCKET"
as 65534 prlimit --memlock=16384:16384 "$COFFER" mount "$D/home/store" "$D/home/m" --key-file "$D/home/key" --socket "$COFFER_SOCKET" --allow-unlocked-memory >/dev/null 2>&1 || fail "--allow-unlocked-memory"
as 65534 "$COFFER" umount "$D/home/m"
refuses "user_allow_other" as 65534 "$COFFER" mount "$D/home/store" "$D/home/m" --key-file "$D/home/key" --socket "$COFFER_SOCKET" --allow-other
as 65534 "$COFFER" mount "$D/home/store" "$D/home/m" --key-file "$D/home/key" --socket "$COFFER_SOCKET" >/dev/null 2>&1
printf mine | as 65534 "$COFFER" put a/b >/dev/null
[ "$(as 65534 cat "$D/home/m/a/b/current/value")" = mine ] || fail "the owner reads"
# Its watchers are told too.
beside() { exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
beside inotifywait -e close_write "$D/home/m/a/b/current/value" >/dev/null 2>"$D/said" & watch=$!
timeout 30 sh -c 'until grep -q established "$1"; do :; done' sh "$D/said" || fail "no watch"
printf theirs | as 65534 "$COFFER" put a/b >/dev/null
timeout 30 tail --pid $watch -f /dev/null || { kill $watch; fail "the watcher was not told"; }
wait $watch; [ "$(as 65534 cat "$D/home/m/a/b/current/value")" = theirs ] || fail "told too early"
refuses "Permission denied" ls "$D/home/m"
refuses "may see" "$COFFER" get a/b
as 65534 "$COFFER" umount "$D/home/m"
