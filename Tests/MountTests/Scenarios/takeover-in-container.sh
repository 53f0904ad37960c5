# A container (crun: mount, process, user, host name, IPC and network namespaces of its own) that the mount and a single value are
# bound into: what is open, followed, watched and read in there lives through kills, new versions and an upgrade. Once with
# its root mapped to UID 100000, once with the host's users, as UID 10001.
. "$(dirname "$0")/_takeover.sh"
box=
# Its first process takes all the others along.
end_box() { local first; first=$(cat "$D/box/pid" 2>/dev/null || true); [ -z "$first" ] || kill -9 "$first" 2>/dev/null || true; }
at_end() { end_box; [ -z "$box" ] || kill -9 "$box" 2>/dev/null || true; umount -l "$D"/*/rootfs 2>/dev/null || true; }
cp "$(dirname "$0")/_reading.py" "$D"; mount_store
coffer allow uid:100000 read 'live/*' >/dev/null; coffer allow uid:10001 read 'live/*' >/dev/null
V=$M/live/a/current/value
cat > "$D/inside.sh" <<'SH'
set -eu
value=/secrets/live/a/current/value
exec 5< "$value" 6< /value
inotifywait -me close_write "$value" > /out/heard 2> /out/watching & echo $! > /out/watch.pid
LC_ALL=C tail -n +1 -s 0.1 -f "$value" > /out/tail 2> /out/errors & echo $! > /out/tail.pid
python3 /in/_reading.py /out/stop 1st,second,the-third,the-fourth "$value" /value > /out/reads & reading=$!
turns() { sed -n 's/^voluntary_ctxt_switches:[[:space:]]*//p' "/proc/$(cat /out/tail.pid)/status"; }
until grep -q established /out/watching && [ -s /out/tail ]; do :; done
echo > /out/ready
while read -r word < /out/go; do
    case $word in
        look) n=$(turns); until [ "$(turns)" -ge $((n + 3)) ]; do :; done; echo > /out/ready ;;
        show) cat "$value" /value > /out/shown; echo > /out/ready ;;
        end) break ;;
    esac
done
cat <&5 > /out/held; cat <&6 >> /out/held
kill -0 "$(cat /out/watch.pid)"; kill -0 "$(cat /out/tail.pid)"
: > /out/stop; wait $reading; id -u > /out/id
SH
# configure UID LINUX: a bundle without an image; the host's programs are bound in.
configure() { mkdir -p "$D/box/rootfs/"{usr,etc,proc,dev,tmp,in,out,secrets} "$D/box/out"; touch "$D/box/rootfs/value"; chmod 777 "$D/box/out"
    for name in bin sbin lib lib64; do ln -s "usr/$name" "$D/box/rootfs/$name"; done
    mkfifo -m 666 "$D/box/out/go" "$D/box/out/ready"
    cat > "$D/box/config.json" <<JSON
{"ociVersion": "1.0.0", "hostname": "box", "root": {"path": "rootfs", "readonly": true},
 "process": {"user": {"uid": $1, "gid": $1}, "cwd": "/", "args": ["sh", "/in/inside.sh"], "env": ["PATH=/usr/bin:/bin"], "noNewPrivileges": true, "capabilities": {}},
 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
  {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
  {"destination": "/usr", "source": "/usr", "options": ["rbind", "ro"]},
  {"destination": "/in/_reading.py", "source": "$D/_reading.py", "options": ["bind", "ro"]},
  {"destination": "/in/inside.sh", "source": "$D/inside.sh", "options": ["bind", "ro"]},
  {"destination": "/out", "source": "$D/box/out", "options": ["bind"]},
  {"destination": "/secrets", "source": "$M", "options": ["bind"]},
  {"destination": "/value", "source": "$V", "options": ["bind"]}],
 "linux": {"namespaces": [{"type": "mount"}, {"type": "pid"}, {"type": "uts"}, {"type": "ipc"}, {"type": "network"}$2}}
JSON
    touch "$D/box/rootfs/in/"{_reading.py,inside.sh}; }
# crun takes neither the first nor a mixed layout of control groups; the container has none, and what crun looks at is put in place for it alone.
run_box() { exec unshare -m sh -c 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"' sh \
    crun --root "$D/box/state" --cgroup-manager=disabled run --bundle "$D/box" --pid-file "$D/box/pid" "coffer-box-$$"; }
O=$D/box/out
answered() { timeout 60 sh -c 'read -r _ < "$1"' sh "$O/ready" || fail "the container does not answer: $(cat "$D/box/said" "$O/errors" 2>/dev/null)"; }
asks() { timeout 60 sh -c 'echo "$2" > "$1"' sh "$O/go" "$1" || fail "the container does not listen: $(cat "$D/box/said")"; }
follows() { asks look; answered; [ ! -s "$O/errors" ] && [ "$(cat "$O/tail")" = 1st ] || fail "tail -f $1: $(cat "$O/errors" "$O/tail")"; }
heard() { [ "$(grep -c CLOSE "$O/heard")" -ge "$1" ]; }
change() { printf %s "$1" | coffer put live/a >/dev/null; soon "inotifywait hears of $1" heard "$2"
    asks show; answered; [ "$(cat "$O/shown")" = "$1$1" ] || fail "what is bound shows $(cat "$O/shown"), not $1"; }
lives_through_it() { local uid=$1 before first kind
    printf 1st | coffer put live/a >/dev/null; configure "$2" "$3"
    run_box > "$D/box/said" 2>&1 & box=$!
    answered; first=$(cat "$D/box/pid")
    for kind in mnt pid uts ipc net; do [ "$(readlink "/proc/$first/ns/$kind")" != "$(readlink "/proc/$$/ns/$kind")" ] || fail "it shares our $kind namespace"; done
    [ "$(awk '/^Uid/ { print $2 }' "/proc/$first/status")" = "$uid" ] || fail "it runs as another user"
    kill_serving; kill_serving; follows "after two kills"
    change second 1; follows "after a new version"; kill_serving; change the-third 2
    before=$(field ServingProcessId); coffer upgrade >/dev/null; taken_over "$before"; follows "after an upgrade"
    kill_serving; change the-fourth 3; follows "in the end"
    asks end; wait "$box" || fail "the container ended with $?: $(cat "$D/box/said")"; box=
    [ "$(cat "$O/held")" = 1st1st ] || fail "what was open before is $(cat "$O/held")"
    [ "$(cat "$O/reads")" = "the-fourth the-fourth often" ] || fail "a loop of reads: $(cat "$O/reads")"
    [ "$(cat "$O/id")" = "$2" ] || fail "inside it is user $(cat "$O/id")"
    [ "$(wc -l < "$O/watching")" = 2 ] || fail "inotifywait: $(cat "$O/watching")"
    coffer audit log --uid "$uid" --limit 1000 --json | grep GetSecretValue >/dev/null || fail "no record names UID $uid"
    mv "$D/box" "$D/done-$uid"; }
lives_through_it 100000 0 ', {"type": "user"}], "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 1000}], "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 1000}]'
coffer rm live/a --force >/dev/null
lives_through_it 10001 10001 ']'
coffer audit verify >/dev/null
coffer umount "$M"
