/**
 * Giles, "Approximating the erfinv function" (GPU Computing Gems, 2012), table 1: erf⁻¹ x is x times a polynomial in
 * w − 2.5 where w = −ln(1 − x²) is below 5, else x times one in √w − 3. Highest powers first; relative error 3.5e-7 in f32.
 */

export const gilesCentral = [
  2.81022636e-8, 3.43273939e-7, -3.5233877e-6, -4.39150654e-6, 0.00021858087, -0.00125372503, -0.00417768164,
  0.246640727, 1.50140941,
] as const;

export const gilesTail = [
  -0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613, 0.00943887047,
  1.00167406, 2.83297682,
] as const;
