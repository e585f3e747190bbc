#!/bin/sh
# check_plugin.sh FILE.so: exports tqp_entry_* and nothing else, no UNIQUE symbol, no undefined one of ours.
set -eu
file=$1
exported=$(nm -D --defined-only "$file" | awk '{print $NF}')
[ -n "$exported" ] || { echo "$file exports nothing"; exit 1; }
for name in $exported; do
  case $name in
    tqp_entry_[1-9]) ;;
    *) echo "$file exports $name"; exit 1 ;;
  esac
done
if readelf --dyn-syms -W "$file" | awk '$5 == "UNIQUE" && $7 != "UND"' | grep .; then
  echo "$file has UNIQUE symbols: is -fno-gnu-unique missing?"; exit 1
fi
if readelf -lW "$file" | grep 'GNU_STACK.*E'; then
  echo "$file asks for an executable stack"; exit 1
fi
echo "$file: $exported"
