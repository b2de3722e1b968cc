/** Texts of WGSL modules without what is said to people: equal for kernels that compute the same. */

/** What a module declares: names after `let`, `var` and `fn`, and those of parameters. The printer uses no name twice. */
const declarations = /\b(?:let|var(?:<[^>]*>)?|fn)\s+(\w+)|(\w+)\s*:(?!:)/g;

/** The text without comments, its own names replaced by numbers in the order of their appearance. */
export const anonymous = (text: string): string => {
  const code = text.replaceAll(/\/\/.*\n/g, "");
  const own = new Map<string, string>();
  for (const [, named, typed] of code.matchAll(declarations)) {
    const name = (named ?? typed) as string;
    if (name !== "main" && !own.has(name)) own.set(name, `v${own.size}`);
  }
  return code.replaceAll(/[A-Za-z_]\w*/g, (word) => own.get(word) ?? word);
};
