# What the tree doesn't do fails at once, with the errno of docs/filesystem.md, and changes nothing.
. "$(dirname "$0")/_editing.sh"
begin one; printf two > "$V"
# A value is not removed by its name, and not moved away: nobody is told that it is gone.
keeps rm "not permitted" user rm value
keeps "rm -f" "not permitted" user rm -f value
keeps unlink "not permitted" user unlink value
keeps shred "not permitted" user sh -c 'cp value value.orig; shred -n 0 -u value'
clear_scratch
keeps "python unlink" "not permitted" user python3 -c 'import os; os.unlink("value")'
keeps "rm -r" "not permitted" rm -r "$M/edit/app"
keeps "rm -r, forced" "not permitted" rm -rf "$M/edit/app"
keeps "rmdir current" "not permitted" rmdir "$C"
keeps "mv to another file system" "not permitted" user mv value "$H/moved"
rm -f "$H/moved"
keeps "mv aside" "not permitted" user mv value value.bak
keeps "mv to another name" "not permitted" user mv value other
keeps "mv to another stage" "Read-only" user mv value "$P"
keeps "mv out of a version" "Read-only" user mv "$(find "$M/edit/app/versions" -name value | head -1)" value.bak
keeps "rm of a version" "Read-only" user rm -f "$(find "$M/edit/app/versions" -name value | head -1)"
keeps "rm of previous" "Read-only" user rm -f "$P"
keeps "tar --remove-files" "not permitted" user tar cf "$H/x.tar" --remove-files value
rm -f "$H/x.tar"
keeps "mv of a folder" "not permitted" mv "$M/edit/app" "$M/edit/other"
keeps "mv of a stage" "not permitted" mv "$C" "$M/edit/app/canary"
keeps "rm of metadata.json" "not permitted" rm -f "$M/edit/app/metadata.json"
keeps ln "not permitted" user ln value other
keeps "ln to a scratch name" "not permitted" user ln value value.bak
keeps "ln -s" "not permitted" user ln -s value other
keeps mknod "not permitted" mknod "$C/fifo" p
keeps "a device" "not permitted" mknod "$C/.null" c 1 3
keeps "a new name" "not permitted" user sh -c 'echo x > other'
keeps "mv to a new name" "not permitted" user sh -c 'echo x > .tmp; mv .tmp other'
keeps "an empty file in its place" "No data" user sh -c ': > .empty; mv .empty value'
user cat .tmp .empty > /dev/null || fail "what could not be renamed is gone"
clear_scratch
keeps "mv --exchange" "Invalid argument" user python3 -c '
import ctypes, os
open(".a", "w").write("a")
libc = ctypes.CDLL(None, use_errno=True)
if libc.renameat2(-100, b".a", -100, b"value", 2): raise SystemExit(os.strerror(ctypes.get_errno()))'
keeps "mv -n" "File exists" user python3 -c '
import ctypes, os
open(".a", "w").write("a")
libc = ctypes.CDLL(None, use_errno=True)
if libc.renameat2(-100, b".a", -100, b"value", 1): raise SystemExit(os.strerror(ctypes.get_errno()))'
keeps "a rename over a stage" "directory" user python3 -c 'import os; open(".a", "w").close(); os.rename(".a", "../previous")'
keeps "a rename into previous" "Read-only" user python3 -c 'import os; os.rename(".a", "../previous/value")'
keeps "a rename out of a stage" "not permitted" user python3 -c 'import os; os.rename(".a", "../a")'
keeps "a rename to another file system" "cross-device" user python3 -c "import os; os.rename('.a', '$H/a')"
clear_scratch
# A rename that fails leaves a scratch file that is one still.
keeps "a value over the limit" "File too large" user sh -c 'head -c 70000 /dev/zero > .big; mv .big value'
[ "$(user stat -c %s .big)" = 70000 ] || fail "what could not be renamed is gone"; clear_scratch
user python3 -c '
import errno, os
with open(".big", "wb", buffering=0) as f:
    f.write(bytes(70000))
    try: os.rename(".big", "value"); raise SystemExit("renamed")
    except OSError as error: assert error.errno == errno.EFBIG
    os.ftruncate(f.fileno(), 0); f.write(b"not this"); os.fsync(f.fileno())
os.unlink(".big")' || fail "a scratch file behind a failed rename"
[ "$(cat "$V")" = two ] || fail "a failed rename was carried out later"
# Who may write and not read replaces a value, and sees nothing of it.
coffer allow uid:36 'edit/*' --action DescribeSecret --action PutSecretValue >/dev/null
writer() { (cd "$C" && as 36 "$@"); }
writer sh -c 'printf three > value' && writer sh -c 'printf four > .x; mv .x value' || fail "writing without reading"
printf five > "$D/five"; chmod 644 "$D/five"; writer install -m 600 "$D/five" value || fail "install without reading"
[ "$(cat "$V")" = five ] || fail "what a writer wrote is $(cat "$V")"
keeps "a backup for who may not read" "denied" writer cp -b "$D/five" value
keeps "reading" "Permission denied" writer cat value
# Modes, owners, times, attributes.
keeps "chmod 644" "not permitted" user chmod 644 value
keeps "chmod +x" "not permitted" user chmod +x value
keeps chown "not permitted" user chown 34 value
keeps "chown by root" "not permitted" chown 34 "$V"
keeps chgrp "not permitted" chgrp 34 "$V"
keeps "chmod of a stage" "not permitted" chmod 700 "$C"
keeps setfattr "not supported" user setfattr -n user.a -v b value
user chmod 600 value || fail "chmod to the mode it has"; user chown 33 value || fail "chown to the owner it has"
n=$(versions edit/app); before=$(stat -c %Y.%Z "$V")
user touch value || fail touch; user touch -d 2001-01-01 value || fail "touch -d"; user truncate -s 0 value || fail "truncate -s 0"
[ "$(versions edit/app).$(stat -c %Y.%Z "$V")" = "$n.$before" ] || fail "touch makes a version or moves the time"
# Scratch files: for writers only, private, bounded.
coffer allow uid:35 'edit/*' >/dev/null
(cd "$C"; refuses "Permission denied" as 35 touch .value.swp; refuses "Permission denied" as 35 ln -s a .#value)
refuses "Read-only" user touch ../previous/.value.swp
user sh -c 'echo secret > .mine; mkdir .dir' 2>/dev/null && fail "a folder in a stage"
(cd "$C"; refuses "No such file" as 35 cat .mine; refuses "No such file" cat .mine; refuses "No such file" rm .mine; [ "$(ls -A)" = value ]) || fail "others see a scratch file"
(cd "$C"; echo "of root" > .mine); [ "$(user cat .mine)" = secret ] || fail "a scratch file of the same name of another user"
[ "$(cd "$C" && cat .mine)" = "of root" ] || fail "root's own scratch file"; rm "$C/.mine"; [ "$(user cat .mine)" = secret ]
refuses "File too large" user sh -c 'head -c 400000 /dev/zero > .big'
refuses "No space left" user sh -c 'for i in $(seq 300); do : > .file$i; done'
clear_scratch; [ "$(user ls -A)" = value ] || fail "what is left"
refuses "No space left" user sh -c 'for i in $(seq 100); do head -c 300000 /dev/zero > .file$i || exit 1; done'
printf fits > "$V" || fail "one user's scratch files keep another from writing"
clear_scratch; user sh -c 'head -c 300000 /dev/zero > .file && rm .file' || fail "the room is free again"
keeps "a limit of names" "name too long" user sh -c ": > .$(printf '%0255d' 1)"
coffer audit verify >/dev/null
coffer audit log --limit 2000 --json > "$D/audit"
grep -q '\.file\|\.mine' "$D/audit" && fail "scratch files flood the trail" || true
