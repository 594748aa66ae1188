# Helpers of the cases. A case sources it: . "$CLI/lib.sh"

# Messages of the helpers go here, also where the standard error of a command is kept in a file.
exec 9>&2

# fail MESSAGE: ends the case.
fail() {
  echo "line ${BASH_LINENO[0]}: $*" >&9
  exit 99
}

# want STATUS COMMAND...: ends the case unless the command exits so.
want() {
  local wanted=$1 status=0
  shift
  "$@" || status=$?
  [ "$status" -eq "$wanted" ] || {
    echo "line ${BASH_LINENO[0]}: exit status $status, not $wanted: $*" >&9
    exit 99
  }
}

# same A B: ends the case unless the files are equal.
same() {
  cmp "$1" "$2" || {
    echo "line ${BASH_LINENO[0]}: $1 and $2 differ" >&9
    exit 99
  }
}

# empty FILE...
empty() {
  for file; do
    [ ! -s "$file" ] || {
      echo "line ${BASH_LINENO[0]}: $file is not empty:" >&9
      cat "$file" >&9
      exit 99
    }
  done
}

# lines FILE COUNT
lines() {
  [ "$(wc -l <"$1")" -eq "$2" ] || fail "$1 has $(wc -l <"$1") lines, not $2"
}

# predictions FILE: the prediction of each record, one a line.
predictions() {
  sed -E 's/.*"prediction": ?//; s/\}$//' "$1"
}

# renamed FILE: its records with other labels, x_ before each.
renamed() {
  python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    record["label"] = "x_" + record["label"]
    print(json.dumps(record, ensure_ascii=False))
' "$1"
}

# on_terminal COMMAND: runs a command line on a terminal of its own, what it shows goes to standard output.
on_terminal() {
  script -qefc "$1" /dev/null </dev/null
}

# litter: names of files that a run has left beside its outputs.
litter() {
  find . -name '.*' -type f -o -name '*.tmp*' -o -name '*pnlp-*'
}
