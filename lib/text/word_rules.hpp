// Private to lib/text: cuts that Unicode's word boundaries do not make but that slots need.
// They are rules of languages, chosen so that they leave other languages' words whole.
#pragma once

#include <string_view>
#include <vector>

#include "pnlp/text/record.hpp"

namespace pnlp {

// Appends `word`, a range of `text` between two Unicode word boundaries, or the parts into which
// these rules cut it:
// * an English clitic goes with its apostrophe: today|'s, I|'m, we|'ll;
// * a French or Italian elision keeps its apostrophe: l'|album, qu'|il, dell'|amico;
// * the Spanish enclitic "me" leaves its verb, told by the accent that it brings (Recuérda|me) or
//   by the infinitive (recordar|me).
void cut_clitics(std::string_view text, ByteRange word, std::vector<ByteRange>& words);

// Cuts `word` between a script without spaces (Thai) and any other (โทร|Rowan), and its parts by
// cut_clitics().
void cut_word(std::string_view text, ByteRange word, std::vector<ByteRange>& words);

}  // namespace pnlp
