# CRLF, a byte order mark, white space and a missing last line end change nothing.
. "$CLI/lib.sh"
printf '{"text":"wake me"}\n{"text":"at seven"}\n' >plain
printf '\357\273\277{"text":"wake me"}\r\n{"text":"at seven"}\r\n' >dos
printf '{"text":"wake me"}\n{"text":"at seven"}' >open
printf '{"text":"wake  me "}\n{"text":" at\\tseven"}\n' >spaces
pnlp predict -m "$MODEL" plain >plain.out
pnlp predict -m "$MODEL" dos >dos.out
pnlp predict -m "$MODEL" open >open.out
pnlp predict -m "$MODEL" spaces >spaces.out
same plain.out dos.out
same plain.out open.out
for file in plain.out spaces.out; do
  predictions $file | sed -E 's/"spans":.*//' >$file.labels
done
same plain.out.labels spaces.out.labels
printf 'wake\0me\n' | pnlp tokenize | grep -q 'wake\\u0000me' || fail "NUL is not kept"
