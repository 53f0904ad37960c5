# Nobody reads what the daemon says: its log is a FIFO without a reader, or one that is full, or its standard error is a full pipe. It
# serves, takes over, upgrades and ends all the same, and says on once somebody reads again.
. "$(dirname "$0")/_stalling.sh"
at_end() { exec 7>&-; end_stalls; }
V=$M/live/a/current/value
gone() { ! pgrep -f "[m]ount $D/store " >/dev/null; }
is_mounted() { grep -q " $M fuse" /proc/mounts; }
# sink fill|drain: to the last byte, without waiting.
sink() { python3 - "$D/sink" "$1" <<'PY'
import os, sys
file, said = os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK), b""
try:
    for part in (4096, 1) if sys.argv[2] == "fill" else (65536,):
        try:
            while True:
                if sys.argv[2] == "fill": os.write(file, b"x" * part)
                else: said += os.read(file, part)
        except BlockingIOError: pass
finally: sys.stdout.write(said.replace(b"x", b"").decode())
PY
}
make_sink() { exec 7>&-; rm -f "$D/sink"; mkfifo "$D/sink"; }
read_again() { sink drain >> "$D/read"; grep -q "$1" "$D/read"; }
serves() { within 12 cat "$V" && [ "$answer" = "$1" ] || fail "a read $2: $answer"
    within 12 ls "$M/live" && [ "$answer" = a ] || fail "ls $2: $answer"
    within 12 "$COFFER" status || fail "coffer status $2: $answer"; }
blocked() { local what=$1 p
    printf one | coffer put live/a >/dev/null; sink fill; serves one "with $what"
    p=$(field ServingProcessId); kill -9 "$p"; serves one "with $what, after a kill"; taken_over "$p"
    within 20 "$COFFER" upgrade || fail "an upgrade with $what: $answer"; serves one "with $what, after an upgrade"
    p=$(field ServingProcessId); kill -STOP "$p"; serves one "with $what, after one that stood still"
    printf two | coffer put live/a >/dev/null; serves two "with $what, after a new version"
    : > "$D/read"; sink drain >/dev/null; kill_serving; soon "$what says on" read_again "takes over"
    sink fill; kill_serving; within 20 "$COFFER" umount "$M" || fail "umount with $what: $answer"
    soon "all processes end with $what" gone; }
# The log as a FIFO that nobody has open: it is served, or it is refused, and then nothing is mounted.
make_sink
if within 20 "$COFFER" mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET" --deadline 2 --log-file "$D/sink"; then
    printf one | coffer put live/a >/dev/null; serves one "with a FIFO without a reader"
    within 20 "$COFFER" umount "$M" || fail "umount with a FIFO without a reader: $answer"
else [ -n "$answer" ] && ! is_mounted || fail "refused, and mounted"; fi
soon "all processes end with a FIFO without a reader" gone
make_sink; exec 7<> "$D/sink"; mount_store --deadline 2 --log-file "$D/sink" 7>&-; blocked "a full log"
make_sink; exec 7<> "$D/sink"
timeout 200 "$COFFER" mount "$D/store" "$M" --key-file "$D/key" --socket "$COFFER_SOCKET" --deadline 2 --foreground > /dev/null 2> "$D/sink" 7>&- &
soon "it is mounted" is_mounted; soon "it serves" coffer status >/dev/null; blocked "a full standard error"
