# Programs that edit a value by the shell's means and by temporary files beside it: each makes one version.
. "$(dirname "$0")/_editing.sh"
begin $'one\ntwo\n'
# The source of what is copied from another file system: the user's own file, removed before the search.
S=/tmp/source-$MARK; source_file() { printf '%s' "$1" > "$S"; chown 33:33 "$S"; chmod "${2:-600}" "$S"; }
at_end() { rm -f "$S" "$S".*; }
edits "sh >" "$MARK 1"$'\n' user sh -c "echo '$MARK 1' > value"
edits "sh >>" "$MARK 1"$'\nmore\n' user sh -c "echo more >> value"
edits "here-document" "$MARK 2"$'\n' user sh -c "cat > value <<X
$MARK 2
X"
edits "brace group" "$MARK"$'\na\nb\n' user sh -c "{ echo '$MARK'; /bin/echo a; (echo b); } > value"
edits "tee" "$MARK 3"$'\n' user sh -c "echo '$MARK 3' | tee value >/dev/null"
edits "tee -a" "$MARK 3"$'\n4\n' user sh -c "echo 4 | tee -a value >/dev/null"
edits "dd conv=notrunc" "XXXX${MARK:4} 3"$'\n4\n' user sh -c "printf XXXX | dd of=value conv=notrunc status=none"
edits "truncate" "XXXX${MARK:4} 3"$'\n' user truncate -s $((${#MARK} + 3)) value
edits "sed -i" "yXXX${MARK:4} 3"$'\n' user sed -i s/X/y/ value
edits "sed -i.bak" "yyXX${MARK:4} 3"$'\n' user sed -i.bak s/X/y/ value
user grep -q "^yXXX" value.bak || fail "the backup of sed"
[ "$(user ls -A | tr '\n' ' ')" = "value value.bak " ] || fail "the user sees $(user ls -A)"
clear_scratch; [ "$(user ls -A)" = value ] || fail "scratch files can be removed"
edits "perl -i" "yyzX${MARK:4} 3"$'\n' user perl -pi -e 's/X/z/' value
edits "perl -i.bak" "yyzz${MARK:4} 3"$'\n' user perl -pi.bak -e 's/X/z/' value
user grep -q "^yyzX" value.bak || fail "the backup of perl"
clear_scratch
source_file "$MARK cp"
edits "cp" "$MARK cp" user cp "$S" value
source_file "$MARK cp -p"
edits "cp -p" "$MARK cp -p" user cp -p "$S" value
source_file "$MARK cp -a" 640
edits "cp -a" "$MARK cp -a" user cp -a "$S" value
source_file "$MARK cp rd" 644
edits "cp --remove-destination" "$MARK cp rd" user cp --remove-destination "$S" value
source_file "$MARK cp -b"
edits "cp -b" "$MARK cp -b" user cp -b "$S" value
[ "$(user cat value~)" = "$MARK cp rd" ] || fail "the backup of cp"
clear_scratch
source_file "$MARK install"
edits "install" "$MARK install" user install "$S" value
source_file "$MARK install -m"
edits "install -m" "$MARK install -m" user install -m 600 "$S" value
source_file "$MARK install -C"
edits "install -C" "$MARK install -C" user install -C -m 600 "$S" value
source_file "$MARK mv"
edits "mv from /tmp" "$MARK mv" user mv "$S" value
edits "mv in the directory" "$MARK mv 2" user sh -c "printf '%s' '$MARK mv 2' > value.tmp && mv value.tmp value"
edits "rename of a dot file" "$MARK mv 3" user sh -c "printf '%s' '$MARK mv 3' > .new && mv -f .new value"
source_file "$MARK rsync"
edits "rsync" "$MARK rsync" user rsync "$S" value
source_file "$MARK rsync 2"
edits "rsync --inplace" "$MARK rsync 2" user rsync --inplace "$S" value
source_file "$MARK rsync 33" 644
edits "rsync -a" "$MARK rsync 33" user rsync -a "$S" value
source_file "$MARK rsync 444" 644
edits "rsync -aAX --backup" "$MARK rsync 444" user rsync -aAX --backup "$S" value
clear_scratch
source_file "$MARK tar" 644
tar -C /tmp --transform 's,.*,value,' -cf "$S.tar" "source-$MARK"
edits "tar x" "$MARK tar" user tar xf "$S.tar"
source_file "$MARK tar -p" 644
tar -C /tmp --transform 's,.*,value,' -cf "$S.tar" "source-$MARK"
edits "tar xp" "$MARK tar -p" user tar xpf "$S.tar"
source_file "$MARK bsdtar" 644
tar -C /tmp --transform 's,.*,value,' -cf "$S.tar" "source-$MARK"
edits "bsdtar x" "$MARK bsdtar" user bsdtar xf "$S.tar"
source_file "$MARK cpio" 644
(cd /tmp && bsdtar -cf "$S.cpio" --format newc -s ',.*,value,' "source-$MARK")
edits "cpio" "$MARK cpio" user cpio -iu --quiet -F "$S.cpio"
mkdir "$S.zip"; printf '%s' "$MARK zip" > "$S.zip/value"; (cd "$S.zip" && python3 -m zipfile -c "$S.z" value); chmod 644 "$S.z"; rm -r "$S.zip"
edits "unzip" "$MARK zip" user unzip -qo "$S.z"
rm -f "$S" "$S".*
edits "python os.replace" "$MARK py" user python3 -c "
import os, tempfile
fd, name = tempfile.mkstemp(dir='.')
os.write(fd, b'$MARK py'); os.fchmod(fd, 0o600); os.fsync(fd); os.close(fd)
os.replace(name, 'value')
d = os.open('.', os.O_RDONLY); os.fsync(d)"
edits "python, open over the rename" "$MARK py 2, and more" user python3 -c "
import os, tempfile
with tempfile.NamedTemporaryFile(dir='.', delete=False) as f:
    f.write(b'$MARK py 2'); f.flush(); os.fsync(f.fileno()); os.replace(f.name, 'value')
    f.write(b', and more'); f.flush(); assert os.fstat(f.fileno()).st_size == len(b'$MARK py 2, and more')"
printf '[a]\n\tb = 1\n' > "$V"
edits "git config" $'[a]\n\tb = '"$MARK git"$'\n' user git config -f value a.b "$MARK git"
edits "git config again" $'[a]\n\tb = '"$MARK git 2"$'\n' user git config -f value a.b "$MARK git 2"
printf '[a]\nb = 1\n' > "$V"
edits "crudini" $'[a]\nb = '"$MARK ini"$'\n' user crudini --set value a b "$MARK ini"
edits "patch" $'[a]\nb = '"$MARK patch"$'\n' user sh -c "printf '%s\n' '--- value' '+++ value' '@@ -1,2 +1,2 @@' ' [a]' '-b = $MARK ini' '+b = $MARK patch' | patch -s value"
edits "patch -b" $'[a]\nb = '"$MARK patch 2"$'\n' user sh -c "printf '%s\n' '--- value' '+++ value' '@@ -1,2 +1,2 @@' ' [a]' '-b = $MARK patch' '+b = $MARK patch 2' | patch -sb value"
[ "$(user sed -n 2p value.orig)" = "b = $MARK patch" ] || fail "the backup of patch"
clear_scratch
leaks_nothing
