/** What the classes of the data sets are called, by label. */

const clothes = "T-shirt,trouser,pullover,dress,coat,sandal,shirt,sneaker,bag,boot";

const names: Readonly<Record<string, readonly string[]>> = {
  fashion: clothes.split(","),
};

/** The names of a set's classes; their numbers, where they have none. */
export const classNames = (dataset: string | undefined, classes: number): readonly string[] =>
  names[dataset ?? ""] ?? Array.from({ length: classes }, (_, label) => `${label}`);
