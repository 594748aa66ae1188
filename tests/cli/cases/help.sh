# --help goes to standard output with 0, fits 80 columns, and --version tells what the program is made of.
. "$CLI/lib.sh"
pnlp --help >overview 2>err || fail
commands=$(sed -n 's/^  \([a-z]*\) .*/\1/p' overview)
[ -n "$commands" ] || fail "no commands"
for command in $commands; do
  grep -q "^  $command " overview || fail "$command is not in the overview"
  pnlp $command --help >$command.help 2>>err || fail "$command --help"
  pnlp help $command | cmp - $command.help || fail "help $command"
  awk 'length > 80 { print FILENAME ": " $0; wide = 1 } END { exit wide }' $command.help || fail "too wide"
  for option in help version config quiet verbose; do
    grep -q -e "--$option" $command.help || fail "$command has no --$option"
  done
done
pnlp --version >version 2>>err
grep -q '^pnlp [0-9.]* (revision [0-9a-z]*)$' version || fail "$(cat version)"
grep -q '^compiler .*, oneDNN [0-9.]*, instruction set ' version || fail "$(cat version)"
pnlp tokenize --version | cmp - version || fail
empty err
