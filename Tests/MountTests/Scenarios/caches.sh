# What the kernel keeps for one user tells another one nothing: names, sizes, times, contents, and what isn't there.
. "$(dirname "$0")/_common.sh"
mount_store
for name in open/a hid/a hid/b half/a half/b; do printf "value of $name" | coffer put $name >/dev/null; done
coffer allow '*' 'open/*' >/dev/null; coffer allow uid:4321 read 'hid/*' >/dev/null; coffer allow uid:4321 read 'half/*' >/dev/null; coffer allow uid:4322 see half/a >/dev/null
a() { as 4321 "$@"; }; b() { as 4322 "$@"; }
warm() { a sh -c 'ls -lR "$1"; find "$1" -name value -exec cat {} +; stat "$1"/hid/a/current/value "$1"/half/b/current/value' sh "$M" >/dev/null; }
hidden() { for path in hid hid/a hid/a/current hid/a/current/value hid/b half/b half/b/current/value; do
        said=$(LC_ALL=C b stat "$M/$path" 2>&1) && fail "$1: another user sees $path"; [[ $said == *"No such file"* ]] || fail "$1: $path: $said"; done; }
# A user who may warms every cache; one who may not learns nothing, however often both look.
for _ in 1 2 3; do
    warm; hidden "after a look"
    [ "$(b ls "$M")" = "half
open" ] && [ "$(b ls "$M/half")" = a ] || fail "names: $(b ls "$M" "$M/half")"
    [ "$(b stat -c '%s %a' "$M/half/a/current/value")" = "0 0" ] || fail "size or mode of what may only be seen: $(b stat -c '%s %a' "$M/half/a/current/value")"
    [ "$(a stat -c '%s %a' "$M/half/a/current/value")" = "15 400" ] || fail "the reader's own: $(a stat -c '%s %a' "$M/half/a/current/value")"
    ! b cat "$M/half/a/current/value" 2>/dev/null || fail "content"
done
# What one user is told isn't there is there for the other, and the other way round.
for _ in 1 2 3; do hidden again; [ "$(a cat "$M/hid/a/current/value")" = "value of hid/a" ] || fail "a miss is kept for somebody else"; done
! a stat "$M/hid/c" 2>/dev/null || fail "hid/c"; printf late | coffer put hid/c >/dev/null; [ "$(a cat "$M/hid/c/current/value")" = late ] || fail "a miss is kept"
# While a reader has a file open, mapped and in the page cache, another user's look is as before.
mkfifo "$D/mapped" "$D/end"
a python3 -c 'import mmap, os, sys
file = os.open(sys.argv[1], os.O_RDONLY); view = mmap.mmap(file, 0, mmap.MAP_PRIVATE, mmap.PROT_READ); assert view[:] and print("mapped", flush=True) is None
sys.stdin.read()' "$M/hid/a/current/value" > "$D/mapped" < "$D/end" & holder=$!
exec 8<> "$D/end"; read -r _ < "$D/mapped"
hidden "while it is mapped"; exec 8>&-; wait $holder
# Rights that are given or taken hold at once, for names that the kernel has.
coffer allow uid:4322 read hid/b >/dev/null; [ "$(b cat "$M/hid/b/current/value")" = "value of hid/b" ] || fail "a right that was given"
coffer deny uid:4322 hid/b >/dev/null
! b stat "$M/hid/b" 2>/dev/null && ! b cat "$M/hid/b/current/value" 2>/dev/null || fail "a right that was taken"
b stat "$M/open/a" >/dev/null; coffer deny uid:4322 open/a >/dev/null
! b stat "$M/open/a" 2>/dev/null || fail "a name that everybody saw, and one may see no longer"
a stat "$M/open/a" >/dev/null || fail "it is taken from everybody"
coffer umount "$M"
