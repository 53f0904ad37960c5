# New names: members of a JSON object, the first value of a secret, the pending version; what is scratch and what isn't.
. "$(dirname "$0")/_editing.sh"
begin '{"user":"app"}'
gains() { local what=$1 expected=$2 n; shift 2; n=$(versions edit/app)
    "$@" || fail "$what: exit status $?"
    [ "$(cat "$V")" = "$expected" ] || fail "$what: the value is $(cat "$V")"
    [ "$(versions edit/app)" = $((n + 1)) ] || fail "$what: made $(($(versions edit/app) - n)) versions"; }
gains "sh >" '{"user":"app","a":"1"}' user sh -c 'printf 1 > a'
gains "mv of a scratch file" '{"user":"app","a":"1","b":"2"}' user sh -c 'printf 2 > .b; mv .b b'
gains "python os.replace" '{"user":"app","a":"1","b":"3"}' user python3 -c '
import os, tempfile
fd, name = tempfile.mkstemp(dir="."); os.write(fd, b"3"); os.close(fd); os.replace(name, "b")'
printf 4 > "$D/4"; chmod 644 "$D/4"
gains "mv to a name like a temporary one" '{"user":"app","a":"1","b":"3","user.passwd":"0"}' user sh -c 'printf 0 > .b; mv .b user.passwd'
# What is removed before it is closed is no member.
n=$(versions edit/app)
user python3 -c '
import os
fd = os.open("fleeting", os.O_WRONLY | os.O_CREAT | os.O_EXCL); os.write(fd, b"x"); os.unlink("fleeting")
assert not os.path.exists("fleeting"); os.write(fd, b"y"); os.fsync(fd); os.close(fd)
assert not os.path.exists("fleeting")'
[ "$(versions edit/app)" = "$n" ] || fail "a member that was removed again is there"
# Names like those of temporary files are members where they are copied, or made without O_EXCL.
gains cp '{"user":"app","a":"1","b":"3","user.passwd":"0","tmpdatabase":"4"}' user cp "$D/4" tmpdatabase
gains "sh > with a name like a temporary one" '{"user":"app","a":"1","b":"3","user.passwd":"5","tmpdatabase":"4"}' user sh -c 'printf 5 > user.passwd'
gains install '{"user":"app","a":"1","b":"3","user.passwd":"4","tmpdatabase":"4"}' user install -m 600 "$D/4" user.passwd
gains "sed -i of a member" '{"user":"app","a":"1","b":"3","user.passwd":"four","tmpdatabase":"4"}' user sed -i s/4/four/ user.passwd
gains "sed -i.bak of a member" '{"user":"app","a":"1","b":"3","user.passwd":"IV","tmpdatabase":"4"}' user sed -i.bak s/four/IV/ user.passwd
gains "perl -i.bak of a member" '{"user":"app","a":"one","b":"3","user.passwd":"IV","tmpdatabase":"4"}' user perl -pi.bak -e s/1/one/ a
[ "$(user cat a.bak) $(user cat user.passwd.bak)" = "1 four" ] || fail "the backups"
keeps "mv of a member" "not permitted" user mv a c
keeps "rm of a member" "not permitted" user rm a
keeps "mv of a member away" "not permitted" user mv a "$H/a"
keeps "text that isn't UTF-8" "Invalid argument" user python3 -c '
import os
open(".x", "wb").write(b"\xff"); os.rename(".x", "user")'
user rm .x
user rm a.bak user.passwd.bak
[ "$(user ls -A | tr '\n' ' ')" = "a b tmpdatabase user user.passwd value " ] || fail "listed: $(user ls -A)"
# A value that must become a JSON object's member, by a full-screen editor, under a name of its own.
gains "vim, a new member" '{"user":"app","a":"one","b":"3","user.passwd":"IV","tmpdatabase":"4","new":"'$MARK'"}' \
    user vim -es -i NONE -c 'set binary noeol' -c "call setline(1, '$MARK')" -c wq new
# The first value of a secret that is made through the mount.
coffer allow uid:33 'made/*' --write >/dev/null
for way in 'echo x > value' 'echo x > value.tmp; mv value.tmp value' 'vim -es -i NONE -c "call setline(1, \"x\")" -c wq value' \
    "cp $D/x value" "install -m 600 $D/x value" "python3 -c 'import os; open(\".a\", \"w\").write(\"x\\n\"); os.replace(\".a\", \"value\")'" "rsync -a $D/x value"; do
    echo x > "$D/x"; chmod 644 "$D/x"
    name=made/s$((i = ${i:-0} + 1)); as 33 mkdir -p "$M/$name/current"
    as 33 env HOME="$H" sh -c "cd '$M/$name/current' && $way" || fail "$way"
    [ "$(as 33 cat "$M/$name/current/value")" = x ] || fail "$way makes $(as 33 cat "$M/$name/current/value")"
    [ "$(versions $name)" = 1 ] || fail "$way makes $(versions $name) versions"
    [ "$(as 33 ls -A "$M/$name/current")" = value ] || fail "$way leaves $(as 33 ls -A "$M/$name/current")"
done
as 33 mkdir -p "$M/made/left/current"; as 33 touch "$M/made/left/current/.scratch"
refuses "not empty" as 33 rmdir "$M/made/left/current"
as 33 rm -r "$M/made/left"; [ ! -e "$M/made/left" ] || fail "a nascent folder stays"
# The pending version is edited alike, and moves from current by a rename of a scratch file.
begin one; as 33 mkdir "$M/edit/app/pending"
user sh -c 'echo next > .next; mv .next ../pending/value'
[ "$(cat "$M/edit/app/pending/value") $(cat "$V")" = "next one" ] || fail "a rename into pending"
n=$(versions edit/app)
user sed -i.bak s/next/after/ ../pending/value; [ "$(cat "$M/edit/app/pending/value")" = after ] || fail "sed on pending"
user install -m 600 "$D/4" ../pending/value; [ "$(cat "$M/edit/app/pending/value")" = 4 ] || fail "install on pending"
[ "$(versions edit/app)" = $((n + 2)) ] && [ "$(cat "$V")" = one ] || fail "versions of pending"
leaks_nothing
