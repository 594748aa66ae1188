#include <iterator>

#include "subcommands.hpp"

namespace pnlp::cmd {
namespace {

constexpr CommandEntry kCommands[] = {
    {"tokenize", "Split text into words and subword units.", "[OPTION]... [FILE]...",
     make_tokenize},
    {"project", "Turn texts into streams of fingerprints.", "[OPTION]... [FILE]...", make_project},
    {"train", "Train a model from labelled records.", "[OPTION]... -o MODEL [FILE]...", make_train},
    {"predict", "Label records with a model.", "[OPTION]... [FILE]...", make_predict},
    {"eval", "Measure predictions by gold records.", "[OPTION]... [FILE]...", make_eval},
    {"bench", "Measure where the time of a prediction goes.", "[OPTION]... FILE...", make_bench},
    {"quantize", "Turn a model's weights and products into 8 bits.", "[OPTION]... -o MODEL MODEL",
     make_quantize},
    {"info", "Tell what a model or a feature stream holds, and whether it is whole.",
     "[OPTION]... FILE", make_info},
};

}  // namespace

std::span<const CommandEntry> commands() {
  return kCommands;
}

}  // namespace pnlp::cmd
