/**
 * Every message to the user, as typed factories with codes.
 *
 * A message says what stands there, why it cannot be, and what to write instead; the place and the calls that led to it are
 * added where it is reported. Codes are never reused.
 */

import type { Origin } from "./ir/program.ts";

export interface Message {
  readonly code: string;
  readonly title: string;
  readonly why: string;
  readonly instead: string;
}

export interface Diagnostic extends Message {
  readonly origin: Origin;
}

/** A fault on its way to where it is reported. */
export class Fault extends Error {
  readonly diagnostic: Diagnostic;
  constructor(diagnostic: Diagnostic) {
    super(format(diagnostic));
    this.diagnostic = diagnostic;
  }
}

/** What a compilation that failed throws: all that was found. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly diagnostics: readonly Diagnostic[];
  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(format).join("\n\n"));
    this.diagnostics = diagnostics;
  }
}

/** `unet.ts:21:34 TG301 title`, the why, the repair, and the calls that led there. */
export const format = ({ code, title, why, instead, origin }: Diagnostic): string => {
  const { place, path } = origin;
  const at = place === undefined ? "" : `${place.file}:${place.line}:${place.column} `;
  const lines = [`${at}${code} ${title}`];
  if (why !== "") lines.push(`  ${why}`);
  if (instead !== "") lines.push(`  Instead: ${instead}`);
  if (path.length > 0) lines.push(`  in ${showCalls(path)}`);
  return lines.join("\n");
};

/** `unet / block / attention`; a function that calls itself is shown once, with how often. */
const showCalls = (path: readonly string[]): string => {
  const shown: string[] = [];
  for (let i = 0, times = 1; i < path.length; i++, times++) {
    if (path[i] === path[i + 1]) continue;
    shown.push(times > 1 ? `${path[i]} (${times} times)` : `${path[i]}`);
    times = 0;
  }
  return shown.join(" / ");
};

const message =
  <Args extends readonly unknown[]>(
    code: string,
    make: (...args: Args) => readonly [title: string, why: string, instead: string],
  ) =>
  (...args: Args): Message => {
    const [title, why, instead] = make(...args);
    return { code, title, why, instead };
  };

// Sources and entries: TG1…
export const syntaxError = message("TG101", (text: string) => [
  `syntax error: ${text}`,
  "The file cannot be read until it parses.",
  "mend the syntax; an editor or tsc shows the same error.",
]);
export const fileNotFound = message("TG102", (file: string) => [
  `there is no file ${file}`,
  "A compilation begins at a source file.",
  "give the path of a .ts file, relative to where the command runs.",
]);
export const exportNotFound = message("TG103", (name: string, names: readonly string[]) => [
  `no export is named ${name}`,
  names.length === 0 ? "The file exports no function." : `The file exports ${names.join(", ")}.`,
  "name one of the exports, or add the word export.",
]);
export const notAFunction = message("TG104", (name: string, what: string) => [
  `${name} is ${what}, and must be a function`,
  "A program is compiled from a function of tensors.",
  `write ${name} as a function, such as export const ${name} = (x: Tensor<[2, 3]>) => …`,
]);
export const packageWithoutSource = message("TG105", (name: string) => [
  `the package ${name} has no TypeScript sources to read`,
  "Functions are compiled from their source, and this package gives none for the condition typegrad-source.",
  "compute the value outside and pass it in, or add the condition to the package's exports.",
]);
export const moduleNotFound = message("TG106", (specifier: string) => [
  `cannot find the module ${specifier}`,
  "An import names neither a file nor an installed package.",
  "mend the path (with its ending .ts), or install the package.",
]);
export const openDim = message("TG107", (parameter: string, dim: string) => [
  `a dim of ${parameter} is not known: ${dim}`,
  "Shapes are fixed when a program is compiled.",
  `write a number in the parameter's type, or give the dim: --dim ${dim}=4, or dims: { ${dim}: 4 }.`,
]);
export const openParameter = message("TG108", (parameter: string, type: string) => [
  `the parameter ${parameter} has type ${type}, which is no tensor and has no value`,
  "Arguments of a program are tensors and trees of tensors; everything else is static.",
  `take it as a tensor, ${parameter}: Tensor<[]>; or give its value: --static ${parameter}=…, or compile(f, { statics: { ${parameter}: … } }); a literal type gives one, too.`,
]);
export const typeError = message("TG109", (text: string) => [
  `type error: ${text}`,
  "The checker refuses this file.",
  "mend the type error first.",
]);

// Names and values: TG2…
export const unknownName = message("TG201", (name: string) => [
  `nothing is named ${name} here`,
  "The name is neither declared nor imported, and no global that a program may use.",
  "declare it, import it, or pass it as an argument.",
]);
export const impureGlobal = message("TG202", (name: string, instead: string) => [
  `${name} cannot be used in a program`,
  "A program gives the same results for the same arguments; this reads or changes the world around it.",
  instead,
]);
export const usedBeforeBound = message("TG203", (name: string) => [
  `${name} is used before it has a value`,
  "Its value is needed before its declaration, or while it is being computed.",
  `move the declaration of ${name} up; where two need each other, give one of them a value of its own.`,
]);
export const outerMutation = message("TG204", (name: string) => [
  `${name} belongs to a function around this one, and is assigned here`,
  "Functions of a program are pure: they change only what they themselves made, so that they can be differentiated, repeated and reordered.",
  "return the new value, or carry it: fold(xs, init, (carry, x) => …) for tensors, reduce for static lists.",
]);
export const outerArrayMutation = message("TG205", (method: string) => [
  `this array or record was made outside of this function, and ${method} would change it`,
  "Functions of a program are pure: they change only what they themselves made.",
  "make a new one: [...xs, x], { ...record, field }, or xs.map(…).",
]);
export const constAssigned = message("TG206", (name: string) => [
  `${name} is a const, and is assigned here`,
  "A const has one value.",
  `write let ${name}, or a new const.`,
]);
export const noProperty = message("TG207", (name: string, what: string, near: readonly string[]) => [
  `${what} has no ${name}`,
  near.length === 0
    ? "There is nothing of that name."
    : `Near it ${near.length > 1 ? "are" : "is"} ${near.slice(0, 5).join(", ")}.`,
  near.length === 0 ? "mend the name." : `${near[0]}, if that was meant.`,
]);
export const notCallable = message("TG208", (what: string) => [
  `${what} is called, and is no function`,
  "Only functions can be called.",
  "mend the name, or its import; to scale a tensor, write mul(x, 2).",
]);
export const unknownMethod = message("TG209", (method: string, what: string) => [
  `${what} has no method ${method} that a program may use`,
  "Methods that change their object, or call back later, are left out.",
  "write it with map, filter, reduce, slice, concat or a for loop.",
]);

export const statefulGlobal = message("TG210", (name: string, instead: string) => [
  `${name} cannot be used in a program`,
  "It is changed in place, and a program is made of values that stay what they are.",
  instead,
]);

// Syntax outside of the subset: TG3…
export const unsupportedSyntax = message("TG301", (what: string, why: string, instead: string) => [
  `${what} cannot be compiled`,
  why,
  instead,
]);
export const tensorCondition = message("TG302", (what: string, type: string) => [
  `${what} is decided by ${type}, which is known only when the program runs`,
  "The compiler follows one branch, and must know which.",
  "compute both and choose: where(mask, a, b), with a bool mask of the shape of a, such as expand(greater(sum(x), 0), x.shape); or a ternary inside a map.",
]);
export const tensorOperator = message("TG303", (operator: string, left: string, right: string) => [
  `${operator} between ${left} and ${right}`,
  "JavaScript's operators do not work on tensors.",
  "write add, sub, mul, div, less …, or the formula inside a map: map(a, b, (a, b) => a + b).",
]);
export const tensorText = message("TG304", (type: string) => [
  `a tensor (${type}) in a text`,
  "Its elements are known only when the program runs.",
  "use its shape or dtype, such as x.shape.",
]);
export const runawayRecursion = message("TG305", (name: string, depth: number) => [
  `${name} calls itself more than ${depth} times`,
  "Functions are unrolled when a program is compiled, so recursion must end on static values.",
  "end it on a static value; for many steps write a fold over a tensor.",
]);
export const runawayLoop = message("TG306", (steps: number) => [
  `this loop takes more than ${steps} steps`,
  "Static loops are unrolled.",
  "mend the condition, if it never becomes false; else write a fold, which stays a loop.",
]);
export const thrown = message("TG307", (text: string) => [
  text,
  "The program throws this error for the values that it is compiled for.",
  "",
]);
export const tensorLoop = message("TG308", (type: string) => [
  `a loop over a tensor (${type})`,
  "JavaScript's loops cannot see the elements of a tensor.",
  "write fold(xs, init, (carry, x) => …), or unstack(xs) to unroll it.",
]);

// Tensors: TG4…
export const shapeFault = message("TG401", (text: string) => [text, "", ""]);
export const dtypeFault = message("TG402", (text: string) => [text, "", ""]);
export const badArgument = message("TG403", (text: string) => [text, "", ""]);
export const resultNotTensors = message("TG404", (name: string, path: string, what: string) => [
  `${name} returns ${what} at ${path}`,
  "A program returns a tensor, or a record or tuple of them.",
  "return tensors alone, and add what is static outside; a number becomes a tensor by full([], value).",
]);

// Lambdas of map: TG5…
export const lambdaCapturesTensor = message("TG501", (name: string) => [
  `the lambda of a map captures the tensor ${name}`,
  "A lambda sees one element of each operand, and static numbers.",
  `make it an operand: map(x, ${name}, (x, ${name}) => …).`,
]);
export const lambdaFunction = message("TG502", (name: string) => [
  `${name} is no scalar function that a map can compute`,
  "A lambda of a map is arithmetic on single elements.",
  "use arithmetic, comparisons, a ternary, Math.*, or scalar.*; work on whole tensors goes outside the map.",
]);
export const lambdaIntegerForm = message("TG503", (form: string, instead: string) => [
  `${form} of integers`,
  "JavaScript computes it in floating point, and devices compute integers: the results would differ.",
  instead,
]);
export const lambdaCondition = message("TG504", (what: string) => [
  `${what} inside the lambda of a map, decided by an element`,
  "Every element takes the same path through a kernel.",
  "write a ternary: x > 0 ? a : b; both sides are computed and one is chosen.",
]);
export const lambdaResult = message("TG505", (what: string) => [
  `the lambda of a map returns ${what}`,
  "It must return a number for each element, or a boolean.",
  "return an expression of its parameters.",
]);
export const lambdaNotInSource = message("TG506", () => [
  "the function given to map has no source that can be read",
  "The lambda is compiled from its source.",
  "write it in place: map(x, (x) => …), or as a const in a .ts file.",
]);

// Types against shapes: TG6…
export const typesDisagree = message("TG601", (type: string, shape: string) => [
  `the type says ${type}, and the shape is ${shape}`,
  "What the checker believes of this call is not what it gives; a cast (`as`) is the usual cause.",
  "mend the type, or drop the cast.",
]);
