/** Golden cases of what the language leaves out, each with the reason. */

export const outside: Readonly<Record<string, string>> = {
  "cast/bf16": "bf16 is a dtype of files, not of tensors",
};
