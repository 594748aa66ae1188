# A model and a feature stream of a later format version, with checksums that are right: every command that reads them
# names the version and the remedy.
. "$CLI/lib.sh"
cp "$MODEL" later.pnlp
pnlp project -o later.pnf "$DEV"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$CLI/../judges" python3 - <<'END' || fail "no later files were made"
from xxh3 import xxh3

with open("later.pnlp", "rb") as file:
    model = file.read()
assert model[:8] == b"PNLPMODL" and int.from_bytes(model[-8:], "little") == xxh3(model[:-8])
open("version", "wb").write(model[8:12])
model = model[:8] + (7).to_bytes(4, "little") + model[12:-8]
with open("later.pnlp", "wb") as file:
    file.write(model + xxh3(model).to_bytes(8, "little"))

# The checksums of a stream are those of its frames, which begin behind the version.
with open("later.pnf", "r+b") as file:
    file.seek(8)
    assert file.read(2) == b"\1\0"
    file.seek(8)
    file.write(b"\7\0")
END
refused() { # WHAT COMMAND...
  what=$1
  shift
  want 2 pnlp "$@" >out 2>err
  empty out
  grep -q "^pnlp $1: $what" err || fail "$*: $(cat err)"
  lines err 1
}
model="later.pnlp: model format 7, but this pnlp reads up to 5; use a newer pnlp"
refused "$model" predict -m later.pnlp "$DEV"
refused "$model" eval -m later.pnlp "$DEV"
refused "$model" bench -m later.pnlp "$DEV"
refused "$model" info later.pnlp
refused "$model" train --init later.pnlp -o m.pnlp "$TRAIN"
stream="later.pnf:.*: a feature stream of version 7; this pnlp reads version 1: use a newer pnlp"
refused "$stream" predict -m "$MODEL" later.pnf
refused "$stream" eval -m "$MODEL" later.pnf
refused "$stream" info later.pnf
refused "$stream" train -o m.pnlp later.pnf

# Models whose encoder or projection came with a later version.
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$CLI/../judges" python3 - <<'END' || fail "no later files were made"
from xxh3 import xxh3

with open("later.pnlp", "rb") as file:
    model = file.read()
model = model[:8] + open("version", "rb").read() + model[12:-8]
channel = model.index(b"minhash")  # the first is of the configuration, the next of the features
projection = model.index(b"minhash", channel + 1)
for name, changed in [("encoder", model.replace(b"mixer", b"dixit", 1)),
                      ("projection", model[:projection] + b"maxhash" + model[projection + 7:])]:
    with open("later-%s.pnlp" % name, "wb") as file:
        file.write(changed + xxh3(changed).to_bytes(8, "little"))
END
writer="the model was written by pnlp [0-9.]*: use that version or a later one$"
encoder="later-encoder.pnlp: unknown encoder 'dixit'; this version knows mixer, .*; $writer"
refused "$encoder" predict -m later-encoder.pnlp "$DEV"
refused "$encoder" info later-encoder.pnlp
projection="the model: unknown projection \"maxhash\"; .*; $writer"
refused "$projection" predict -m later-projection.pnlp "$DEV"
refused "$projection" project -m later-projection.pnlp "$DEV"
refused "$projection" bench -m later-projection.pnlp "$DEV"
refused "$projection" info later-projection.pnlp
refused "$projection" train --init later-projection.pnlp -o m.pnlp "$TRAIN"
[ ! -e m.pnlp ] || fail "a model was written"
