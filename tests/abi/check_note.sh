#!/bin/sh
# check_note.sh FILE.so MANIFEST SCHEMA: a stripped copy still tells both texts, byte by byte, without being loaded.
set -eu
file=$1 manifest=$2 schema=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

strip --strip-all -R .comment -o "$work/stripped.so" "$file"
readelf -lW "$work/stripped.so" | grep -q '^ *NOTE .*0x4$' || { echo "no note segment aligned to 4"; exit 1; }
objcopy -O binary --only-section=.note.tqp "$work/stripped.so" "$work/note"

word() { od -An -tu4 -j"$1" -N4 "$work/note" | tr -d ' '; }
check() { # OFFSET TYPE FILE
  bytes=$(wc -c < "$3")
  [ "$(word "$1")" = 4 ] || { echo "note at $1: the owner's length is not 4"; exit 1; }
  [ "$(word $(($1 + 4)))" = "$bytes" ] || { echo "note at $1: the length is not that of $3"; exit 1; }
  [ "$(word $(($1 + 8)))" = "$2" ] || { echo "note at $1: the type is not $2"; exit 1; }
  [ "$(tail -c +$(($1 + 13)) "$work/note" | head -c 3)" = tqp ] || { echo "note at $1: the owner is not tqp"; exit 1; }
  tail -c +$(($1 + 17)) "$work/note" | head -c "$bytes" | cmp - "$3"
  next=$(($1 + 16 + (bytes + 3) / 4 * 4))
}
check 0 1 "$manifest"
check "$next" 2 "$schema"
[ "$(wc -c < "$work/note")" = "$next" ] || { echo "something follows the second note"; exit 1; }
