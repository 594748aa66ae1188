#!/bin/bash
# lint.sh SOURCE: every manual page is clean.
set -u
cd "$1/man" || exit 2
status=0
mandoc -T lint -W warning ./*.[15] || status=1
exit $status
