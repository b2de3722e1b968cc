/** The command line: commands that register themselves, and one place where what went wrong is said. */

import { Command } from "commander";
import { faultOf } from "./faults.ts";
import { type Register, withUnderscores } from "./options.ts";

/** Commands, from their registrations; all throw instead of ending the process. */
export const createProgram = (registrations: readonly Register[]): Command => {
  const program = new Command("adm")
    .description("sample, evaluate and train the diffusion models of “Diffusion Models Beat GANs” (arXiv 2105.05233)")
    .showHelpAfterError("(--help lists the flags)")
    .helpCommand(false);
  for (const register of registrations) register(program);
  for (const command of [program, ...program.commands]) command.exitOverride();
  return program;
};

/**
 * Runs one command line, and gives the code to exit with: 0, 2 for what the user can mend, 130 for an interruption, 1 for a
 * fault of ours.
 */
export const runProgram = async (program: Command, argv: readonly string[]): Promise<number> => {
  try {
    await program.parseAsync(withUnderscores(argv), { from: "user" });
    return 0;
  } catch (error) {
    const { text, exitCode } = faultOf(error);
    if (text !== "") process.stderr.write(`${text}\n`);
    return exitCode;
  }
};
