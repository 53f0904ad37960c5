# The end of a mount, as those find it who have no init that reaps, or a container that holds the mount too.
. "$(dirname "$0")/_common.sh"
took() { local before=$SECONDS; "$@" >"$D/said" 2>&1 || { cat "$D/said"; fail "$*"; }; [ $((SECONDS - before)) -lt 25 ] || fail "$* took $((SECONDS - before)) s"; }
# A first process that reaps nobody: the daemon stays a zombie, and the store is free all the same.
cat > "$D/first.py" <<'PY'
import os, subprocess, sys
coffer, store, point, key = sys.argv[1:]
for round in range(2):
    subprocess.run([coffer, "mount", store, point, "--key-file", key, "--socket", os.environ["COFFER_SOCKET"]], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    subprocess.run([coffer, "umount", point], check=True, timeout=25)
PY
took unshare --mount --pid --fork --mount-proc python3 "$D/first.py" "$COFFER" "$D/store" "$M" "$D/key"
# Killed, and its number another's by now: the dead mount is cleared at once.
mount_store; kill_everything
sleep 1000 >/dev/null 2>&1 & other=$!; at_end() { kill -9 $other 2>/dev/null || true; }; echo $other > "$D/store/coffer.lock"
took coffer umount "$M"; kill -0 $other || fail "umount stopped a stranger"; kill -9 $other
# Another mount namespace has a copy of the mount: the daemon is told to stop, and the copy is dead.
mount_store; printf x | coffer put a/b >/dev/null
mkfifo "$D/ready" "$D/go"
unshare --mount --propagation private sh -c 'echo > "$1"; read -r _ < "$2"; cat "$3/a/b/current/value"' sh "$D/ready" "$D/go" "$M" >"$D/copy" 2>&1 &
copy=$!
read -r _ < "$D/ready"
took coffer umount "$M"
mount_store; coffer umount "$M"
echo > "$D/go"; ! wait $copy || fail "the copy is still served: $(cat "$D/copy")"
# Files that are open: refused; lazily: they stay readable, and the daemon goes with them.
mount_store; exec 7< "$M/a/b/current/value"
refuses "bash ($$) has $M/a/b/current/value" coffer umount --wait 0 "$M"
took coffer umount --lazy "$M"; grep -q "when the files that are open are closed" "$D/said" || fail "lazy: $(cat "$D/said")"
[ "$(cat <&7)" = x ] || fail "an open file is cut off"
exec 7<&-
mount_store; [ "$(cat "$M/a/b/current/value")" = x ] || fail "mounted again"
# Waited for; then forced.
exec 7< "$M/a/b/current/value"; mkfifo "$D/asked"
coffer umount "$M" 7<&- & waiting=$!
exec 7<&-; wait $waiting || fail "not waited for"
mount_store; exec 7< "$M/a/b/current/value"
took coffer umount --force "$M"; ! cat <&7 2>/dev/null || fail "a file is open after --force"
exec 7<&-
# Two dead mounts, one over the other: the next mount clears them.
mount_store; kill_everything; coffer umount --lazy "$M" 2>/dev/null || true; mount_store; kill_everything
mount_store; [ "$(cat "$M/a/b/current/value")" = x ] || fail "behind a dead mount"
