# Nothing is taken from the environment; oneDNN's verbose mode must not reach standard output.
. "$CLI/lib.sh"
pnlp predict -m "$MODEL" "$DEV" >plain
DNNL_VERBOSE=2 ONEDNN_VERBOSE=2 PNLP_TOP=3 OMP_NUM_THREADS=7 HOME=/nonexistent pnlp predict -m "$MODEL" "$DEV" >other
same plain other
