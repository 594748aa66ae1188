# The projection simhash in every command.
. "$CLI/lib.sh"
projection_works simhash --projection simhash --hashes 100
