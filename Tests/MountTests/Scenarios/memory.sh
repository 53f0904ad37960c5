# After a value was read, written and closed it is nowhere: not in the daemon's memory, the page cache or the store.
. "$(dirname "$0")/_common.sh"
mount_store
coffer allow uid:33 'mem/*' --write >/dev/null
cat > "$D/use.py" <<'PY'
import mmap, os, subprocess, sys
from _pages import pages
store, mount, work, pid = sys.argv[1:5]
def pattern(seed, size):
    out = b""; i = 0
    import hashlib
    while len(out) < size:
        out += hashlib.sha256(b"%s %d" % (seed, i)).hexdigest().encode(); i += 1
    return out[:size]
values = {"small": pattern(b"small", 64), "large": pattern(b"large", 16384)}
for name, value in values.items():
    os.makedirs(f"{mount}/mem/{name}/current", exist_ok=True)
    path = f"{mount}/mem/{name}/current/value"
    with open(path, "wb", buffering=0) as f: f.write(value)
    tmp = f"{work}/src"
    with open(tmp, "wb") as f: f.write(value[::-1])
    subprocess.check_call(["cp", tmp, path]); os.unlink(tmp)
    with open(path, "wb", buffering=0) as f: f.write(value)
    assert subprocess.check_output(["cat", path]) == value
    with open(path, "rb") as f:
        m = mmap.mmap(f.fileno(), 0, mmap.MAP_PRIVATE, mmap.PROT_READ)
        while not (m[:] == value and pages(f.fileno())): pass # a write before may just have been told
        m.close()
    fd = os.open(path, os.O_RDONLY); out = os.open(f"{work}/sink", os.O_CREAT | os.O_WRONLY)
    os.sendfile(out, fd, 0, len(value)); os.close(fd); os.close(out); os.unlink(f"{work}/sink")
def resident(path):
    with open(path, "rb", buffering=0) as f: return pages(f.fileno())
for name in values:
    # The last close is told to the daemon behind the program's back: look until it has been, each time through the daemon.
    for _ in range(20000):
        if resident(f"{mount}/mem/{name}/current/value") == 0: break
    else: sys.exit("pages stay in the page cache")
subprocess.check_call(["gcore", "-a", "-o", f"{work}/core", pid], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
image = open(f"{work}/core.{pid}", "rb").read()
os.unlink(f"{work}/core.{pid}")
assert b"coffer" in image
for name, value in values.items():
    for start in range(0, len(value) - 15, max(16, len(value) // 32)):
        if value[start:start + 16] in image or value[::-1][start:start + 16] in image:
            sys.exit(f"the value of {name} lies in the daemon's memory at {image.find(value[start:start+16])}")
    for file in os.listdir(store):
        data = open(f"{store}/{file}", "rb").read()
        if value[:16] in data or b"mem/" in data: sys.exit(f"{file} has plaintext")
PY
PYTHONPATH=$(dirname "$0") PYTHONDONTWRITEBYTECODE=1 python3 "$D/use.py" "$D/store" "$M" "$D" "$(daemon)"
