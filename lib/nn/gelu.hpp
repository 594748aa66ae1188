// GELU(x) = x * (1/2 + x * P(s)) and GELU'(x) = 1/2 + x * Q(s) on [-kGeluEdge, kGeluEdge], where
// s = 2 (x / kGeluEdge)^2 - 1 lies in [-1, 1]; P and Q have the least maximum of the error (linear
// programming over Chebyshev nodes). Beyond the edges GELU is 0 or x.
#pragma once

#include <array>

namespace pnlp {

inline constexpr float kGeluEdge = 4.75F;
inline constexpr float kGeluSquare = 2.0F / (kGeluEdge * kGeluEdge);
inline constexpr std::array kGeluValue = {
    0.14874829351902008F,  -0.07366758584976196F,  0.053235311061143875F, -0.04056785628199577F,
    0.030402345582842827F, -0.021650537848472595F, 0.013407086953520775F, -0.007168096955865622F,
    0.005014658905565739F, -0.00377101032063365F,  0.001280478318221867F};
inline constexpr std::array kGeluSlope = {
    0.15016703307628632F, -0.0817379578948021F,   0.07566651701927185F, -0.08119026571512222F,
    0.09069766849279404F, -0.09945068508386612F,  0.07708996534347534F, -0.03369812294840813F,
    0.03567849099636078F, -0.050164517015218735F, 0.022215161472558975F};

}  // namespace pnlp
