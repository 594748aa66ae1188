# Sets that are made of others: a number of examples, folds; and what is shown of them.

# SET.rowsN.seedS: N training records drawn with seed S, texts and labels alone.
stem_rows = $(patsubst rows%,%,$(word 2,$(subst ., ,$1)))
stem_seed = $(patsubst seed%,%,$(word 3,$(subst ., ,$1)))
define rows_rule
$(OUT)/data/$1/train.jsonl: $(DATA)/$(subst -,/,$(word 1,$(subst ., ,$1)))/train.jsonl
	@mkdir -p $$(@D)
	$$(PYTHON) $$(here)/draw.py --rows $(call stem_rows,$1) --seed $(call stem_seed,$1) $$< >$$@.new
	mv $$@.new $$@
$(OUT)/data/$1/dev.jsonl: $(DATA)/$(subst -,/,$(word 1,$(subst ., ,$1)))/dev.jsonl
	@mkdir -p $$(@D)
	$$(PYTHON) $$(here)/draw.py --rows all --seed 0 $$< >$$@.new
	mv $$@.new $$@
endef
example_sets := $(foreach rows,$(EXAMPLES),$(foreach seed,$(SEEDS),mtop-en.rows$(rows).seed$(seed)))
$(foreach set,$(example_sets),$(eval $(call rows_rule,$(set))))
example_runs := $(foreach set,$(example_sets),$(foreach recipe,pnlp $(PEERS),$(set)/$(recipe)/$(call stem_seed,$(set))))

# SET.foldK: every FOLDSth record, by a hash of its text, is held out.
define fold_rule
$(OUT)/data/$1.fold$2of$(FOLDS)/train.jsonl $(OUT)/data/$1.fold$2of$(FOLDS)/dev.jsonl &: $(DATA)/$1/train.jsonl $(DATA)/$1/dev.jsonl
	@mkdir -p $(OUT)/data/$1.fold$2of$(FOLDS)
	$$(PYTHON) $$(here)/fold.py --fold $2 --folds $(FOLDS) --out $(OUT)/data/$1.fold$2of$(FOLDS) $$^
endef
folds := $(shell seq $(FOLDS))
$(foreach fold,$(folds),$(eval $(call fold_rule,hyperpartisan,$(fold))))
# The peers do not depend on a seed.
fold_runs := $(foreach fold,$(folds),$(foreach recipe,pnlp $(PEERS),\
  $(foreach seed,$(if $(filter pnlp,$(recipe)),$(SEEDS),$(firstword $(SEEDS))),\
  hyperpartisan.fold$(fold)of$(FOLDS)/$(recipe)/$(seed))))

$(OUT)/hyperpartisan.md: $(patsubst %,$(OUT)/runs/%/run.json,$(fold_runs)) $(here)/render.py
	$(PYTHON) $(here)/render.py --folds --title '$(hyperpartisan.title)' $(OUT)/results.jsonl \
	  $(sort $(patsubst %/,%,$(dir $(fold_runs)))) >$@.new
	mv $@.new $@

# Figures, each with its table.
$(OUT)/size.md: $(call files_of,size) $(here)/render.py $(here)/figure.py
	$(PYTHON) $(here)/figure.py --title '$(size.title)' --x bytes --y exact --join -o $(OUT)/size.svg \
	  $(OUT)/results.jsonl $(call known,$(size.runs))
	$(PYTHON) $(here)/render.py --title '$(size.title)' $(OUT)/results.jsonl $(call known,$(size.runs)) >$@.new
	mv $@.new $@
example_rows := $(patsubst %/,%,$(dir $(example_runs)))
$(OUT)/examples.md: $(patsubst %,$(OUT)/runs/%/run.json,$(example_runs)) $(here)/render.py $(here)/figure.py
	$(PYTHON) $(here)/figure.py --title '$(examples.title)' --x rows --y accuracy -o $(OUT)/examples.svg \
	  $(OUT)/results.jsonl $(example_rows)
	$(PYTHON) $(here)/render.py --rows --title '$(examples.title)' $(OUT)/results.jsonl $(example_rows) >$@.new
	mv $@.new $@

# For the repository.
.PHONY: keep-figures
keep-figures: $(figures)
	@mkdir -p $(FIGURES)
	cp $(patsubst %,$(OUT)/%.svg,$(figures)) $(FIGURES)
