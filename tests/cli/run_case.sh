#!/bin/bash
# run_case.sh FOLDER_OF_PNLP SOURCE CASE.sh: runs a case in a scratch folder with the real pnlp on the PATH.
# CASE.stdout.exact and CASE.stderr.exact hold what must come out, if they exist; CASE.exit the exit status (else 0).
# In the scratch folder the name of the source tree is replaced by SOURCE in what is compared.
set -u
program=$1 source=$2 case=$3
base=${case%.sh}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pnlp-cli.XXXXXX") || exit 2
trap 'chmod -R u+w "$scratch" && rm -rf "$scratch"' EXIT
mkdir "$scratch/work" && cd "$scratch/work" || exit 2

export PATH="$program:$PATH" CLI="$source/tests/cli" SAMPLE="$source/testdata/sample"
env -u LC_ALL -u LANG bash "$case" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null
status=$?

failed=0
wanted=0
[ -f "$base.exit" ] && wanted=$(cat "$base.exit")
if [ "$status" -ne "$wanted" ]; then
  echo "exit status is $status, not $wanted"
  failed=1
fi
for stream in stdout stderr; do
  if [ -f "$base.$stream.exact" ]; then
    diff -u "$base.$stream.exact" "$scratch/$stream" || failed=1
  fi
done
if [ $failed -ne 0 ]; then
  echo "--- standard error:"
  cat "$scratch/stderr"
fi
exit $failed
