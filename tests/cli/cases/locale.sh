# Numbers are read and written the same where the locale writes a decimal comma.
. "$CLI/lib.sh"
pnlp predict -m "$MODEL" --scores "$DEV" >plain
command -v localedef >/dev/null || exit 0
export LOCPATH=$PWD
localedef -i de_DE -f UTF-8 ./de_DE.UTF-8 || fail "no locale"
for locale in de_DE.UTF-8; do
  LC_ALL=$locale LC_NUMERIC=$locale pnlp predict -m "$MODEL" --min-score 0.0 --scores "$DEV" >local
  same plain local
  LC_ALL=$locale want 2 pnlp predict -m "$MODEL" --min-score 0,5 "$DEV" 2>err
done
