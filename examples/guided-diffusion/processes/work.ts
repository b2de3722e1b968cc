/** What the process of `apart` runs: calls, each with one answer, until nobody is there to ask. */

export interface Work {
  /** The URL of a module, and the name of the function that it exports. */
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
}

/** An error as data: the copy of one would be without its name, and without what its class adds. */
export interface Fault {
  readonly fields: Readonly<Record<string, unknown>> & { readonly message: string };
  /** Where it is an error too; else it is among the fields. */
  readonly cause?: Fault;
  /** Of an AggregateError. */
  readonly errors?: readonly Fault[];
}

export type Answer =
  | { readonly kind: "done"; readonly value: unknown }
  | { readonly kind: "failed"; readonly error: Fault };

const errorOf = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

const faultOf = (error: Error): Fault => {
  // These are not enumerable.
  const { name, message, stack, cause } = error;
  const isError = cause instanceof Error;
  return {
    fields: { ...error, name, message, stack, ...(!isError && cause !== undefined && { cause }) },
    ...(isError && { cause: faultOf(cause) }),
    ...(error instanceof AggregateError && { errors: error.errors.map((each) => faultOf(errorOf(each))) }),
  };
};

const resultOf = async ({ module, name, args }: Work): Promise<unknown> => {
  const { [name]: f } = (await import(module)) as Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;
  if (f === undefined) throw new Error(`internal: ${module} exports no ${name}`);
  return f(...args);
};

/** @throws Error where it cannot be copied; that nobody is there any more is none */
const send = (answer: Answer): void => {
  process.send?.(answer, undefined, undefined, () => undefined);
};

const answer = async (work: Work): Promise<void> => {
  try {
    send({ kind: "done", value: await resultOf(work) });
  } catch (thrown) {
    const error = errorOf(thrown);
    try {
      send({ kind: "failed", error: faultOf(error) });
    } catch {
      // It has a function in it, say, or is its own cause.
      const { name, message, stack } = error;
      send({ kind: "failed", error: { fields: { name, message, stack } } });
    }
  }
};

// A terminal sends Ctrl-C to this process too; the one that asks decides what ends.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
process.on("message", answer);
