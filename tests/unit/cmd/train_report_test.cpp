#include "train_report.hpp"

#include <doctest/doctest.h>

using namespace pnlp;
using namespace pnlp::cmd;

TEST_CASE("an interrupted run tells what is kept and how to go on") {
  TrainResult result;
  result.checkpoint = "a.ckpt";
  CHECK(interrupted_text(result) ==
        "interrupted before a.ckpt was written: the same command with --resume begins there");
  result.checkpoint_epochs = 1;
  CHECK(interrupted_text(result) ==
        "interrupted; a.ckpt holds the first 1 epoch: the same command with --resume goes on from "
        "there");
  result.checkpoint_epochs = 12;
  result.checkpoint = "b";
  CHECK(interrupted_text(result).starts_with("interrupted; b holds the first 12 epochs: "));
}

TEST_CASE("durations are told in minutes and hours") {
  CHECK(duration_text(-1) == "0:00");
  CHECK(duration_text(59.6) == "1:00");
  CHECK(duration_text(123) == "2:03");
  CHECK(duration_text(3599.4) == "59:59");
  CHECK(duration_text(3723) == "1:02:03");
}

TEST_CASE("an epoch and a run are told with their metrics") {
  EpochReport report;
  report.epoch = 3;
  report.epochs = 40;
  report.loss = 0.43217;
  report.dev = {{"exact", 0.71234}};
  CHECK(epoch_text(report) == "epoch 3 of 40: loss 0.4322, exact 0.7123");
  report.teacher = 1;
  report.teachers = 2;
  CHECK(epoch_text(report) == "teacher 1 of 2, epoch 3 of 40: loss 0.4322, exact 0.7123");
  report.teacher = 0;
  report.best = true;
  CHECK(epoch_text(report).ends_with(", the best so far"));
  TrainResult result;
  result.best_epoch = 7;
  result.dev = {{"accuracy", 1.0}, {"ece", 0.0}};
  CHECK(summary_text(result) == "best epoch 7, accuracy 1.0000, ece 0.0000");
}
