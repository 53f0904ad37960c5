# kill -9 of the daemon at 100 random moments while a writer writes: each value is old or new, whole, and the trail verifies.
. "$(dirname "$0")/_common.sh"
mount_store
mkdir -p "$M/k/s/current"; printf '0:%s' "$(head -c 2000 /dev/zero | tr '\0' x)" > "$M/k/s/current/value"
cat > "$D/writer.py" <<'PY'
import os, sys
path, log, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
first = n
try:
    while True:
        n += 1
        os.write(os.open(log + ".try", os.O_CREAT | os.O_WRONLY | os.O_TRUNC), str(n).encode())
        fd = os.open(path, os.O_WRONLY | os.O_TRUNC)
        os.write(fd, b"%d:" % n + b"x" * 2000)
        os.close(fd)
        os.write(os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), str(n).encode())
        if n == first + 1: print(flush=True)
except OSError:
    pass
PY
echo 0 > "$D/done"; echo 0 > "$D/done.try"
mkfifo "$D/begun"
cut=0
for round in $(seq 100); do
    start=$(cat "$D/done.try")
    python3 "$D/writer.py" "$M/k/s/current/value" "$D/done" "$start" > "$D/begun" &
    writer=$!
    # It has committed once; then anything from nothing to some twenty commits more.
    read -r _ < "$D/begun"
    moment=$((${EPOCHREALTIME/./} + RANDOM % 20000)); while [ "${EPOCHREALTIME/./}" -lt $moment ]; do :; done
    kill_everything
    wait $writer || true
    umount -l "$M" 2>/dev/null || true
    mount_store
    value=$(cat "$M/k/s/current/value"); n=${value%%:*}
    [ ${#value} = $((2001 + ${#n})) ] || fail "round $round: torn, ${#value} bytes"
    [ "$n" -ge "$(cat "$D/done")" ] || fail "round $round: a committed version is lost ($n < $(cat "$D/done"))"
    [ "$n" -le "$(cat "$D/done.try")" ] || fail "round $round: a version nobody wrote"
    [ "$(cat "$D/done")" = "$(cat "$D/done.try")" ] || cut=$((cut + 1))
    echo "$n" > "$D/done.try"; echo "$n" > "$D/done"
done
coffer audit verify >/dev/null
echo "$cut of 100 kills met a write under way"
[ $cut -ge 50 ] || fail "hardly any kill met a write"
