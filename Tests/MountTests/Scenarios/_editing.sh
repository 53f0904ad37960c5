# What the scenarios of editing begin with: a secret that UID 33 may write, a home of theirs, and a way to say that a
# program made exactly one version. Not below /tmp: vim and emacs make no backups there.
set -euo pipefail
export TMPDIR=/mnt
. "$(dirname "${BASH_SOURCE[0]}")/_common.sh"
mount_store
H=$D/home; mkdir "$H"; chown 33:33 "$H"
C=$M/edit/app/current; V=$C/value; P=$M/edit/app/previous/value
DRIVE=$(realpath "$(dirname "${BASH_SOURCE[0]}")")/_drive.py
# What edits put in, found nowhere afterwards but in the mount.
MARK=mark$(od -An -N8 -tx8 /dev/urandom | tr -d ' ')
coffer allow uid:33 'edit/*' --write >/dev/null
user() { (cd "$C" && as 33 env HOME="$H" LC_ALL=C.UTF-8 TMPDIR=/tmp "$@"); }
drive() { user python3 "$DRIVE" "$@"; }
begin() { mkdir -p "$C" 2>/dev/null || true; printf '%s' "$1" > "$V"; }
count=0
# edits WHAT EXPECTED COMMAND...: one version more, with this content, what was current before is previous now.
edits() { local what=$1 expected=$2 before n names; shift 2; names=$(ls -A "$C")
    before=$(cat "$V"; echo x); n=$(versions edit/app)
    "$@" || fail "$what: exit status $?"
    [ "$(cat "$V"; echo x)" = "${expected}x" ] || fail "$what: the value is '$(cat "$V")'"
    [ "$(versions edit/app)" = $((n + 1)) ] || fail "$what: made $(($(versions edit/app) - n)) versions"
    [ "$(cat "$P"; echo x)" = "$before" ] || fail "$what: previous is '$(cat "$P")'"
    [ "$(ls -A "$C")" = "$names" ] || fail "$what: others see $(ls -A "$C")"
    count=$((count + 1)); }
# keeps WHAT WORDS COMMAND...: is refused with these words, and nothing changes.
keeps() { local what=$1 words=$2 before n; shift 2
    before=$(cat "$V"; echo x); n=$(versions edit/app)
    refuses "$words" "$@"
    [ "$(cat "$V"; echo x)" = "$before" ] || fail "$what: changed the value"
    [ "$(versions edit/app)" = "$n" ] || fail "$what: made a version"; }
clear_scratch() { find "$C" -maxdepth 0 >/dev/null; user find . -mindepth 1 ! -name value -delete; }
leaks_nothing() { local found
    found=$(grep -rlF --binary-files=text --devices=skip "$MARK" /tmp /var/tmp /dev/shm "$H" "$D/store" "$D/run" "$D/log" 2>/dev/null || true)
    [ -z "$found" ] || fail "an edited value lies in $found"
    # Nor in the daemon's memory: the last scratch file is gone, and so is what it held.
    user find . -mindepth 1 -name '*[.#~]*' -delete
    gcore -a -o "$D/core" "$(daemon)" >/dev/null 2>&1; grep -q coffer "$D"/core.*
    ! grep -qF "$MARK" "$D"/core.* || fail "an edited value lies in the daemon's memory"
    rm "$D"/core.*; }
