# Features, recipes, and the tables that compare them.
#
#   features.NAME     options of pnlp project
#   NAME.features     the features of recipe NAME [default]
#   NAME.train        its options of pnlp train
#   NAME.dev = alone  the dev records are not shown to pnlp train: it holds a tenth of the others out
#   TABLE.title, TABLE.runs = SET/RECIPE ...

sizes := xsmall small base large xlarge

# Projections. Words alone, without the hashed channels of the whole word, as in the paper.
features.default =
features.trigrams = --channels none
features.simhash = --channels none --projection simhash
features.ternary = --channels none --projection ternary
features.binary = --channels none --projection binary
features.vectors = --channels none --projection vectors:$(VECTORS)
features.lowercase = --lowercase
features.letters = --channels word,folded,prefix,suffix,shape,length,letters

minhash.features = trigrams
minhash.train = --preset base
simhash.features = simhash
simhash.train = --preset base
ternary.features = ternary
ternary.train = --preset base
binary.features = binary
binary.train = --preset base
vectors.features = vectors
vectors.train = --preset base

table1.title = Projections: base, MTOP English (paper, table 1)
table1.runs = $(addprefix mtop-en/,minhash simhash ternary binary $(if $(VECTORS),vectors) base)

# Encoders, on the features of base, whose own is mixer.
encoders := conv-mixer conv none lstm transformer qrnn shift hyper-mixer hourglass
$(foreach encoder,$(encoders),$(eval encoder-$(encoder).train = --preset base --encoder $(encoder)))
encoder-none-window4.train = --preset base --encoder none --window 4
qrnn-ternary.features = ternary
qrnn-ternary.train = --preset base --encoder qrnn

table2.title = Encoders: base, MTOP English (paper, table 2)
table2.runs = $(addprefix mtop-en/,base $(addprefix encoder-,$(encoders) none-window4) qrnn-ternary)

# Sizes: the presets of the paper, and what is taken without one.
$(foreach size,$(sizes),$(eval $(size).train = --preset $(size)))
default.train =
# As pnlp train projects records by itself: with n-grams of letters for labels of short texts, and for few long ones.
as_trained = $(if $(filter hyperpartisan% mtop-en.rows%,$(call set_of,$1)),letters,default)
default.features = $(as_trained)

table3.title = Sizes: MTOP English (paper, tables 3 and 4)
table3.runs = $(addprefix mtop-en/,$(sizes) default)

# One size of base (1024, 64, 1, 256, 2) at a time.
sweep_feature-size := 256 512 2048 4096
sweep_hashes := 16 32 128
sweep_window := 0 2 4
sweep_bottleneck := 32 64 128 512
sweep_layers := 1 3 4
$(foreach option,feature-size window bottleneck layers,$(foreach value,$(sweep_$(option)),\
  $(eval $(option)-$(value).train = --preset base --$(option) $(value))))
$(foreach value,$(sweep_hashes),$(eval features.hashes-$(value) = --hashes $(value))\
  $(eval hashes-$(value).features = hashes-$(value))$(eval hashes-$(value).train = --preset base))

table4.title = Feature size, hashes, window, bottleneck, layers: base, MTOP English (paper, sweeps)
table4.runs = mtop-en/base $(foreach option,feature-size hashes window bottleneck layers,\
  $(foreach value,$(sweep_$(option)),mtop-en/$(option)-$(value)))

table5.title = Languages: MTOP, one model each (paper, table 5)
table5.runs = $(foreach recipe,xsmall base default,$(foreach language,$(LANGUAGES),mtop-$(language)/$(recipe)))

table7.title = Long texts: IMDB, Hyperpartisan, AG News (paper, table 7)
table7.runs = $(foreach set,imdb hyperpartisan ag_news,$(foreach recipe,xsmall base xlarge default,$(set)/$(recipe)))

sets.title = The default on every set
sets.runs = $(addsuffix /default,$(addprefix mtop-,$(LANGUAGES)) snips imdb ag_news)

# The default recipe with one thing left out or put in at a time.
channels := word folded prefix suffix shape length
comma := ,
space := $(subst x,,x x)
$(foreach channel,$(channels),\
  $(eval features.no-$(channel) = --channels $(subst $(space),$(comma),$(filter-out $(channel),$(channels))))\
  $(eval no-$(channel).features = no-$(channel))$(eval no-$(channel).train =))
no-channels.features = trigrams
no-trigrams.train = --feature-size 1
lowercase.features = lowercase
features.lower = --channels word,lower,prefix,suffix,shape,length
lower-for-folded.features = lower
lower-for-folded.train =
$(foreach encoder,mixer conv-mixer lstm none,$(eval with-$(encoder).train = --encoder $(encoder)))
no-crf.train = --no-crf
no-word-ngrams.train = --word-ngrams 0
no-feature-drop.train = --feature-drop 0
no-slot-substitution.train = --slot-substitution 0
no-dropout.train = --dropout 0
no-r-drop.train = --r-drop 0
no-weight-decay.train = --weight-decay 0
no-schedule.train = --schedule constant
no-warmup.train = --warmup 0
no-clip.train = --clip 0
fp32.train = --weights fp32
with-word-dropout.train = --word-dropout 0.1
with-label-smoothing.train = --label-smoothing 0.1
with-ema.train = --ema 0.999
with-two-teachers.train = --ensemble 2

ablation.title = The default recipe on MTOP English, one thing changed at a time
ablation.runs = $(addprefix mtop-en/,default no-crf no-word-ngrams no-feature-drop no-slot-substitution no-dropout no-r-drop no-weight-decay \
  no-schedule no-warmup no-clip with-mixer with-conv-mixer with-lstm with-none no-trigrams no-channels $(addprefix no-,$(channels)) \
  lower-for-folded lowercase fp32 with-word-dropout with-label-smoothing with-ema with-two-teachers)

# Accuracy against size, from 50 KB to 5 MB; the default has one. What is small cannot learn by heart, and needs less noise.
size_quiet = --r-drop 0 --feature-drop 0.25 --dropout 0
size_train = --preset megabyte --feature-size $1 --channel-rows $2 --bottleneck $3 --hidden $4 --layers $5 --ngram-weights $6
size-50k.train = $(call size_train,64,64,24,32,1,3000) $(size_quiet)
size-100k.train = $(call size_train,128,128,32,64,2,6000) $(size_quiet)
size-200k.train = $(call size_train,256,256,48,96,2,12000)
size-500k.train = $(call size_train,512,1024,48,96,2,24000)
size-2m.train = $(call size_train,1024,2048,128,256,2,100000)
size-5m.train = $(call size_train,2048,4096,192,256,3,200000)

size.title = Accuracy against size: MTOP English
size.runs = $(addprefix mtop-en/,$(addprefix size-,50k 100k 200k 500k) default size-2m size-5m)

# The default beside other programs: as for them, nothing of what it is measured on is shown in training.
pnlp.dev = alone
pnlp.features = $(as_trained)
pnlp.train =
examples.title = Accuracy against the number of training examples: intents of MTOP English
hyperpartisan.title = Hyperpartisan: accuracy of cross-validation over both files

figures := size examples
tables := table1 table2 table3 table4 table5 table7 sets ablation size examples hyperpartisan
