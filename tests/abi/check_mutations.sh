#!/bin/sh
# check_mutations.sh COMPILER INCLUDE_DIR GOLDEN: changes the header in the ways that break an ABI; each one must
# compile and must not pass the layout check.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
compiler=$1 include=$2 golden=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/tqp"

mutate() { # NAME SED_PROGRAM
  sed "$2" "$include/tqp/plugin.h" > "$work/tqp/plugin.h"
  if cmp -s "$include/tqp/plugin.h" "$work/tqp/plugin.h"; then
    echo "mutation '$1' changes nothing: the header has moved on"; exit 1
  fi
  "$here/layout.sh" "$compiler" "$work" > "$work/layout.txt"
  if cmp -s "$golden" "$work/layout.txt"; then
    echo "mutation '$1' was not noticed"; exit 1
  fi
  echo "noticed: $1"
}

mutate "two functions swapped" \
  's/(\*sleep_ms)/(*swapping)/; s/(\*ready)(tqp_host_ctx/(*sleep_ms)(tqp_host_ctx/; s/(\*swapping)/(*ready)/'
mutate "a member inserted" 's/^  tqp_str method, url;/  uint64_t inserted;\n&/'
mutate "a member appended" 's/^} tqp_log;/  uint64_t appended;\n&/'
mutate "a member removed" 's/^  void (\*rollback)(tqp_host_ctx\*);//'
mutate "a wider member" 's/int32_t http_status;/int64_t http_status;/'
mutate "a shorter text" 's/char field\[128\]/char field[120]/'
mutate "another status code" 's/TQP_E_DENIED = 22/TQP_E_DENIED = 23/'
mutate "another parameter" 's/(\*sleep_ms)(tqp_host_ctx\*, uint64_t ms)/(*sleep_ms)(tqp_host_ctx*, uint32_t ms)/'
