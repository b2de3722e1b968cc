/** The scalar functions. A record in one of these files is all that a new one needs. */

export * from "./arithmetic.ts";
