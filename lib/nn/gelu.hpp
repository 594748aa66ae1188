// GELU(x) = max(x, 0) + V(|x|) (Hendrycks, Gimpel 2016) and its slope 1/2 + sign(x) S(|x|), where V
// and S are polynomials of degree five, one for each of eight pieces, with the least maximum of
// the error: value within 1e-6, slope within 3e-6. Piece i is around i steps of 5.25 / 6.5, its
// variable is in steps from there; the last one, from 5.25 on, is constant, and V is 0.
#pragma once

#include <array>

namespace pnlp {

inline constexpr float kGeluSteps = 6.5F / 5.25F;  // of one
inline constexpr float kGeluEdge = 5.2501F;        // a little past the last step's beginning

using GeluTable = std::array<std::array<float, 8>, 6>;  // [power][piece]
inline constexpr GeluTable kGeluValue = {{
    {0, -0.169320092F, -0.08579956F, -0.018644914F, -0.00199427549F, -0.000108659471F,
     -3.05340745e-06F, 0},
    {-0.403844297F, 0.0184989795F, 0.0982880518F, 0.0352408402F, 0.00513643352F, 0.000352292642F,
     1.19095521e-05F, 0},
    {0.260203183F, 0.126588419F, -0.0214774404F, -0.026766846F, -0.00594644016F, -0.000533802668F,
     -2.19849371e-05F, 0},
    {0.000500310271F, -0.0683229119F, -0.02137262F, 0.00843451824F, 0.00394859444F, 0.000500214461F,
     2.61180794e-05F, 0},
    {-0.030347595F, 0.00037081464F, 0.0139371091F, 0.00118916738F, -0.00149739895F,
     -0.000331522635F, -2.4491057e-05F, 0},
    {0.00385557441F, 0.00722018769F, -0.00176854338F, -0.00177994184F, 0.000214714077F,
     0.000141058976F, 1.48760191e-05F, 0},
}};
inline constexpr GeluTable kGeluSlope = {{
    {0, 0.522903144F, 0.621690154F, 0.543631494F, 0.506359339F, 0.500436187F, 0.500014722F, 0.5F},
    {0.644442677F, 0.313381046F, -0.0532677099F, -0.0662341192F, -0.0147171486F, -0.00132514979F,
     -5.50406039e-05F, 0},
    {6.80325393e-05F, -0.253754199F, -0.0793941617F, 0.0313284434F, 0.0146678267F, 0.00185783068F,
     9.69418761e-05F, 0},
    {-0.140721485F, 0.00347824953F, 0.0708510354F, 0.00491298689F, -0.00757290283F, -0.00157015282F,
     -0.000108483051F, 0},
    {0.00207754876F, 0.0446082987F, -0.010893764F, -0.0110198138F, 0.00132054393F, 0.000873824116F,
     9.24542474e-05F, 0},
    {0.0177227799F, -0.00661755353F, -0.00733031239F, 0.00390892336F, 0.000628842856F,
     -0.000287064322F, -5.11507897e-05F, 0},
}};

}  // namespace pnlp
