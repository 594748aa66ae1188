#include "pnlp/text/bio.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "io/scratch.hpp"

using namespace pnlp;
using test::message_of;

namespace {

using Tags = std::vector<std::string>;
using Ranges = std::vector<ByteRange>;
using Spans = std::vector<Span>;

// "wake me at seven tomorrow"
const Ranges kWake = {{0, 4}, {5, 7}, {8, 10}, {11, 16}, {17, 25}};

}  // namespace

TEST_CASE("spans on token bounds become B and I, and come back") {
  const Spans spans = {{8, 16, "time"}, {17, 25, "time"}};
  const Aligned aligned = tags_from_spans(kWake, spans);
  CHECK(aligned.tags == Tags{"O", "O", "B-time", "I-time", "B-time"});
  CHECK(aligned.inexact == 0);
  CHECK(aligned.lost == 0);
  CHECK(spans_from_tags(kWake, aligned.tags) == spans);
}

TEST_CASE("multi-byte text: offsets are bytes") {
  // "où est 東京駅": où 0-3, est 4-7, 東京駅 8-17
  const Ranges tokens = {{0, 3}, {4, 7}, {8, 17}};
  CHECK(tags_from_spans(tokens, Spans{{8, 17, "place"}}).tags == Tags{"O", "O", "B-place"});
  // 東京 is six of the nine bytes
  const Aligned most = tags_from_spans(tokens, Spans{{8, 14, "place"}});
  CHECK(most.tags == Tags{"O", "O", "B-place"});
  CHECK(most.inexact == 1);
  CHECK(most.lost == 0);
  // 東 is three of nine: less than half, but nobody else wants the token
  CHECK(tags_from_spans(tokens, Spans{{8, 11, "place"}}).tags == Tags{"O", "O", "B-place"});
}

TEST_CASE("a token goes to the span that holds more than half of it") {
  const Ranges tokens = {{0, 4}, {5, 15}};
  // The first span holds 6 of 10 bytes of the second token, the second span 4.
  const Aligned contested = tags_from_spans(tokens, Spans{{5, 11, "a"}, {11, 15, "b"}});
  CHECK(contested.tags == Tags{"O", "B-a"});
  CHECK(contested.inexact == 1);
  CHECK(contested.lost == 1);
  // The other way round.
  CHECK(tags_from_spans(tokens, Spans{{5, 9, "a"}, {9, 15, "b"}}).tags == Tags{"O", "B-b"});
  // In halves: the first gets it.
  const Aligned halves = tags_from_spans(tokens, Spans{{5, 10, "a"}, {10, 15, "b"}});
  CHECK(halves.tags == Tags{"O", "B-a"});
  CHECK(halves.lost == 1);
}

TEST_CASE("half of a token is not enough beside a whole one") {
  const Ranges tokens = {{0, 4}, {4, 8}};
  const Aligned aligned = tags_from_spans(tokens, Spans{{0, 6, "a"}});
  CHECK(aligned.tags == Tags{"B-a", "O"});
  CHECK(aligned.inexact == 1);
}

TEST_CASE("a span takes the token it overlaps most, the first of equals") {
  const Ranges tokens = {{0, 10}, {10, 20}};
  CHECK(tags_from_spans(tokens, Spans{{6, 13, "a"}}).tags == Tags{"B-a", "O"});
  CHECK(tags_from_spans(tokens, Spans{{8, 13, "a"}}).tags == Tags{"O", "B-a"});
  CHECK(tags_from_spans(tokens, Spans{{7, 13, "a"}}).tags == Tags{"B-a", "O"});
}

TEST_CASE("spans that touch no token are lost; white space at an end is only inexact") {
  const Aligned gap = tags_from_spans(kWake, Spans{{4, 5, "a"}, {25, 30, "b"}});
  CHECK(gap.tags == Tags{"O", "O", "O", "O", "O"});
  CHECK(gap.lost == 2);
  CHECK(gap.inexact == 0);
  const Aligned padded = tags_from_spans(kWake, Spans{{4, 8, "a"}});
  CHECK(padded.tags == Tags{"O", "B-a", "O", "O", "O"});
  CHECK(padded.inexact == 1);
  CHECK(tags_from_spans({}, Spans{{0, 1, "a"}}).lost == 1);
  CHECK(tags_from_spans(kWake, {}).tags == Tags(5, "O"));
}

TEST_CASE("tags are read as conlleval reads them") {
  const auto read = [](const Tags& tags) {
    return spans_from_tags(std::span(kWake).first(tags.size()), tags);
  };
  CHECK(read({"I-a", "I-a"}) == Spans{{0, 7, "a"}});
  CHECK(read({"B-a", "I-b"}) == Spans{{0, 4, "a"}, {5, 7, "b"}});
  CHECK(read({"B-a", "B-a", "I-a"}) == Spans{{0, 4, "a"}, {5, 10, "a"}});
  CHECK(read({"B-a", "O", "I-a"}) == Spans{{0, 4, "a"}, {8, 10, "a"}});
  CHECK(read({"O", "O"}).empty());
  CHECK(read({"B-x-y"}) == Spans{{0, 4, "x-y"}});
}

TEST_CASE("what is no tag is refused") {
  for (const char* tag : {"", "o", "X", "B", "B-", "I-", "Bx", "E-a", "B_a", "OO"}) {
    CAPTURE(tag);
    CHECK(message_of([&] { parse_tag(tag); }) ==
          "tag \"" + std::string(tag) + "\" is neither O nor B-label nor I-label");
  }
  CHECK(parse_tag("I-a").prefix == 'I');
  CHECK(parse_tag("I-a").label == "a");
  CHECK(parse_tag("O").label.empty());
  CHECK(message_of([] { spans_from_tags(kWake, Tags{"O"}); }) == "5 tokens, but 1 tags");
}
