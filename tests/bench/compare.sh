#!/bin/sh
# Compares pnlp with fastText, SentencePiece and PyTorch on the same rows, pair by pair in interleaved runs: installs what is
# missing of them, then runs compare.py, whose options these are. See tests/bench/compare.sh --help.
set -eu
here=$(dirname "$0")
root=$(cd "$here/../.." && pwd)

usage() {
  cat <<'END'
usage: tests/bench/compare.sh [--torch WHERE] [--venv FOLDER] [option ...] DATA

  --torch WHERE  where PyTorch comes from: pypi, debian (python3-torch), or auto: from PyPI, or else
                 from Debian [auto]. PyPI's wheel for x86_64 brings its CUDA libraries (3 GB) along;
                 only its CPU part runs.
  --venv FOLDER  virtual environment of PyTorch [build/compare/torch]

END
  python3 "$here/compare.py" --help
}

torch=auto venv=$root/build/compare/torch
while [ $# -gt 0 ]; do
  case $1 in
    --torch) torch=${2:?--torch needs a word}; shift 2 ;;
    --venv) venv=${2:?--venv needs a folder}; shift 2 ;;
    --help | -h) usage; exit 0 ;;
    *) break ;;
  esac
done
case $torch in
  pypi | debian | auto) ;;
  *) echo "compare.sh: --torch is pypi, debian or auto, not '$torch'" >&2; exit 2 ;;
esac

# True if PyTorch is there, or could be installed.
from_pypi() {
  "$venv/bin/python" -c 'import torch, numpy' 2>/dev/null && return
  "$root/.ci/install" compare-venv && python3 -m venv "$venv" &&
    "$venv/bin/pip" install --quiet --no-cache-dir torch numpy && "$venv/bin/python" -c 'import torch, numpy'
}
from_debian() {
  "$root/.ci/install" compare-torch && /usr/bin/python3 -c 'import torch, numpy'
}

groups=$(python3 "$here/compare.py" --needs "$@")
python=python3
for group in $groups; do
  case $group in
    torch)
      if [ "$torch" != debian ] && from_pypi; then
        python=$venv/bin/python
        from='from PyPI'
      elif [ "$torch" != pypi ] && from_debian; then
        python=/usr/bin/python3
        from='from Debian'
      else
        echo "compare.sh: no PyTorch is to be had" >&2
        exit 2
      fi
      set -- --torch-python "$python" --torch-from "$from" "$@"
      ;;
    *) "$root/.ci/install" "$group" ;;
  esac
done
exec python3 "$here/compare.py" "$@"
