# Programs that are not ours hammer the mount: stress-ng in folders of its own, where directories can be made and files can't,
# and fio on values, verifying what it wrote. Nothing hangs or crashes, other values stay, and the memory comes back.
. "$(dirname "$0")/_common.sh"
at_end() { kill -9 $(jobs -p) 2>/dev/null || true; }
mount_store
head -c 60000 /dev/urandom > "$D/random"
for name in st/keep st/fio st/read; do coffer put $name < "$D/random" >/dev/null; done
number() { coffer status --json | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p"; }
rss() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$(daemon)/status"; }
cat "$M/st/keep/current/value" >/dev/null
serving=$(daemon); guarded=$(number GuardedBytes); before=$(rss); worked=0
for class in dir dirdeep dentry fstat open dup getdent touch chdir io hdd rename link symlink utime flock locka seek mmap chmod filename copy-file inotify; do
    timeout 30 stress-ng --temp-path "$M" --$class 2 --$class-ops 200 --timeout 2 -q >/dev/null 2>&1 && worked=$((worked + 1)) || [ $? != 124 ] || fail "$class hangs"
    [ "$(timeout 20 head -c 5 "$M/st/keep/current/value" | xxd -p)" = "$(head -c 5 "$D/random" | xxd -p)" ] || fail "$class: a read, or it hung"
done
[ $worked -ge 6 ] || fail "hardly any of stress-ng's classes ran: $worked"
# Random reads and writes of a value that is open, each block verified; readers of others meanwhile.
timeout 60 fio --name=read --filename="$M/st/read/current/value" --rw=randread --bs=512-16k --size=60000 --io_size=20m --numjobs=4 --thread --openfiles=1 >"$D/fio-read" 2>&1 & readers=$!
for round in 1 2 3; do
    timeout 60 fio --aux-path="$D" --name=verify --filename="$M/st/fio/current/value" --rw=randwrite --bs=512 --size=59904 --io_size=300k --verify=crc32c --do_verify=1 --overwrite=1 --fsync=16 --randseed=$RANDOM >"$D/fio" 2>&1 || fail "fio: $(grep -i -m3 'verify\|error' "$D/fio")"
done
wait $readers || fail "fio's readers: $(grep -i -m3 error "$D/fio-read")"
for name in keep read; do cmp "$M/st/$name/current/value" "$D/random" || fail "st/$name changed"; done
[ "$(daemon)" = "$serving" ] || fail "the process that serves ended: $(tail -3 "$D/store.audit/coffer.log")"
for _ in $(seq 500); do [ "$(number OpenFiles)" = 0 ] && break; done
[ "$(number OpenFiles)" = 0 ] || fail "$(number OpenFiles) files are still open"
[ "$(number GuardedBytes)" -le $((guarded + 65536)) ] || fail "guarded memory: $guarded before, $(number GuardedBytes) now"
[ "$(rss)" -le $((before + 8192)) ] || fail "memory: $before KiB before, $(rss) now"
coffer audit verify >/dev/null || fail "the trail"
echo "$worked classes of stress-ng ran; RSS $before to $(rss) KiB, guarded $guarded to $(number GuardedBytes) bytes"
coffer umount "$M"
