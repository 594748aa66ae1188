#include "pnlp/task/checkpoint.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "damage.hpp"
#include "memory_file.hpp"
#include "pnlp/base/hash.hpp"
#include "pnlp/io/bytes.hpp"
#include "pnlp/io/file.hpp"
#include "task/toy.hpp"

using namespace pnlp;

namespace {

// A file that goes with the test.
class Scratch {
 public:
  explicit Scratch(const std::string& name)
      : path_((std::filesystem::temp_directory_path() / (name + std::to_string(::getpid())))
                  .string()) {
    remove();
  }
  ~Scratch() { remove(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }
  void remove() const { std::filesystem::remove(path_); }

 private:
  std::string path_;
};

TrainingState small_state() {
  TrainingState state;
  state.epoch = 3;
  state.step = 12;
  state.weights = {1.5F, -2.0F};
  state.average = {1.0F, -1.0F};
  state.adam.first = {0.25F, 0.5F};
  state.adam.second = {0.125F, 4.0F};
  state.adam.step = 12;
  state.best_epoch = 2;
  state.best_weights = {9.0F, 8.0F};
  state.best_dev = {{"accuracy", 0.75}, {"ece", 0.125}};
  return state;
}

std::string saved(const TrainingState& state, std::uint64_t fingerprint) {
  const MemoryFile file;
  save_checkpoint(state, fingerprint, file.path());
  return read_file(file.path());
}

std::string complaint(const std::string& bytes, std::uint64_t fingerprint = 7,
                      std::size_t weights = 2) {
  const MemoryFile file(bytes);
  const std::string message = toy::refusal(ErrorKind::data, [&] {
    static_cast<void>(load_checkpoint(file.path(), fingerprint, weights));
  });
  if (message == "accepted") return message;
  CHECK(message.starts_with(file.path()));
  return message.substr(std::min(message.size(), file.path().size() + 2));
}

TrainOptions run_options() {
  TrainOptions options = toy::options(6);
  options.batch = 32;
  return options;
}

TrainResult run(const TrainOptions& options,
                const std::function<bool(const EpochReport&)>& report = toy::go_on) {
  return toy::fit(toy::records(Task::joint, 90, 1), toy::records(Task::joint, 30, 2), options,
                  report);
}

std::string misuse(const TrainOptions& options) {
  return toy::refusal(ErrorKind::data, [&] { static_cast<void>(run(options)); });
}

}  // namespace

TEST_CASE("a checkpoint gives back the state") {
  const TrainingState state = small_state();
  const MemoryFile file(saved(state, 7));
  const TrainingState back = load_checkpoint(file.path(), 7, 2);
  CHECK(back.epoch == 3);
  CHECK(back.step == 12);
  CHECK(back.weights == state.weights);
  CHECK(back.average == state.average);
  CHECK(back.adam.first == state.adam.first);
  CHECK(back.adam.second == state.adam.second);
  CHECK(back.adam.step == 12);
  CHECK(back.best_epoch == 2);
  CHECK(back.best_weights == state.best_weights);
  CHECK(back.best_dev == state.best_dev);
  TrainingState young = small_state();
  young.average.clear();
  young.best_weights.clear();
  young.best_dev.clear();
  young.best_epoch = 0;
  const MemoryFile other(saved(young, 7));
  CHECK(load_checkpoint(other.path(), 7, 2).average.empty());
}

TEST_CASE("what is no checkpoint of this run is refused with a reason") {
  const std::string good = saved(small_state(), 7);
  CHECK(complaint(good) == "accepted");
  CHECK(complaint(good, 8) ==
        "the checkpoint is of a run with other data or options; give the same ones, or remove it "
        "to start afresh");
  CHECK(complaint(good, 7, 3).find("another number of weights") != std::string::npos);
  CHECK(complaint("PNLPMODL and more bytes than eight") == "not a pnlp checkpoint");
  CHECK(complaint("PNLPCKP1 short") == "the checkpoint is cut short");
  CHECK(complaint("x") == "not a pnlp checkpoint");
}

TEST_CASE("a checkpoint cut anywhere, or with any bit flipped, is refused") {
  const std::string good = saved(small_state(), 7);
  for_each_damage(good, [](std::string_view damaged, std::size_t at) {
    CAPTURE(damaged.size());
    CAPTURE(at);
    CHECK(complaint(std::string(damaged)) != "accepted");
  });
}

TEST_CASE("sizes in a checkpoint with a right checksum are not trusted") {
  const auto sealed = [](const std::function<void(ByteWriter&)>& write) {
    ByteWriter out;
    out.raw("PNLPCKP1");
    out.u64(7);
    write(out);
    out.u64(hash64(out.bytes()));
    return out.take();
  };
  const auto start = [](ByteWriter& out) {
    out.u32(1);
    out.u64(1);
    out.u64(1);
  };
  CHECK(complaint(sealed([&](ByteWriter& out) {
          start(out);
          out.varint(1ULL << 60);
        })).find("a count of 1152921504606846976") != std::string::npos);
  CHECK(complaint(sealed([&](ByteWriter& out) {
          start(out);
          out.varint(2);
          out.f32(1);
        })).find("cut") != std::string::npos);
  const std::string good = saved(small_state(), 7);
  CHECK(complaint(sealed([&](ByteWriter& out) {
          out.raw(std::string_view(good).substr(16, good.size() - 24));
          out.u8(0);
        })).find("too many") != std::string::npos);
}

TEST_CASE("a run that is stopped and resumed gives the model of a run that is not") {
  struct Run {
    const char* what;
    std::function<void(TrainOptions&)> change;
  };
  const std::vector<Run> runs = {
      {"plain", [](TrainOptions&) {}},
      {"average", [](TrainOptions& options) { options.ema = 0.95; }},
      {"patience", [](TrainOptions& options) { options.patience = 2; }},
      {"every second epoch", [](TrainOptions& options) { options.checkpoint_every = 2; }},
      {"held out", [](TrainOptions&) {}},
  };
  for (const auto& [what, change] : runs) {
    CAPTURE(what);
    const bool held_out = std::string_view(what) == "held out";
    const auto go = [&](const TrainOptions& options,
                        const std::function<bool(const EpochReport&)>& report) {
      const auto dev = held_out ? std::nullopt : std::optional(toy::records(Task::joint, 30, 2));
      return toy::fit(toy::records(Task::joint, 90, 1), dev, options, report);
    };
    TrainOptions options = run_options();
    change(options);
    const std::string whole = encode_model(go(options, toy::go_on).model);
    const Scratch file("pnlp_checkpoint");
    options.checkpoint = file.path();
    options.resume = true;
    // Stopped at the end of epochs 1 and 3, and within epochs 2 and 5; resumed each time.
    std::vector<std::pair<std::uint32_t, bool>> stops = {
        {1, true}, {2, false}, {3, true}, {5, false}};
    std::uint32_t before = 0;
    for (const auto& [epoch, at_end] : stops) {
      const TrainResult part = go(options, [&](const EpochReport& now) {
        return now.epoch < epoch || (now.end_of_epoch != at_end);
      });
      if (std::string_view(what) == "patience") continue;
      CHECK(part.stopped);
      // Within an epoch, what was done since the last checkpoint is lost, and no more. At the end
      // of one a checkpoint is written, due or not.
      const std::uint32_t kept = at_end ? epoch
                                 : std::string_view(what) == "every second epoch"
                                     ? (epoch - 1) / 2 * 2
                                     : epoch - 1;
      CHECK(part.checkpoint_epochs == std::max(kept, before));
      before = part.checkpoint_epochs;
    }
    std::uint32_t epochs = 0;
    if (held_out) {  // stopped while it learns from all records
      const TrainResult part = go(options, [&](const EpochReport& now) {
        return !now.again || now.epoch < 2 || !now.end_of_epoch;
      });
      CHECK(part.stopped);
      CHECK(part.checkpoint == options.checkpoint + ".again");
      CHECK(part.checkpoint_epochs == 2);
    }
    const TrainResult last = go(options, [&](const EpochReport& now) {
      epochs += now.end_of_epoch && !now.again ? 1 : 0;
      return true;
    });
    CHECK_FALSE(last.stopped);
    CHECK(epochs <= 3);
    CHECK(encode_model(last.model) == whole);
    // And once more, when nothing is left to do.
    CHECK(encode_model(go(options, toy::go_on).model) == whole);
  }
}

TEST_CASE("threads and weight format may change between the parts of a run") {
  TrainOptions options = run_options();
  const std::string whole = encode_model(run(options).model);
  const Scratch file("pnlp_checkpoint");
  options.checkpoint = file.path();
  options.threads = 2;
  options.weights = WeightFormat::fp32;
  static_cast<void>(run(options, [](const EpochReport& now) { return now.epoch < 3; }));
  options.resume = true;
  options.threads = 1;
  options.weights = WeightFormat::int8;
  CHECK(encode_model(run(options).model) == whole);
}

TEST_CASE("a checkpoint of another run is refused") {
  const Scratch file("pnlp_checkpoint");
  TrainOptions options = run_options();
  options.checkpoint = file.path();
  static_cast<void>(run(options, [](const EpochReport& now) { return now.epoch < 2; }));
  REQUIRE(std::filesystem::exists(file.path()));
  options.resume = true;
  const auto changed = [&](const std::function<void(TrainOptions&)>& change) {
    TrainOptions other = options;
    change(other);
    return misuse(other);
  };
  const std::string message = file.path() +
                              ": the checkpoint is of a run with other data or options; give the "
                              "same ones, or remove it to start afresh";
  CHECK(changed([](TrainOptions& o) { o.seed = 2; }) == message);
  CHECK(changed([](TrainOptions& o) { o.learning_rate = 0.01; }) == message);
  CHECK(changed([](TrainOptions& o) { o.epochs = 7; }) == message);
  CHECK(changed([](TrainOptions& o) { o.batch = 8; }) == message);
  CHECK(changed([](TrainOptions& o) { o.ema = 0.5; }) == message);
  CHECK(changed([](TrainOptions& o) { o.metric = "accuracy"; }) == message);
  CHECK(changed([](TrainOptions& o) { o.shape.bottleneck = 8; }) == message);
  CHECK(changed([](TrainOptions& o) { o.class_weights = {{"music", 2.0F}}; }) == message);
  const auto other_data = [&](std::uint64_t train_seed, std::uint64_t dev_seed) {
    return toy::refusal(ErrorKind::data, [&] {
      static_cast<void>(toy::fit(toy::records(Task::joint, 90, train_seed),
                                 toy::records(Task::joint, 30, dev_seed), options));
    });
  };
  CHECK(other_data(5, 2) == message);
  CHECK(other_data(1, 5) == message);
  CHECK(other_data(1, 2) == "accepted");
}

TEST_CASE("a damaged checkpoint stops the run; a missing one starts it") {
  const Scratch file("pnlp_checkpoint");
  TrainOptions options = run_options();
  options.epochs = 2;
  options.checkpoint = file.path();
  options.resume = true;
  const std::string whole = encode_model(run(options).model);  // no file yet
  std::string bytes = read_file(file.path());
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  std::ofstream(file.path(), std::ios::binary) << bytes;
  CHECK(misuse(options) ==
        file.path() +
            ": the checkpoint's checksum is wrong: it is damaged; remove it to start afresh");
  file.remove();
  CHECK(encode_model(run(options).model) == whole);
}

TEST_CASE("a stop before the first epoch is done leaves no model") {
  const TrainResult result = run(run_options(), [](const EpochReport&) { return false; });
  CHECK(result.stopped);
  CHECK(result.best_epoch == 0);
  CHECK(result.model.weights.empty());
  // A checkpoint of an earlier run that lies there is not this one's.
  const Scratch file("pnlp_checkpoint");
  TrainOptions options = run_options();
  options.checkpoint = file.path();
  CHECK(run(options).checkpoint_epochs == options.epochs);
  CHECK(run(options, [](const EpochReport&) { return false; }).checkpoint_epochs == 0);
}
