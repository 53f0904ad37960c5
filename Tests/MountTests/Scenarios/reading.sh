# Whatever programs do to read a file works on the mount as on a local one, for a user whom a policy lets read.
. "$(dirname "$0")/_common.sh"
mount_store
head -c 40000 /dev/urandom > "$D/binary"; coffer put r/binary --file "$D/binary" >/dev/null
printf 'one\ntwo\nthree\n' > "$D/text"; coffer put r/text --file "$D/text" >/dev/null
printf '{"user": "app", "password": "s3cret"}' | coffer put r/json >/dev/null
for n in $(seq 1200); do mkdir "$M/many$n" 2>/dev/null || break; done    # 1024 a user: a large directory
coffer allow uid:10001 'r/*' >/dev/null; coffer allow uid:10002 'r/*' --action DescribeSecret >/dev/null
install -d -o 10001 "$D/out"
B=$M/r/binary/current/value; T=$M/r/text/current/value
cat > "$D/calls.py" <<'PY'
import ctypes, fcntl, mmap, os, select, stat, struct, sys
path, local, folder, mount = sys.argv[1:]
want = open(local, "rb").read()
libc = ctypes.CDLL(None, use_errno=True)
def fails(errno, body):
    try: body()
    except OSError as error: assert error.errno == errno, error; return
    raise AssertionError("did not fail")
f = os.open(path, os.O_RDONLY)
assert os.pread(f, 100, 0) == want[:100] and os.pread(f, 100, 39990) == want[39990:] and os.pread(f, 10, 99999) == b""
assert os.preadv(f, [a := bytearray(10), b := bytearray(20)], 5) == 30 and bytes(a + b) == want[5:35]
assert os.lseek(f, 0, os.SEEK_END) == 40000 and os.lseek(f, -1, os.SEEK_END) == 39999 and os.read(f, 10) == want[-1:]
assert os.lseek(f, 0, os.SEEK_DATA) == 0 and os.lseek(f, 0, os.SEEK_HOLE) == 40000
fails(6, lambda: os.lseek(f, 40000, os.SEEK_DATA)); fails(22, lambda: os.lseek(f, -1, os.SEEK_SET))
maps_shared = tuple(map(int, os.uname().release.split(".")[:2])) >= (6, 6)
if not maps_shared: fails(19, lambda: mmap.mmap(f, 0, access=mmap.ACCESS_READ))
for access in (mmap.ACCESS_READ,) * maps_shared + (mmap.ACCESS_COPY,):
    with mmap.mmap(f, 0, access=access) as m: assert m[:] == want and m.find(want[20000:20016]) == 20000
fails(13, lambda: mmap.mmap(f, 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ | mmap.PROT_WRITE))
out = os.open(folder + "/out", os.O_RDWR | os.O_CREAT)
def copied():
    got = os.pread(out, 99999, 0); os.ftruncate(out, 0); os.lseek(out, 0, 0); return got
assert os.sendfile(out, f, 0, 40000) == 40000 and copied() == want
fails(18, lambda: os.copy_file_range(f, out, 40000))    # as between any two file systems: programs then read
r, w = os.pipe(); got = b""
while len(got) < 40000:
    n = os.splice(f, w, 4096, offset_src=len(got)); got += os.read(r, n)
assert got == want
for flags in (os.O_NOATIME, os.O_NONBLOCK, os.O_NOFOLLOW, os.O_CLOEXEC, os.O_SYNC):
    g = os.open(path, os.O_RDONLY | flags); assert os.read(g, 50000) == want; os.close(g)
g = os.open(path, os.O_RDONLY | os.O_DIRECT); room = mmap.mmap(-1, 40960); assert os.readv(g, [room]) == 40000 and room[:40000] == want; os.close(g)
g = os.open(path, os.O_PATH); assert os.fstat(g).st_size == 40000; fails(9, lambda: os.read(g, 1))
assert open(f"/proc/self/fd/{g}", "rb").read() == want
s = os.fstat(f); assert (s.st_size, s.st_nlink, s.st_uid, stat.S_IMODE(s.st_mode)) == (40000, 1, os.getuid(), 0o400), s
assert s.st_blocks * 512 >= 40000 and s.st_mtime > 0 and s.st_ino == os.stat(path).st_ino
assert os.access(path, os.R_OK) and not os.access(path, os.W_OK) and not os.access(path, os.X_OK)
assert os.access(path, os.R_OK, effective_ids=True)
r2, _, _ = select.select([f], [], [], 0); assert r2 == [f]
e = select.epoll()
try: e.register(f, select.EPOLLIN); assert e.poll(0) == [(f, select.EPOLLIN)]
except PermissionError: pass    # as a local file answers
# Locks hold between processes.
fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB); fcntl.lockf(f, fcntl.LOCK_SH | fcntl.LOCK_NB)
if os.fork() == 0:
    g = os.open(path, os.O_RDONLY)
    try: fcntl.flock(g, fcntl.LOCK_SH | fcntl.LOCK_NB); os._exit(1)
    except BlockingIOError: os._exit(0)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0; fcntl.flock(f, fcntl.LOCK_UN)
v = os.statvfs(path); assert v.f_namemax == 255 and v.f_bsize > 0
fails(21, lambda: os.read(os.open(folder, os.O_RDONLY), 1)); fails(20, lambda: os.open(path + "/x", os.O_RDONLY))
fails(9, lambda: os.write(f, b"x"))
PY
as 10001 python3 "$D/calls.py" "$B" "$D/binary" "$D/out" "$M" || fail "a call of reading"
# A large directory: every name once, whatever way it is walked, and while names come and go.
cat > "$D/walk.py" <<'PY'
import ctypes, os, sys
libc = ctypes.CDLL(None); libc.opendir.restype = ctypes.c_void_p; libc.telldir.restype = ctypes.c_long
class Entry(ctypes.Structure): _fields_ = [("ino", ctypes.c_uint64), ("off", ctypes.c_int64), ("len", ctypes.c_uint16), ("type", ctypes.c_uint8), ("name", ctypes.c_char * 256)]
libc.readdir.restype = ctypes.POINTER(Entry)
mount = sys.argv[1].encode(); d = ctypes.c_void_p(libc.opendir(mount))
def rest():
    while e := libc.readdir(d): yield e.contents.name
names = list(rest()); assert len(names) == len(set(names)) > 1000, len(names)
libc.rewinddir(d); assert list(rest()) == names
libc.rewinddir(d); first = [libc.readdir(d).contents.name for _ in range(500)]; place = libc.telldir(d); after = list(rest())
libc.seekdir(d, ctypes.c_long(place)); assert list(rest()) == after and first + after == names
# What is there all the while is told once; what comes and goes may be told or not.
libc.rewinddir(d); seen = [libc.readdir(d).contents.name for _ in range(300)]
gone = [n for n in names if n.startswith(b"many")][::7]
for n in gone: os.rmdir(mount + b"/" + n)
for n in gone: os.mkdir(mount + b"/new" + n)
seen += list(rest()); assert len(seen) == len(set(seen)); assert set(names) - set(gone) <= set(seen)
PY
python3 "$D/walk.py" "$M" || fail "walking a large directory"
rmdir "$M"/many* "$M"/newmany* || fail "empty folders"
# Programs.
run() { as 10001 "$@" || fail "$*"; }
for program in cat "dd status=none bs=7 if=" "dd status=none iflag=direct bs=4096 if=" "tail -c +1" "head -c 99999" "pv -q"; do
    case $program in pv*) command -v pv >/dev/null || continue ;; esac
    # shellcheck disable=SC2086
    if [[ $program == *= ]]; then run ${program% *} "${program##* }$B"; else run $program "$B"; fi | cmp - "$D/binary" || fail "$program"
done
[ "$(run wc -c < "$B")" = 40000 ] && [ "$(run wc -l "$T" | cut -d' ' -f1)" = 3 ] || fail wc
[ "$(run sha256sum "$B" | cut -c1-64)" = "$(sha256sum "$D/binary" | cut -c1-64)" ] || fail sha256sum
run cmp "$B" "$D/binary"; run diff "$T" "$D/text"; [ "$(run sort -r "$T" | head -1)" = two ] || fail sort
[ "$(run tail -n 1 "$T")" = three ] && [ "$(run sed -n 2p "$T")" = two ] && [ "$(run awk 'END{print NR}' "$T")" = 3 ] || fail "line tools"
[ "$(run bash -c ". <(sed 's/.*/x=&/' '$T'); echo \$x")" = three ] || fail "source"
[ "$(run grep -rl s3cret "$M/r/json/current" | wc -l)" = 2 ] || fail "grep -r"
[ "$(run find "$M/r" -name value -path '*current*' -size +0 | wc -l)" = 3 ] || fail "find -size"
[ -z "$(run find "$M/r" -type f -writable)" ] || fail "find -writable"
[ "$(run du --apparent-size -b "$B" | cut -f1)" = 40000 ] || fail du
[[ $(run file -b "$T") == ASCII* ]] || fail file
run tar -C "$M/r" -cf - text/current | tar -xOf - text/current/value | cmp - "$D/text" || fail "tar c"
run cp -a "$M/r/binary/current" "$D/out/cp"; cmp "$D/out/cp/value" "$D/binary" || fail "cp -a"
run rsync -a "$M/r/text/current/" "$D/out/rsync/"; cmp "$D/out/rsync/value" "$D/text" || fail "rsync"
run xxd "$T" | xxd -r | cmp - "$D/text" || fail xxd
run df "$B" >/dev/null; run stat -f "$B" >/dev/null; run ls -lR "$M" >/dev/null
# An open file is one version for good: tail -f shows it, and follows nothing.
as 10001 stdbuf -oL tail -n +1 -f "$T" > "$D/tail" 2>/dev/null & tail=$!
timeout 30 sh -c 'until grep -q three "$1"; do :; done' sh "$D/tail" || fail "tail -f shows nothing"
printf 'four\n' | coffer put r/text >/dev/null; [ "$(run cat "$T")" = four ] || fail "a new open shows the new version"
kill -9 $tail; cmp "$D/tail" "$D/text" || fail "tail -f shows more than the version it opened"
# Who may only see gets nothing of it.
refuses "Permission denied" as 10002 cat "$B"
as 10002 python3 -c 'import os,sys; f=os.open(sys.argv[1], os.O_PATH); assert os.fstat(f).st_size==0; assert not os.access(sys.argv[1], os.R_OK)
try: open(f"/proc/self/fd/{f}"); sys.exit(1)
except PermissionError: pass' "$B" || fail "O_PATH lets in who may not read"
