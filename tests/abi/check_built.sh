#!/bin/sh
# check_built.sh DIR: check_plugin.sh on every plugin in DIR, of which there is at least one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
found=0
for file in "$1"/*.so; do
  [ -e "$file" ] || continue
  "$here/check_plugin.sh" "$file"
  found=$((found + 1))
done
[ "$found" -gt 0 ] || { echo "no plugin in $1"; exit 1; }
