# Scratch files do what local files do, keep to their bounds, and leave nothing in the page cache.
. "$(dirname "$0")/_editing.sh"
begin one
cat > "$D/scratch.py" <<'PY'
import ctypes, errno, mmap, os, stat, sys
mark = sys.argv[1].encode()
def fails(code, call, *arguments):
    try: call(*arguments)
    except OSError as error:
        if error.errno != code: raise
    else: sys.exit("%s%r did not fail" % (call.__name__, arguments))
fd = os.open(".a", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o640)
fails(errno.EEXIST, os.open, ".a", os.O_RDWR | os.O_CREAT | os.O_EXCL)
assert stat.S_IMODE(os.fstat(fd).st_mode) == 0o640 and os.fstat(fd).st_uid == 33
assert os.pwrite(fd, mark, 10) == len(mark) and os.fstat(fd).st_size == 10 + len(mark)
assert os.pread(fd, 4096, 0) == bytes(10) + mark and os.pread(fd, 4096, 4096) == b""
os.ftruncate(fd, 12); os.ftruncate(fd, 14); assert os.pread(fd, 100, 0) == bytes(10) + mark[:2] + bytes(2)
os.fchmod(fd, 0o600); os.fchown(fd, 33, 33); os.utime(fd, (1000, 2000)); os.fsync(fd); os.fdatasync(fd)
now = os.stat(".a"); assert (stat.S_IMODE(now.st_mode), now.st_atime, now.st_mtime) == (0o600, 1000, 2000)
fails(errno.EPERM, os.chown, ".a", 34, -1)
append = os.open(".a", os.O_WRONLY | os.O_APPEND); os.write(append, b"end"); os.close(append)
assert os.lseek(fd, 0, os.SEEK_END) == 17
# Renamed over another one, which stays for who has it open; removed, and still there for who has it open.
other = os.open(".b", os.O_RDWR | os.O_CREAT); os.write(other, b"other")
os.rename(".a", ".b"); assert os.pread(other, 9, 0) == b"other" and os.stat(".b").st_size == 17
fails(errno.ENOENT, os.stat, ".a")
os.unlink(".b"); assert os.fstat(fd).st_size == 17 and os.pread(fd, 3, 14) == b"end"
fails(errno.ENOENT, os.open, ".b", os.O_RDONLY); os.close(fd); os.close(other)
directory = os.open(".", os.O_RDONLY); os.fsync(directory); os.close(directory)
# Symbolic links are for an editor's lock.
os.symlink("who@where.1:2", ".#value"); assert os.readlink(".#value") == "who@where.1:2" and os.path.islink(".#value")
fails(errno.EEXIST, os.symlink, "x", ".#value"); fails(errno.EPERM, os.symlink, "value", ".link")
fails(errno.EPERM, os.rename, ".#value", "value"); os.unlink(".#value")
# The listing goes on while names come and go.
for i in range(200): os.close(os.open(".f%d" % i, os.O_WRONLY | os.O_CREAT))
assert sorted(os.listdir(".")) == sorted([".f%d" % i for i in range(200)] + ["value"])
for entry in os.scandir("."):
    if entry.name != "value": assert entry.is_file(); os.unlink(entry.name)
assert os.listdir(".") == ["value"]
# What a mapping brings into the page cache goes at the last close.
with open(".m", "wb") as f: f.write(mark * 400)
libc = ctypes.CDLL(None); libc.mmap.restype = ctypes.c_void_p
def resident(path):
    with open(path, "rb") as f:
        size = os.fstat(f.fileno()).st_size
        at = libc.mmap(None, ctypes.c_size_t(size), 1, 2, f.fileno(), ctypes.c_long(0))
        pages = (ctypes.c_ubyte * ((size + 4095) // 4096))()
        libc.mincore(ctypes.c_void_p(at), ctypes.c_size_t(size), pages); libc.munmap(ctypes.c_void_p(at), ctypes.c_size_t(size))
    return sum(page & 1 for page in pages)
with open(".m", "rb") as f, mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ) as m: assert m[:] == mark * 400
# The last close is told behind the program's back: look until it has been, each time through the daemon.
for _ in range(20000):
    if not resident(".m"): break
else: sys.exit("pages of a scratch file stay in the page cache")
os.unlink(".m")
# What isn't committed doesn't get there: others who map the value would see it.
draft = os.open("value", os.O_RDWR); sink = os.open(os.environ["HOME"] + "/sink", os.O_WRONLY | os.O_CREAT)
assert os.sendfile(sink, draft, 0, 3) == 3
os.pwrite(draft, mark, 0)
# Before kernel 6.5 it doesn't go through the page cache, and so is a read like others.
if tuple(map(int, os.uname().release.split(".")[:2])) < (6, 5): assert os.sendfile(sink, draft, 0, 3) == 3
else: fails(errno.EIO, os.sendfile, sink, draft, 0, 3)
assert open("value", "rb").read() == b"one"
os.ftruncate(draft, 0); os.close(draft); os.unlink(os.environ["HOME"] + "/sink")
# One user's drafts have 16 MiB: 255 of 64 KiB, and less than another one beside what else there is.
drafts = []
try:
    while len(drafts) < 300:
        drafts.append(os.open("value", os.O_WRONLY | os.O_TRUNC)); os.write(drafts[-1], mark * 3276)
except OSError as error: assert error.errno == errno.ENOSPC
else: sys.exit("there is no end to drafts")
assert len(drafts) > 200, len(drafts)
for draft in drafts[:-1]: os.ftruncate(draft, 0); os.close(draft)
fails(errno.ENOSPC, os.close, drafts[-1])
draft = os.open("value", os.O_WRONLY | os.O_TRUNC); os.write(draft, mark * 3000); os.ftruncate(draft, 0); os.close(draft)
PY
n=$(versions edit/app)
user python3 "$D/scratch.py" "$MARK" || fail "scratch files"
[ "$(cat "$V")" = one ] && [ "$(versions edit/app)" = "$n" ] || fail "scratch files made a version"
# They are gone with the mount, and open files don't keep it.
leaks_nothing
user sh -c 'echo left > .left'; umount "$M"; mount_store; [ "$(user ls -A)" = value ] || fail "a scratch file outlives the mount"
# The files of a strict secret that are kept aside are as strict: nothing of them is mapped.
coffer chattr edit/app --strict >/dev/null
user sed -i.bak s/one/two/ value; [ "$(user cat value.bak)" = one ] || fail "the backup of a strict secret"
refuses "" user python3 -c 'import mmap; f = open("value.bak", "rb"); print(len(mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ)[:]))'
coffer policy delete >/dev/null; coffer allow uid:33 'edit/*' --action DescribeSecret >/dev/null
refuses "" user cat value.bak
