# While nothing is mounted the bare directory keeps everybody out: after an unmount, and after everything was killed.
. "$(dirname "$0")/_common.sh"
state() { echo "$(stat -c %a "$1")$(lsattr -d "$1" 2>/dev/null | cut -d' ' -f1 | tr -cd i)"; }
is() { [ "$(state "$2")" = "$3" ] || fail "$1: $2 is $(state "$2"), not $3"; }
# Another user, or the owner, by any way in.
shut() { local dir=$1 call; shift; for call in "ls '$dir'" "cd '$dir'" "cat '$dir/a/b/current/value'" "echo stray > '$dir/stray'" "mkdir -p '$dir/a/b'"; do refuses "Permission denied" "$@" bash -c "$call"; done; }
closed() { shut "$M" as 65534
    refuses "Operation not permitted" touch "$M/stray"; refuses "Operation not permitted" mkdir "$M/a"
    is "$1" "$M" 0i; [ -z "$(ls -A "$M")" ] || fail "$1: something is in it"; }

# A mount that fails changes nothing, and one that shall leave it as it is does.
coffer init "$D/other" --key-file "$D/otherkey" >/dev/null
refuses "does not unlock" coffer mount "$D/store" "$M" --key-file "$D/otherkey" --socket "$COFFER_SOCKET"
is "refused" "$M" 755
mkdir "$D/full"; touch "$D/full/x"; refuses "not empty" coffer mount "$D/store" "$D/full" --key-file "$D/key" --socket "$COFFER_SOCKET"
is "refused" "$D/full" 755
for how in "" --no-supervisor; do
    refuses "" coffer mount "$D/store" "$M" --key-file "$D/key" --socket "$D/key/no.sock" $how; is "no socket $how" "$M" 755
done
mount_store --keep-mount-point; coffer umount "$M"; is "kept" "$M" 755
# Mounted it serves everybody; then it is closed, however the mount went, and can be mounted on as it is.
for how in "" --no-supervisor; do
    mount_store $how; printf v | coffer put a/b >/dev/null; coffer allow uid:65534 read a/b >/dev/null
    [ "$(as 65534 cat "$M/a/b/current/value")" = v ] || fail "another user, on the mount"
    coffer umount "$M" >"$D/said"; grep -q -- "--open-mount-point" "$D/said" || fail "umount: $(cat "$D/said")"
    closed "after umount"
    mount_store $how; [ "$(as 65534 cat "$M/a/b/current/value")" = v ] || fail "mounted on a closed directory"
    kill_everything; umount -l "$M"; closed "after everything was killed"
    mount_store $how; kill_everything; mount_store $how; coffer umount "$M" >/dev/null; closed "after a dead mount was cleared"
    mount_store $how --keep-mount-point; coffer umount "$M" >/dev/null; closed "kept closed"
done
refuses "--open-mount-point" coffer umount "$M"; refuses "not permitted" rmdir "$M"
refuses "closed by" as 65534 "$COFFER" umount --open-mount-point "$M"; closed "opened by another"
# It is opened again, by the command or by the plain tools.
coffer umount --open-mount-point "$M"; is "opened" "$M" 755; as 65534 ls "$M"; touch "$M/x"; rm "$M/x"
coffer umount --open-mount-point "$M"; is "opened twice" "$M" 755
mount_store; (umask 077; coffer umount --open-mount-point "$M"); is "unmounted and opened" "$M" 700
mount_store; coffer umount "$M" >/dev/null; chattr -i "$M"; chmod 755 "$M"; rmdir "$M"; mkdir "$M"
# Bound into a container while it is closed, it shows what is mounted later.
mount_store; coffer umount "$M" >/dev/null; mkdir "$D/inside"; mkfifo "$D/ready" "$D/go"
at_end() { kill -9 $(jobs -p) 2>/dev/null || true; umount -l "$M" 2>/dev/null || true; umount -l "$D" 2>/dev/null || true; }
mount --bind "$D" "$D"; mount --make-private "$D"; mount --make-shared "$D"
unshare --mount --propagation slave sh -c 'mount --bind "$1" "$2"; echo > "$3"; read -r _ < "$4"; exec cat "$2/a/b/current/value"' sh "$M" "$D/inside" "$D/ready" "$D/go" >"$D/copy" 2>&1 & copy=$!
read -r _ < "$D/ready"; mount_store; echo > "$D/go"; wait $copy || fail "bound while closed: $(cat "$D/copy")"
[ "$(cat "$D/copy")" = v ] || fail "in the container: $(cat "$D/copy")"
coffer umount "$M" >/dev/null; umount -l "$D"; closed "after a bind"
# An ordinary user: by the mode alone, against other users and the owner.
mode=$(stat -c %a /dev/fuse); at_end() { chmod "$mode" /dev/fuse; umount -l "$D/home/m" 2>/dev/null || true; pkill -KILL -f "mount $D/home/store" || true; }
chmod 0666 /dev/fuse    # as Debian has it
H=$D/home; install -d -o 65534 -g 65534 "$H" "$H/m"; export COFFER_SOCKET=$H/run/control.sock
as 65534 "$COFFER" init "$H/store" --key-file "$H/key" >/dev/null
own() { as 65534 "$COFFER" mount "$H/store" "$H/m" --key-file "$H/key" --socket "$COFFER_SOCKET" "$@"; }
own_closed() { is "$1" "$H/m" 0; shut "$H/m" as 65534; shut "$H/m" as 33; }
for how in "" --no-supervisor; do
    own $how >/dev/null 2>&1 || fail "an ordinary user's mount"; printf mine | as 65534 "$COFFER" put a/b >/dev/null
    as 65534 "$COFFER" umount "$H/m" >/dev/null; own_closed "an ordinary user's, after umount"
    own $how >/dev/null 2>&1 || fail "on their own closed directory"; [ "$(as 65534 cat "$H/m/a/b/current/value")" = mine ] || fail "the owner reads"
    kill_everything "$H/store"; own $how >/dev/null 2>&1 || fail "over their own dead mount"
    as 65534 "$COFFER" umount "$H/m" >/dev/null; own_closed "an ordinary user's, after everything was killed"
    refuses "" own $how --socket "$H/key/no.sock"; own_closed "an ordinary user's mount that failed"
done
refuses "closed by" as 33 "$COFFER" umount --open-mount-point "$H/m"
as 65534 "$COFFER" umount --open-mount-point "$H/m"; is "opened by its owner" "$H/m" 755
# What root closed, an ordinary user can't mount on: they are told what to do.
roots() { coffer mount "$D/store" "$1" --key-file "$D/key" --socket "$D/sock" >"$D/said" 2>&1 || fail "mount at $1: $(cat "$D/said")"; }
roots "$H/m"; coffer umount "$H/m" >/dev/null; refuses "--open-mount-point" own; is "root's" "$H/m" 0i
coffer umount --open-mount-point "$H/m"; own >/dev/null 2>&1 || fail "opened by root"; as 65534 "$COFFER" umount "$H/m" >/dev/null
# Where nothing can be immutable the mode has to do; where nothing can be changed at all, it is mounted all the same. Both are said.
mkdir "$D/small"; mount -t ramfs ramfs "$D/small"; mkdir "$D/small/m"
roots "$D/small/m"; grep -q "can't be made immutable" "$D/said" || fail "not said: $(cat "$D/said")"
coffer umount "$D/small/m" >/dev/null; is "without attributes" "$D/small/m" 0; shut "$D/small/m" as 65534
coffer umount --open-mount-point "$D/small/m"; is "without attributes, opened" "$D/small/m" 755; mount -o remount,ro "$D/small"
roots "$D/small/m"; grep -q "can't be closed" "$D/said" || fail "not said: $(cat "$D/said")"
coffer umount "$D/small/m"; is "read-only" "$D/small/m" 755
