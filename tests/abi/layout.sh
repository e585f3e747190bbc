#!/bin/sh
# layout.sh COMPILER INCLUDE_DIR: prints the layout of INCLUDE_DIR/tqp/plugin.h.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
compiler=$1 include=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/members.sh" "$compiler" "$include/tqp/plugin.h" > "$work/members.inc"
"$compiler" -std=c11 -I"$include" -I"$work" "$here/layout.c" -o "$work/layout"
"$work/layout"
