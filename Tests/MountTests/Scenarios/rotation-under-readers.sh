# 16 processes read while another changes the value 1 000 times: each read is one whole version of the size that fstat tells.
. "$(dirname "$0")/_common.sh"
mount_store
mkdir -p "$M/r/s/current"
V=$M/r/s/current/value
printf 'AAAAAAAAAA' > "$V"
cat > "$D/reader.py" <<'PY'
import os, sys
path, stop = sys.argv[1], sys.argv[2]
reads = 0
while not os.path.exists(stop) or reads == 0:
    fd = os.open(path, os.O_RDONLY)
    size = os.fstat(fd).st_size
    data = os.read(fd, 65536)
    rest = os.read(fd, 65536)
    os.close(fd)
    reads += 1
    if rest or len(data) != size or len(set(data)) != 1:
        print("torn", size, len(data), set(data)); sys.exit(1)
PY
pids=()
for _ in $(seq 16); do python3 "$D/reader.py" "$V" "$D/stop" & pids+=($!); done
python3 - "$V" <<'PY'
import os, sys
for i in range(1000):
    fd = os.open(sys.argv[1], os.O_WRONLY | os.O_TRUNC)
    os.write(fd, bytes([65 + i % 26]) * (1 + i * 37 % 5000))
    os.close(fd)
PY
touch "$D/stop"
for pid in "${pids[@]}"; do wait "$pid" || fail "a reader saw a torn value"; done
coffer audit verify >/dev/null
