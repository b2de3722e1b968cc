/** `adm goldens`: compares everything with a folder of numbers of the original. */

import { type Command, Option } from "commander";
import { type DeviceName, deviceNames, openGoldenDevice } from "../goldens/device.ts";
import { openFolder } from "../goldens/folder.ts";
import { runGoldens } from "../goldens/run-goldens.ts";
import { countsText, header, rowText } from "../goldens/table.ts";
import { ChecksFailed, UsageError } from "./faults.ts";
import { numberOption } from "./options.ts";

interface GoldensFlags {
  readonly device: DeviceName;
  readonly only?: string;
  readonly most_gflop?: number;
}

const patternOf = (text: string | undefined): RegExp => {
  try {
    return new RegExp(text ?? "");
  } catch (error) {
    throw new UsageError(`--only ${text}: ${(error as Error).message}`);
  }
};

const goldens = async (directory: string, flags: GoldensFlags): Promise<void> => {
  const only = patternOf(flags.only);
  const counts = { pass: 0, FAIL: 0, skipped: 0 };
  const folder = await openFolder(directory);
  const device = await openGoldenDevice(flags.device, flags.most_gflop);
  try {
    console.log(header);
    for await (const row of runGoldens(folder, device, only)) {
      counts[row.verdict]++;
      console.log(rowText(row, device.name));
    }
  } finally {
    device.close();
  }
  if (counts.pass + counts.FAIL + counts.skipped === 0)
    throw new UsageError(
      `${directory}: there is no case in it${flags.only === undefined ? "" : ` whose name matches ${flags.only}`}`,
    );
  console.log(countsText(counts));
  if (counts.FAIL === 1) throw new ChecksFailed("1 quantity differs by more than it may");
  if (counts.FAIL > 1) throw new ChecksFailed(`${counts.FAIL} quantities differ by more than they may`);
};

export const registerGoldens = (program: Command): void => {
  program
    .command("goldens")
    .argument("<folder>", "numbers of the original: JSON, .safetensors, .pt, .npz and images")
    .description(
      "compute every case of a folder of golden data, and print how far each quantity is from what is stored",
    )
    .addOption(new Option("--device <name>", "where cases are computed").choices(deviceNames).default("wasm"))
    .option("--only <pattern>", "run the cases whose names match this regular expression")
    .addOption(numberOption("most_gflop", "skip larger networks (default: 5, and none on wasm)"))
    .action((directory: string, flags: GoldensFlags) => goldens(directory, flags));
};
