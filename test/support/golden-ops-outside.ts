/** Golden cases of ops and of random numbers that the language leaves out, each with the reason. */

export const outside = {
  "cast/bf16": "bf16 is a dtype of files, not of tensors",
} as const;

/** Fields of a seed in `random.json`. */
export const outsideOfRandom = {
  bits8_16: "integers of 8 and 16 bits are dtypes of files, not of tensors",
} as const;
