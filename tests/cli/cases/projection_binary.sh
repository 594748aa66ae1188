# The projection binary in every command.
. "$CLI/lib.sh"
projection_works binary --projection binary --hashes 100
