#include "pnlp/feature/word_channels.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "pnlp/base/hash.hpp"
#include "pnlp/feature/code_points.hpp"

using namespace pnlp;

namespace {

std::string shape(std::string_view word) {
  std::string out;
  append_shape(out, word);
  return out;
}

std::vector<std::uint16_t> values(std::string_view word, std::vector<std::string> channels) {
  ProjectionSpec spec;
  spec.channels = std::move(channels);
  WordChannels words(spec);
  std::vector<std::uint16_t> out(channels_width(projection_channels(spec)) - spec.hashes);
  words.values(word, out);
  return out;
}

std::uint16_t hashed(std::string_view bytes, std::uint64_t channel, std::uint64_t index) {
  return static_cast<std::uint16_t>(
      hash64(bytes, mix64(ProjectionSpec().seed + 256 * channel + index)));
}

using Values = std::vector<std::uint16_t>;

}  // namespace

TEST_CASE("shapes") {
  CHECK(shape("London") == "Aaa");
  CHECK(shape("I") == "A");
  CHECK(shape("NBC") == "AA");
  CHECK(shape("12.5k") == "00.0a");
  CHECK(shape("don't") == "aa'a");
  CHECK(shape("") == "");
  CHECK(shape("\xc3\x89t\xc3\xa9") == "Aaa");                          // Été
  CHECK(shape("\xd9\xa3") == "0");                                     // Arabic-Indic three
  CHECK(shape("\xe0\xb8\x81\xe0\xb8\xb1\xe0\xb8\x99") == "\xa6\xa6");  // Thai, a mark between
  CHECK(shape("\xe6\x97\xa5") == "\x91");                              // Han
  CHECK(shape("\xe2\x82\xac"
              "5") == ".0");                                   // euro sign
  CHECK(shape("\xff\x80") == ".");                             // no UTF-8
  CHECK(shape("aB1-aB1-aB1-aB1-aB1-") == "aA0-aA0-aA0-aA0-");  // cut to 16
}

TEST_CASE("word channels hash what the manual page says, each with its own salt") {
  CHECK(values("Wake", {"word"}) == Values{hashed("Wake", 1, 0)});
  CHECK(values("Wake", {"lower"}) == Values{hashed("wake", 2, 0)});
  CHECK(values("\xc3\x89t\xc3\xa9", {"lower"}) == Values{hashed("\xc3\xa9t\xc3\xa9", 2, 0)});
  CHECK(values("\xc3\x89t\xc3\xa9", {"folded"}) == Values{hashed("ete", 7, 0)});
  CHECK(values("Wakes", {"prefix"}) ==
        Values{hashed("W", 3, 0), hashed("Wa", 3, 1), hashed("Wak", 3, 2), hashed("Wake", 3, 3)});
  CHECK(values("Wakes", {"suffix"}) ==
        Values{hashed("s", 4, 0), hashed("es", 4, 1), hashed("kes", 4, 2), hashed("akes", 4, 3)});
  CHECK(values("\xc3\xa9t", {"prefix"}) ==
        Values{hashed("\xc3\xa9", 3, 0), hashed("\xc3\xa9t", 3, 1),
               hashed("\xc3\xa9t\xe2\x96\x81", 3, 2), hashed("\xc3\xa9t\xe2\x96\x81", 3, 3)});
  CHECK(values("t\xc3\xa9", {"suffix"}) ==
        Values{hashed("\xc3\xa9", 4, 0), hashed("t\xc3\xa9", 4, 1),
               hashed("\xe2\x96\x81t\xc3\xa9", 4, 2), hashed("\xe2\x96\x81t\xc3\xa9", 4, 3)});
  CHECK(values("Wake", {"shape"}) == Values{hashed("Aaa", 5, 0)});
  CHECK(values("\xc3\x89t\xc3\xa9", {"length"}) == Values{hashed("\x03", 6, 0)});
  CHECK(values(std::string(500, 'x'), {"length"}) == Values{hashed("\x14", 6, 0)});
  CHECK(values("", {"prefix"}) == Values{hashed("\xe2\x96\x81", 3, 0), hashed("\xe2\x96\x81", 3, 1),
                                         hashed("\xe2\x96\x81", 3, 2),
                                         hashed("\xe2\x96\x81", 3, 3)});
  CHECK(values("", {"suffix", "length"}).size() == 5);
}

TEST_CASE("letters are the least n-grams of three to five, of a word with marks at its ends") {
  const std::string mark = "\xe2\x96\x81";
  const auto value_of = [](const std::string& ngram) {
    return hash64(ngram, mix64(ProjectionSpec().seed + 256UL * 8));
  };
  // Of the base letters "ah" there are three; they come again until twelve are filled.
  std::vector<std::uint64_t> three = {value_of(mark + "ah"), value_of("ah" + mark),
                                      value_of(mark + "ah" + mark)};
  std::ranges::sort(three);
  const Values found = values("\xc3\x84h", {"letters"});
  REQUIRE(found.size() == 12);
  for (std::size_t k = 0; k < found.size(); ++k)
    CHECK(found[k] == static_cast<std::uint16_t>(three[k % 3]));
  // Too short for any: itself.
  CHECK(values("", {"letters"}) == Values(12, static_cast<std::uint16_t>(value_of(mark + mark))));
  CHECK(values("\x80", {"letters"}).size() == 12);
  CHECK(values("\xff", {"letters"}).size() == 12);
  // Of a long word twelve are kept, most of them those of the same word with an s.
  const Values one = values("restaurant", {"letters"});
  const Values more = values("restaurants", {"letters"});
  CHECK(std::set(one.begin(), one.end()).size() == 12);
  CHECK(std::ranges::count_if(
            one, [&](std::uint16_t value) { return std::ranges::count(more, value) != 0; }) >= 7);
}

TEST_CASE("test vectors of the manual page") {
  const std::vector<std::string> all = {"word",  "lower",  "prefix", "suffix",
                                        "shape", "length", "folded", "letters"};
  CHECK(values("Wake", all) == Values{58711, 52745, 49,    55065, 5728, 30058, 31227, 39723, 15559,
                                      10162, 58272, 9651,  8237,  5500, 53240, 54666, 54428, 30507,
                                      11200, 48751, 59621, 25509, 5500, 53240, 54666});
  CHECK(values("\xe0\xb8\x81\xe0\xb8\xb1\xe0\xb8\x99", all) ==
        Values{64763, 8126,  6728,  63987, 10168, 46467, 43727, 57131, 20284,
               41334, 26838, 34953, 44353, 42435, 24592, 26903, 44409, 22466,
               46984, 42435, 24592, 26903, 44409, 22466, 46984});
}

TEST_CASE("channels come in the order asked for") {
  CHECK(values("Wake", {"shape", "word"}) == Values{hashed("Aaa", 5, 0), hashed("Wake", 1, 0)});
  CHECK(values("Wake", {}).empty());
  CHECK(find_word_channel("words") == nullptr);
}

TEST_CASE("code points") {
  CHECK(count_code_points("") == 0);
  CHECK(count_code_points("a\xc3\xa9\xe0\xb8\x81") == 3);
  CHECK(count_code_points("\x80"
                          "a") == 2);
  CHECK(next_code_point("\xc3\xa9t", 0) == 2);
  CHECK(previous_code_point("t\xc3\xa9", 3) == 1);
  CHECK(is_utf8("a\xc3\xa9\xf0\x9f\x98\x80"));
  CHECK_FALSE(is_utf8("a\xc3\xa9\xa9"));
  CHECK(decode_code_point("a") == U'a');
  CHECK(decode_code_point("\xc3\xa9") == 0xe9);
  CHECK(decode_code_point("\xf0\x9f\x98\x80") == 0x1f600);
  for (const char* bad :
       {"", "\x80", "\xc1\x81", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf8\x80\x80\x80", "\xc3", "\xe0\xb8"}) {
    CHECK(decode_code_point(bad) == kNoCodePoint);
    CHECK(is_utf8(bad) == std::string_view(bad).empty());
  }
}
