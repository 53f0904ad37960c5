# Bad input gets a clear error that says what to do, and loses nothing.
. "$(dirname "$0")/_common.sh"
umask 022
m() { timeout 60 "$COFFER" mount "$@" --socket "$COFFER_SOCKET"; }
printf 'correct horse' > "$D/pass"; printf wrong > "$D/wrong"
timeout 60 "$COFFER" init "$D/locked" --passphrase-fd 3 3<"$D/pass" >/dev/null
refuses "does not unlock" m "$D/locked" "$M" --passphrase-fd 3 3<"$D/wrong"
coffer init "$D/other" --key-file "$D/otherkey" >/dev/null
refuses "does not unlock" m "$D/store" "$M" --key-file "$D/otherkey"
refuses "doesn't exist" m "$D/store" "$D/nowhere" --key-file "$D/key"
mkdir "$D/full"; touch "$D/full/x"; refuses "not empty" m "$D/store" "$D/full" --key-file "$D/key"
refuses "not a directory" m "$D/store" "$D/key" --key-file "$D/key"
refuses "coffer init" m "$D/absent" "$M" --key-file "$D/key"
cp -r "$D/other" "$D/foreign"; echo text > "$D/foreign/coffer.db"; refuses "not a store" m "$D/foreign" "$M" --key-file "$D/key"
cp -r "$D/other" "$D/cut"; truncate -s 5000 "$D/cut/coffer.db"; refuses "coffer:" m "$D/cut" "$M" --key-file "$D/otherkey"
cp -r "$D/other" "$D/newer"; sqlite3 "$D/newer/coffer.db" 'pragma user_version=99'; refuses "newer" m "$D/newer" "$M" --key-file "$D/otherkey"
refuses "already" coffer init "$D/store" --key-file "$D/key"
refuses "coffer mount" coffer ls
mount_store
mkdir "$D/second"; refuses "in use by process" m "$D/store" "$D/second" --key-file "$D/key"
refuses "mounted at" m "$D/other" "$M" --key-file "$D/otherkey"
refuses "made of" sh -c "echo x | '$COFFER' put 'bad name'"
refuses "part of a secret's name" sh -c "echo x | '$COFFER' put a//b"
refuses "tree uses itself" sh -c "echo x | '$COFFER' put a/current"
refuses "at least 1 byte" sh -c "printf '' | '$COFFER' put a/b"
refuses "over the limit" sh -c "head -c 65537 /dev/zero | '$COFFER' put a/b"
printf v | coffer put a/b >/dev/null
refuses "label" sh -c "printf v | '$COFFER' put a/b --stage 'no good'"
echo '{"Version": "2012-10-17", "Statement": [{]}' > "$D/p"; refuses "line 1, column" coffer policy put "$D/p"
refuses "no-such-user" coffer allow no-such-user 'a/*'
refuses "may see" coffer get nothing/here
[ "$(coffer get a/b)" = v ] || fail "something was lost"
# A full disk in the middle of a write: an error at close, nothing changed, and it goes on once there is room.
coffer umount "$M"
mkdir "$D/small"; mount -t tmpfs -o size=2m tmpfs "$D/small"
coffer init "$D/small/store" --key-file "$D/smallkey" >/dev/null
coffer mount "$D/small/store" "$M" --key-file "$D/smallkey" --audit-log "$D/small-audit" --socket "$COFFER_SOCKET" >/dev/null 2>&1
mkdir -p "$M/d/s/current"; printf old > "$M/d/s/current/value"
dd if=/dev/zero of="$D/small/fill" bs=4k status=none 2>/dev/null || true
head -c 60000 /dev/urandom > "$D/random"
refuses "No space left" cp "$D/random" "$M/d/s/current/value"
[ "$(cat "$M/d/s/current/value")" = old ] || fail "a full disk changed the value"
rm "$D/small/fill"; cp "$D/random" "$M/d/s/current/value"; cmp "$D/random" "$M/d/s/current/value" || fail "after the disk had room"
# Told to stop while a file is open: the reader finishes, and the daemon ends.
exec 7< "$M/d/s/current/value"
pid=$(daemon "$D/small/store"); kill -TERM "$pid"
cmp - "$D/random" <&7 || fail "an open file was cut off"
exec 7<&-
timeout 60 tail --pid="$pid" -f /dev/null || fail "the daemon did not end"
! mountpoint -q "$M" || fail "still mounted"
