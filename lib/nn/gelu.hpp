// GELU(x) = x Phi(x) (Hendrycks, Gimpel 2016) as max(x, 0) + V(|x|), where V is a polynomial of
// degree five in each of eight pieces, which together have the least maximum of the errors of GELU,
// below 2e-6, and of its slope, below 2e-5. Piece i is around i steps of 5.25 / 6.5, its variable
// is in steps from there; in the last one, from 5.25 on, V is 0.
#pragma once

#include <array>
#include <cstddef>

namespace pnlp {

inline constexpr float kGeluSteps = 6.5F / 5.25F;  // of one
inline constexpr float kGeluEdge = 5.2501F;        // a little past the last step's beginning

constexpr std::size_t kGeluPieces = 8;
using GeluCoefficients = std::array<float, kGeluPieces>;
// By power.
inline constexpr std::array<GeluCoefficients, 6> kGelu = {{
    {0, -0.169320643F, -0.0858001783F, -0.0186445937F, -0.00199422264F, -0.000108683504F,
     -3.05776166e-06F, 0},
    {-0.403846145F, 0.0184970032F, 0.0982894152F, 0.0352408551F, 0.00513622025F, 0.000352309784F,
     1.19188835e-05F, 0},
    {0.260224938F, 0.126608714F, -0.0214545652F, -0.0267791245F, -0.00594835263F, -0.000532898121F,
     -2.18252244e-05F, 0},
    {0.00041902173F, -0.0682997555F, -0.021388201F, 0.00843431056F, 0.00395103218F, 0.000500021619F,
     2.60124471e-05F, 0},
    {-0.0302372128F, 0.000288030336F, 0.0138450423F, 0.00123845437F, -0.00148965418F,
     -0.000335148798F, -2.51309048e-05F, 0},
    {0.00381625677F, 0.00716061983F, -0.00172886264F, -0.00177939073F, 0.000208500394F,
     0.000141548022F, 1.51443373e-05F, 0},
}};

}  // namespace pnlp
