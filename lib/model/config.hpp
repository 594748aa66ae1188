// What a model is made of, apart from its weights: task, shape, names of labels and slots.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pnlp {

enum class Task : std::uint8_t {
  label,       // one label a record: softmax
  multilabel,  // any number of labels: independent sigmoids
  tags,        // slots only
  joint,       // one label, and slots
};
std::string_view task_name(Task task);
// Error(usage) for a name that is none of the four.
Task task_from_name(std::string_view name);
constexpr bool has_label(Task task) {
  return task != Task::tags;
}
constexpr bool has_tags(Task task) {
  return task == Task::tags || task == Task::joint;
}

// Rows of the feature table that belong to one channel of the fingerprint. Of hashed values:
// row = (rows of the channels before) + value % rows; of numbers: value k multiplies row k.
struct ChannelRows {
  std::string name;
  std::uint32_t values = 0;  // of the fingerprint
  std::uint32_t rows = 0;    // a power of two up to 65536; 0: the channel is not used
  bool numbers = false;      // then rows == values, or 0
  bool operator==(const ChannelRows&) const = default;
};

// Sizes of the network (letters as in the paper, section 3).
struct Shape {
  std::string encoder = "mixer";
  std::uint32_t feature_size = 1024;  // m: rows of the minhash channel
  std::uint32_t channel_rows = 2048;  // rows of each word channel; 0: word channels unused
  std::uint32_t window = 1;           // w
  std::uint32_t bottleneck = 256;     // b = C
  std::uint32_t hidden = 256;         // h = H
  std::uint32_t layers = 2;
  std::uint32_t segment = 64;  // s: positions of token mixing; longer texts are mixed by segments
  // Hashed n-grams of up to so many words, which the label's logits take in directly; 0: none.
  std::uint32_t word_ngrams = 0;
  std::uint32_t ngram_weights = 700000;  // of their table
  bool operator==(const Shape&) const = default;
};
struct ModelConfig {
  Task task = Task::label;
  Shape shape;
  std::uint32_t max_tokens = 4096;  // tokens of a record beyond this are not read
  std::vector<ChannelRows> channels;
  std::vector<std::string> labels;  // sorted
  std::vector<std::string> slots;   // sorted; tag 0 is O, 1 + 2k B-slots[k], 2 + 2k I-slots[k]
  // Joint task: [labels][slots], 1 where training saw the slot in a record of the label, else 0; a
  // prediction keeps to these pairs. Empty: any slot goes with any label.
  std::vector<std::uint8_t> label_slots;
  bool crf = false;          // tags: transitions are weighed, too
  float temperature = 1.0F;  // divides label logits: calibrated on the dev set
  float threshold = 0.5F;    // multi-label: probability from which a label is given

  std::uint32_t tags() const {
    return has_tags(task) ? 1 + 2 * static_cast<std::uint32_t>(slots.size()) : 0;
  }
  // Whether the label is told by word n-grams, too.
  bool has_ngrams() const { return has_label(task) && shape.word_ngrams != 0; }
  std::uint32_t ngram_rows() const;         // of the table of word n-grams
  std::uint32_t fingerprint_width() const;  // values a token, of all channels
  std::uint32_t table_rows() const;         // sum over channels
  std::uint32_t windowed_rows() const;  // of the first channel; the others speak of the token alone
  bool operator==(const ModelConfig&) const = default;
};

// Error(usage) naming the first size that is out of its range, with the range.
void check_config(const ModelConfig& config);

// As bytes for the model file, and back. Errors: data, naming the field that makes no sense.
std::string encode_config(const ModelConfig& config);
ModelConfig decode_config(std::string_view bytes);

}  // namespace pnlp
