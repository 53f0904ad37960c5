# What the scenarios of disks that stall begin with: file systems that can be frozen, and words for what must come in time.
. "$(dirname "${BASH_SOURCE[0]}")/_takeover.sh"
disks=()
# What is frozen holds processes that no signal ends: first it goes on.
end_stalls() { local disk; for disk in "${disks[@]}"; do fsfreeze -u "$disk" 2>/dev/null || true; done
    kill -9 $(jobs -p) 2>/dev/null || true; pkill -KILL -f "[m]ount $D/store" || true; umount -l "$M" "${disks[@]}" 2>/dev/null || true; }
at_end() { end_stalls; }
make_disk() { truncate -s 48M "$D/$1.img"; mkfs.ext4 -q "$D/$1.img"; mkdir "$D/$1"; mount -o loop "$D/$1.img" "$D/$1"; disks+=("$D/$1"); }
# within SECONDS COMMAND...: it comes back by then, whatever it says, which is in $answer. What hangs can't always be ended, so
# nobody waits for it, or reads what it might say yet.
within() { local limit=$1 status=0 file; shift; file=$(mktemp "$D/answer.XXXXXX")
    setsid "$@" > "$file" 2>&1 < /dev/null & local process=$!
    timeout "$limit" tail --pid "$process" -s 0.05 -f /dev/null || { kill -9 "$process"; fail "not within $limit s: $*"; }
    wait "$process" || status=$?; answer=$(cat "$file"); return $status; }
# eio SECONDS COMMAND...: it fails with EIO by then.
eio() { local limit=$1; shift; if LC_ALL=C within "$limit" "$@"; then fail "was not refused: $*"; fi
    [[ $answer == *"Input/output error"* ]] || fail "$*: $answer"; }
