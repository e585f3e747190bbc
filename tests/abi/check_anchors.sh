#!/bin/sh
# check_anchors.sh COMPILER HEADER ANCHORS: every struct of the contract has its anchor.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/members.sh" "$1" "$2" | sed -n 's/^STRUCT(\(.*\))/\1/p' | while read -r type; do
  grep -q "^ANCHOR($type)\$" "$3" || { echo "$3 has no ANCHOR($type)"; exit 1; }
done
