# Bad input gets a clear error that says what to do, and loses nothing: each row of the table in docs/operations.md.
. "$(dirname "$0")/_common.sh"
umask 022
table=$(dirname "$0")/../../../docs/operations.md
rows=()
row() { rows+=("$1"); }
# The status and the words of a refusal.
gives() { local status=$1 words=$2 was=0 said; shift 2
    said=$("$@" 2>&1) || was=$?
    [ $was = "$status" ] || fail "${rows[-1]}: '$*' ended with $was, not $status: $said"
    [[ $said == *"$words"* ]] || fail "${rows[-1]}: '$*' said '$said', not '$words'"; }
m() { timeout 60 "$COFFER" mount "$@" --socket "$COFFER_SOCKET"; }
alone() { timeout 60 unshare --mount --propagation private sh -c "$@"; }
printf 'correct horse' > "$D/pass"; printf wrong > "$D/wrong"
timeout 60 "$COFFER" init "$D/locked" --passphrase-fd 3 3<"$D/pass" >/dev/null
coffer init "$D/other" --key-file "$D/otherkey" >/dev/null

row "a wrong passphrase"; gives 7 "does not unlock" m "$D/locked" "$M" --passphrase-fd 3 3<"$D/wrong"
row "a key file of another store"; gives 7 "does not unlock" m "$D/store" "$M" --key-file "$D/otherkey"
row "a key file that is empty or cut short"
: > "$D/k0"; gives 7 "key file" m "$D/store" "$M" --key-file "$D/k0"
head -c 60 "$D/key" > "$D/k1"; gives 7 "key file" m "$D/store" "$M" --key-file "$D/k1"
row "a store made by a newer version"
cp -r "$D/other" "$D/newer"; rm "$D/newer/coffer.sum"; sqlite3 "$D/newer/coffer.db" 'pragma user_version=99'; gives 7 "newer" m "$D/newer" "$M" --key-file "$D/otherkey"
row "a store file that was cut short"
cp -r "$D/other" "$D/cut"; truncate -s 5000 "$D/cut/coffer.db"; gives 7 "cut short" m "$D/cut" "$M" --key-file "$D/otherkey"
row "a foreign file in the store's place"
cp -r "$D/other" "$D/foreign"; echo text > "$D/foreign/coffer.db"; gives 7 "not a store" m "$D/foreign" "$M" --key-file "$D/key"
gives 7 "not a store" m "$D/key" "$M" --key-file "$D/key"
row "no store there"; gives 7 "coffer init" m "$D/absent" "$M" --key-file "$D/key"
gives 7 "already" coffer init "$D/store" --key-file "$D/key"
gives 7 "directory above it doesn't exist" coffer init "$D/absent/store" --key-file "$D/newkey"; [ ! -e "$D/newkey" ] || fail "a key file without a store"
row "a byte that changed in the store"
cp -r "$D/other" "$D/flipped"; printf '\377' | dd of="$D/flipped/coffer.db" bs=1 seek=4090 conv=notrunc status=none; gives 7 "changed between bytes 0 and" m "$D/flipped" "$M" --key-file "$D/otherkey"
row "a store older than its audit trail"    # older-store.sh goes further
cp -r "$D/other" "$D/older"; for round in 1 2; do m "$D/older" "$M" --key-file "$D/otherkey" >/dev/null 2>&1; printf $round | coffer put a/b >/dev/null; coffer umount "$M"; done
rm -r "$D/older"; cp -r "$D/other" "$D/older"; gives 7 "older than its audit trail" m "$D/older" "$M" --key-file "$D/otherkey"
row "a mount point that is missing"; gives 7 "doesn't exist" m "$D/store" "$D/nowhere" --key-file "$D/key"
row "a mount point that is not empty"; mkdir "$D/full"; touch "$D/full/x"; gives 7 "not empty" m "$D/store" "$D/full" --key-file "$D/key"
gives 7 "not a directory" m "$D/store" "$D/key" --key-file "$D/key"
row "no daemon at the socket"; gives 8 "coffer mount" coffer ls
row "no /dev/fuse"
mkdir "$D/empty"; gives 7 "/dev/fuse can't be opened" alone "mount --bind '$D/empty' /dev && exec '$COFFER' mount '$D/store' '$M' --key-file '$D/key' --socket '$COFFER_SOCKET'"
install -d -o 65534 -g 65534 "$D/home" "$D/home/m"; as 65534 "$COFFER" init "$D/home/store" --key-file "$D/home/key" >/dev/null
own="exec setpriv --reuid 65534 --regid 65534 --clear-groups '$COFFER' mount '$D/home/store' '$D/home/m' --key-file '$D/home/key' --socket '$D/home/sock'"
row "/dev/fuse closed to the user"
mknod -m 0600 "$D/fuse" c 10 229; gives 7 "closed to this user" alone "mount --bind '$D/fuse' /dev/fuse && $own"
row "no fusermount3"
chmod 0666 "$D/fuse"; gives 7 "fusermount3 is missing" alone "mount --bind '$D/fuse' /dev/fuse && mount --bind '$D/empty' /usr/local/bin && cp -a /usr/bin '$D/bin' && rm '$D'/bin/fusermount* && mount --bind '$D/bin' /usr/bin && $own"
row "no right to allow_other"
gives 7 "user_allow_other" alone "mount --bind '$D/fuse' /dev/fuse && : > '$D/fuse.conf' && touch /etc/fuse.conf && mount --bind '$D/fuse.conf' /etc/fuse.conf && $own --allow-other"
row "a mount point that another user's mount closed"
m "$D/store" "$D/home/m" --key-file "$D/key" >/dev/null 2>&1; coffer umount "$D/home/m" >/dev/null; gives 7 "closed by another user" alone "$own"
row "a program that comes while nothing is mounted"
gives 1 "Permission denied" as 65534 touch "$D/home/m/x"; gives 1 "Operation not permitted" touch "$D/home/m/x"
gives 0 "it is closed" coffer doctor --mount-point "$D/home/m"
row "an unmount where nothing is mounted"; gives 3 "--open-mount-point" coffer umount "$D/home/m"
coffer umount --open-mount-point "$D/home/m"
row "a memlock limit too low"
gives 7 "LimitMEMLOCK" as 65534 prlimit --memlock=16384:16384 "$COFFER" mount "$D/home/store" "$D/home/m" --key-file "$D/home/key" --socket "$D/home/sock"

mount_store
printf v | coffer put a/b >/dev/null
row "a second daemon"; mkdir "$D/second"; gives 7 "in use by process" m "$D/store" "$D/second" --key-file "$D/key"
row "a mount point that is a mount already"; gives 7 "mounted at" m "$D/other" "$M" --key-file "$D/otherkey"
row "a name that the rules refuse"
gives 6 "made of" sh -c "echo x | '$COFFER' put 'bad name'"
gives 6 "part of a secret's name" sh -c "echo x | '$COFFER' put a//b"
gives 6 "tree uses itself" sh -c "echo x | '$COFFER' put a/current"
row "a label that the rules refuse"; gives 6 "label" sh -c "printf v | '$COFFER' put a/b --stage 'no good'"
row "a value of 0 bytes"; gives 6 "at least 1 byte" sh -c "printf '' | '$COFFER' put a/b"
row "a value past the limit"; gives 6 "over the limit" sh -c "head -c 65537 /dev/zero | '$COFFER' put a/b"
refuses "File too large" sh -c "head -c 65537 /dev/zero > '$M/a/b/current/value'"
row "a policy that does not parse"
printf '{"Version": "2012-10-17",\n "Statement": [{]}' > "$D/p"; gives 6 "line 2, column 17" coffer policy put "$D/p"
row "a policy that names an unknown user"; gives 6 "no-such-user" coffer allow no-such-user read 'a/*'
gives 3 "may see" coffer get nothing/here
[ "$(coffer get a/b)" = v ] && [ "$(versions a/b)" = 1 ] || fail "something was lost"
row "a mount that a killed daemon left"
kill_everything; gives 0 "nobody served any more" m "$D/store" "$M" --key-file "$D/key"
[ "$(coffer get a/b)" = v ] || fail "something was lost"; coffer umount "$M"

row "a full disk in the middle of a write"
mkdir "$D/small"; mount -t tmpfs -o size=2m tmpfs "$D/small"
coffer init "$D/small/store" --key-file "$D/smallkey" >/dev/null
small() { coffer mount "$D/small/store" "$M" --key-file "$D/smallkey" --socket "$COFFER_SOCKET" "$@" >/dev/null 2>&1; }
fill() { dd if=/dev/zero of="$D/small/fill" bs=4k status=none 2>/dev/null || dd if=/dev/zero of="$D/small/fill2" bs=1 status=none 2>/dev/null || true; }
head -c 60000 /dev/urandom > "$D/random"
small --audit-log "$D/small-audit"
mkdir -p "$M/d/s/current"; printf old > "$M/d/s/current/value"
fill; refuses "No space left" cp "$D/random" "$M/d/s/current/value"
[ "$(cat "$M/d/s/current/value")" = old ] || fail "a full disk changed the value"
rm "$D/small/fill"*; cp "$D/random" "$M/d/s/current/value"; cmp "$D/random" "$M/d/s/current/value" || fail "after the disk had room"
coffer umount "$M"
row "a full disk, the trail's too"
mv "$D/small-audit" "$D/small/store.audit"; small; printf new > "$M/d/s/current/value"; fill
# What a page of the log still has room for is served.
for _ in $(seq 30); do cat "$M/d/s/current/value" >/dev/null 2>"$D/err" || break; done
grep -q "Input/output error" "$D/err" || fail "read without a trace: $(cat "$D/err")"
refuses "" sh -c "printf newer > '$M/d/s/current/value'"
rm "$D/small/fill"*; [ "$(cat "$M/d/s/current/value")" = new ] || fail "a full disk changed the value"
cp "$D/random" "$M/d/s/current/value"; coffer audit verify >/dev/null || fail "the trail, after the disk was full"

row "told to stop while files are open"
exec 7< "$M/d/s/current/value"
pid=$(daemon "$D/small/store"); kill -TERM "$pid"
cmp - "$D/random" <&7 || fail "an open file was cut off"
exec 7<&-
timeout 60 tail --pid="$pid" -f /dev/null || fail "the daemon did not end"
! mountpoint -q "$M" || fail "still mounted"
row "a second signal"
small; mkfifo "$D/written" "$D/end"
python3 -c 'import os, sys; f = os.open(sys.argv[1], os.O_WRONLY); os.write(f, b"lost"); open(sys.argv[2], "w").close(); open(sys.argv[3]).read(); os.close(f)' "$M/d/s/current/value" "$D/written" "$D/end" 2>/dev/null &
writer=$!; : < "$D/written"
pid=$(daemon "$D/small/store"); kill -TERM "$pid"; before=$SECONDS
timeout 8 sh -c 'until grep -q "have 10 s" "$1"; do :; done' sh "$D/small/store.audit/coffer.log"; kill -TERM "$pid"
timeout 60 tail --pid="$pid" -f /dev/null || fail "the daemon did not end"
[ $((SECONDS - before)) -lt 9 ] || fail "a second signal waits all the same"
: > "$D/end"; ! wait $writer || fail "the close of a draft that was cut off succeeded"
small; cmp "$M/d/s/current/value" "$D/random" || fail "a draft that was cut off changed the value"

sed -n '/^| what | it says/,/^$/s/^| \([^|]*\) |.*/\1/p' "$table" | grep -vx -e what -e '---' | sort > "$D/documented"
printf '%s\n' "${rows[@]}" | sort | diff "$D/documented" - || fail "the table and the cases differ"
