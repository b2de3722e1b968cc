/** What the process of `apart` runs: calls, each with one answer, until nobody is there to ask. */

export interface Work {
  /** The URL of a module, and the name of the function that it exports. */
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

export type Answer =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: Readonly<Record<string, unknown>> & { readonly message: string } };

const answerTo = async ({ module, name, args }: Work): Promise<Answer> => {
  try {
    const { [name]: f } = (await import(module)) as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
    if (f === undefined) throw new Error(`internal: ${module} exports no ${name}`);
    return { kind: "done", value: await f(...args) };
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    const { name, message, stack } = fault;
    // What its class adds are fields that are copied as they are.
    return { kind: "failed", error: { ...fault, name, message, stack } };
  }
};

// A terminal sends Ctrl-C to this process too; the one that asks decides what ends.
process.on("SIGINT", () => undefined);
process.on("message", async (work: Work) => {
  process.send?.(await answerTo(work));
});
