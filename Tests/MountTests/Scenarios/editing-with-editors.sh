# Full-screen and line editors, with their swap, lock, backup and undo files: each edit is one version and leaks nothing.
. "$(dirname "$0")/_editing.sh"
begin $'first\nlast\n'
scratch() { user ls -A | grep -vx value | tr '\n' ' '; }
edits "vim" "first
$MARK vim
last
" drive first "o$MARK vim\\x1b:wq\\r" -- vim value
[ -z "$(scratch)" ] || fail "vim leaves $(scratch)"
for copy in yes no auto; do
    edits "vim backupcopy=$copy" "first
$MARK $copy
last
" drive first "jcc$MARK $copy\\x1b:wq\\r" -- vim -i NONE -c "set backupcopy=$copy backup writebackup undofile undodir=. backupdir=. directory=." value
    [ "$(scratch)" = ".value.un~ value~ " ] || fail "vim backupcopy=$copy leaves '$(scratch)'"
    clear_scratch
done
edits "vim backupcopy=no nobackup" "first
$MARK nobackup
last
" drive first "jcc$MARK nobackup\\x1b:wq\\r" -- vim -i NONE -c "set backupcopy=no nobackup writebackup" value
[ -z "$(scratch)" ] || fail "vim nobackup leaves $(scratch)"
edits "vim -es" "first
$MARK ex
last
" user vim -es -i NONE -c "2s/.*/$MARK ex/" -c wq value
edits "ex" "first
$MARK ex 2
last
" user sh -c "printf '%s\n' '2c' '$MARK ex 2' . wq | ex -s value"
# A swap file is found by who comes back after a crash, and by nobody else.
user sh -c "vim -es -i NONE -c \"2s/.*/$MARK lost/\" -c preserve -c 'call system(\"kill -9 \" . getpid())' value" 2>/dev/null || true
[ "$(scratch)" = ".value.swp " ] || fail "a crashed vim leaves '$(scratch)'"
[ "$(ls -A "$C")" = value ] || fail "another user sees the swap file"
refuses "No such file" cat "$C/.value.swp"
edits "vim -r" "first
$MARK lost
last
" user vim -es -i NONE -r -c wq value
clear_scratch
edits "nano" "$MARK nanofirst
$MARK lost
last
" drive first "$MARK nano\\x0f\\r" Wrote "\\x18" -- nano value
edits "nano --backup" "$MARK nano 2$MARK nanofirst
$MARK lost
last
" drive first "$MARK nano 2\\x0f\\r" Wrote "\\x18" -- nano --backup --locking value
[ "$(scratch)" = "value~ " ] || fail "nano leaves '$(scratch)'"
[ "$(user head -1 value~)" = "$MARK nanofirst" ] || fail "the backup of nano"
clear_scratch
edits "emacs" "$MARK emacs$MARK nano 2$MARK nanofirst
$MARK lost
last
" drive first "$MARK emacs\\x18\\x13" Wrote "\\x18\\x03" -- emacs -nw -Q value
[ "$(scratch)" = "value~ " ] || fail "emacs leaves '$(scratch)'"
[ "$(user head -1 value~)" = "$MARK nano 2$MARK nanofirst" ] || fail "the backup of emacs"
clear_scratch
edits "emacs, copying backups" "$MARK again$MARK emacs$MARK nano 2$MARK nanofirst
$MARK lost
last
" user emacs --batch -Q --eval '(setq backup-by-copying t)' value --eval "(progn (insert \"$MARK again\") (save-buffer))" 2>/dev/null
clear_scratch
begin $'first\nlast\n'
edits "ed" "first
$MARK ed
" user sh -c "printf '%s\n' 2c '$MARK ed' . w q | ed -s value"
# A JSON object's members are edited alike.
begin '{"user": "app", "password": "old", "port": 1}'
edits "vim, a member" "{\"user\": \"app\", \"password\": \"$MARK member\", \"port\": 1}" \
    drive old "cc$MARK member\\x1b:set noeol nofixeol\\r:wq\\r" -- vim -i NONE -c 'set binary noeol' password
[ "$(user cat password)" = "$MARK member" ] || fail "the member"
leaks_nothing
