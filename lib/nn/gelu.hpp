// GELU(x) = x Phi(x) (Hendrycks, Gimpel 2016) as max(x, 0) + V(|x|), where V is a polynomial of
// degree four in each of sixteen pieces, which together have the least maximum of the errors of
// GELU, below 1e-6, and of its slope, below 2e-5. Piece i is around i steps of 5.25 / 14.5, its
// variable is in steps from there; in the last one, from 5.25 on, V is 0.
#pragma once

#include <array>
#include <cstddef>

namespace pnlp {

inline constexpr float kGeluSteps = 14.5F / 5.25F;  // of one
inline constexpr float kGeluEdge = 5.2501F;         // a little past the last step's beginning

constexpr std::size_t kGeluPieces = 16;
using GeluCoefficients = std::array<float, kGeluPieces>;
// By power. Aligned for the longest vectors.
alignas(64) inline constexpr std::array<GeluCoefficients, 5> kGelu = {{
    {0, -0.129856095F, -0.1698035F, -0.150650129F, -0.106839277F, -0.0635814294F, -0.0323955305F,
     -0.0142708328F, -0.00546417106F, -0.00182409701F, -0.000531914062F, -0.00013565355F,
     -3.02807457e-05F, -5.91952903e-06F, -1.0138217e-06F, 0},
    {-0.181034476F, -0.0808798F, -0.00443326449F, 0.0367590711F, 0.0465873145F, 0.0380777903F,
     0.024240274F, 0.0127099073F, 0.00562254712F, 0.00212487997F, 0.000691049849F, 0.000194293854F,
     4.73723485e-05F, 1.00380075e-05F, 1.85144074e-06F, 0},
    {0.052300591F, 0.0457690097F, 0.029687766F, 0.0118907355F, -0.000892318494F, -0.00648762472F,
     -0.00671664206F, -0.00466024224F, -0.00251845573F, -0.00111459557F, -0.000413483445F,
     -0.000130234315F, -3.5102752e-05F, -8.13899533e-06F, -1.62928859e-06F, 0},
    {-1.17705849e-05F, -0.0040923343F, -0.00605139509F, -0.0053262352F, -0.00304942718F,
     -0.000823935145F, 0.000445325306F, 0.000770891493F, 0.000603300752F, 0.000338523067F,
     0.000150185704F, 5.47572927e-05F, 1.6733853e-05F, 4.33643845e-06F, 9.60088414e-07F, 0},
    {-0.00112018315F, -0.000821687689F, -0.000135215581F, 0.000445695885F, 0.000622298627F,
     0.000453307468F, 0.000184347926F, -1.01516684e-06F, -6.61017257e-05F, -5.96417631e-05F,
     -3.43442334e-05F, -1.50323012e-05F, -5.29841464e-06F, -1.54535803e-06F, -3.78739315e-07F, 0},
}};

}  // namespace pnlp
