#!/bin/sh
# check_layout.sh COMPILER INCLUDE_DIR GOLDEN: fails with a diff when the layout is not the golden one. After a
# change that was meant: tests/abi/layout.sh cc sdk/include > tests/abi/layout.txt
set -eu
here=$(cd "$(dirname "$0")" && pwd)
got=$(mktemp)
trap 'rm -f "$got"' EXIT
"$here/layout.sh" "$1" "$2" > "$got"
diff -u "$3" "$got"
