# What has been read is answered before input blocks: a pipe that asks and waits gets its answers.
. "$CLI/lib.sh"
ask() {
  mkfifo questions answers
  timeout 60 "$@" <questions >answers &
  exec 3>questions 4<answers
  for i in 1 2 3; do
    echo "{\"text\":\"wake me at $i\"}" >&3
    read -r -t 30 answer <&4 || fail "no answer: $*"
    case $answer in *"wake me at $i"*) ;; *) fail "$answer" ;; esac
  done
  exec 3>&-
  cat <&4 >rest
  exec 4<&-
  wait $! || fail "exit status $?: $*"
  empty rest
  rm questions answers
}
ask pnlp tokenize --threads 1
ask pnlp tokenize --threads 2
ask pnlp predict -m "$MODEL" --threads 2
ask pnlp predict -m "$MODEL" --line-buffered
ask bash -c 'pnlp tokenize | cat'
# A feature stream goes on frame by frame.
mkfifo questions answers
(pnlp project | pnlp predict -m "$MODEL") <questions >answers &
exec 3>questions 4<answers
echo '{"text":"wake me","id":1}' >&3
read -r -t 30 answer <&4 || fail "no answer through a feature stream"
case $answer in '{"id":1,"prediction":'*) ;; *) fail "$answer" ;; esac
exec 3>&- 4<&-
wait
