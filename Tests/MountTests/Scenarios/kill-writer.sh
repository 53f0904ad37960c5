# kill -9 of the daemon at 100 random moments while a writer writes: each value is old or new, whole, and the trail verifies.
. "$(dirname "$0")/_common.sh"
mount_store
mkdir -p "$M/k/s/current"; printf '0:%s' "$(head -c 2000 /dev/zero | tr '\0' x)" > "$M/k/s/current/value"
cat > "$D/writer.py" <<'PY'
import os, sys
path, log, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    while True:
        n += 1
        os.write(os.open(log + ".try", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), str(n).encode())
        fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
        os.write(fd, b"%d:" % n + b"x" * 2000)
        os.close(fd)
        os.write(os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), str(n).encode())
        if n % 20 == 0: print(n, flush=True)
except OSError:
    pass
PY
echo 0 > "$D/done"; echo 0 > "$D/done.try"
for round in $(seq 100); do
    start=$(cat "$D/done.try")
    python3 "$D/writer.py" "$M/k/s/current/value" "$D/done" "$start" > "$D/progress" &
    writer=$!
    spins=$((RANDOM % 300)); for _ in $(seq $spins); do [ -e "$D/done" ]; done
    kill -9 "$(daemon)"
    wait $writer || true
    umount -l "$M" 2>/dev/null || true
    mount_store
    value=$(cat "$M/k/s/current/value"); n=${value%%:*}
    [ ${#value} = $((2001 + ${#n})) ] || fail "round $round: torn, ${#value} bytes"
    [ "$n" -ge "$(cat "$D/done")" ] || fail "round $round: a committed version is lost ($n < $(cat "$D/done"))"
    [ "$n" -le "$(cat "$D/done.try")" ] || fail "round $round: a version nobody wrote"
    echo "$n" > "$D/done.try"; echo "$n" > "$D/done"
done
coffer audit verify >/dev/null
