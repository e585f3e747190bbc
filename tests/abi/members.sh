#!/bin/sh
# members.sh COMPILER HEADER: what the contract declares, from the header as the compiler sees it, one a line:
# STRUCT(name), MEMBER(struct, name), FUNCTION(struct, name, "declaration"), VALUE(enumerator).
set -eu
compiler=$1 header=$2

"$compiler" -E -P -x c -std=c11 "$header" | tr '\n\t' '  ' | sed 's/typedef struct/\n&/g; s/enum {/\n&/g' | awk '
  function names(text, type,    parts, n, i, name) {
    if (match(text, /\(\*[a-z_0-9]+\)/)) {           # a function: its name stands in (*name)
      name = substr(text, RSTART + 2, RLENGTH - 3)
      gsub(/ +/, " ", text); gsub(/ ?\* ?/, "*", text); gsub(/^ | $/, "", text)
      print "FUNCTION(" type ", " name ", \"" text "\")"
      return
    }
    n = split(text, parts, ",")
    for (i = 1; i <= n; i++) {
      name = parts[i]
      sub(/\[.*/, "", name); sub(/ +$/, "", name); sub(/.*[ *]/, "", name)
      if (name != "") print "MEMBER(" type ", " name ")"
    }
  }
  /^typedef struct tqp_[a-z_]+ *\{/ {
    type = $3
    body = $0; sub(/^[^{]*\{/, "", body); sub(/\}.*/, "", body)
    print "STRUCT(" type ")"
    n = split(body, declarations, ";")
    for (d = 1; d <= n; d++) if (declarations[d] ~ /[a-z]/) names(declarations[d], type)
  }
  /^enum \{/ {
    body = $0; sub(/^[^{]*\{/, "", body); sub(/\}.*/, "", body)
    n = split(body, values, ",")
    for (v = 1; v <= n; v++) {
      sub(/=.*/, "", values[v]); gsub(/ /, "", values[v])
      if (values[v] ~ /^TQP_/) print "VALUE(" values[v] ")"
    }
  }'
