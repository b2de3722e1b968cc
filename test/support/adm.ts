/** Command lines of `adm` in this process: what they print, and the code that they exit with. */

import { vi } from "vitest";
import type { Register } from "../../examples/guided-diffusion/cli/options.ts";
import { createProgram, runProgram } from "../../examples/guided-diffusion/cli/program.ts";

// Tests compile what they test, and leave nothing in the project's folder.
process.env.ADM_PLAN_CACHE ??= "none";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Flags of the network of `test/goldens/tiny.pt`, and a short process. */
export const tinyFlags = [
  ...["--image_size", "8", "--num_channels", "32", "--num_res_blocks", "1", "--channel_mult", "1"],
  ...["--attention_resolutions=", "--num_head_channels", "16", "--class_cond", "True", "--num_classes", "3"],
  ...["--learn_sigma", "True", "--diffusion_steps", "100"],
];

/** Runs one command line. */
export const adm = (register: Register, ...argv: readonly string[]): Promise<Ran> => watched(register, argv);

/** The same, with each line of standard error as it is written. */
export const watched = async (
  register: Register,
  argv: readonly string[],
  onError: (text: string) => void = () => undefined,
): Promise<Ran> => {
  const [out, err]: [string[], string[]] = [[], []];
  const write = (to: string[]) => (text: unknown) => {
    to.push(String(text));
    if (to === err) onError(String(text));
    return true;
  };
  const spies = [
    vi.spyOn(process.stderr, "write").mockImplementation(write(err)),
    vi.spyOn(process.stdout, "write").mockImplementation(write(out)),
    vi.spyOn(console, "log").mockImplementation((text) => void out.push(`${text}\n`)),
  ];
  try {
    const code = await runProgram(createProgram([register]), argv);
    return { code, out: out.join(""), err: err.join("") };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
};
