/** What TypeScript says of statements, one a line: runs the checker once over a file of them. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

const header = `import * as ops from ${JSON.stringify(join(root, "dsl/ops.ts"))};
import type { DType } from ${JSON.stringify(join(root, "dsl/dtype.ts"))};
import type { Tensor } from ${JSON.stringify(join(root, "dsl/tensor.ts"))};
declare const t: <S extends readonly number[], D extends DType>() => Tensor<S, D>;
`;

/** The checker's message for each statement, `undefined` where it has none. In statements ops are `ops.add`. */
export const checkStatements = (statements: readonly string[]): (string | undefined)[] => {
  const folder = mkdtempSync(join(tmpdir(), "typegrad-types-"));
  try {
    const options = {
      extends: join(root, "tsconfig.json"),
      include: ["*.ts"],
      compilerOptions: { types: [], noErrorTruncation: true },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
    writeFileSync(join(folder, "calls.ts"), header + statements.join("\n"));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout, error } = spawnSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    if (error) throw error;
    return messagesByLine(stdout, statements.length, header.split("\n").length);
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const messagesByLine = (output: string, count: number, firstLine: number): (string | undefined)[] => {
  const messages = new Array<string | undefined>(count).fill(undefined);
  let statement = -1;
  for (const line of output.split("\n")) {
    const start = /^(.*?)\((\d+),\d+\): error (.*)$/.exec(line);
    if (start) {
      if (!start[1]?.endsWith("calls.ts")) {
        statement = -1;
        continue;
      }
      statement = Number(start[2]) - firstLine;
      messages[statement] = [messages[statement], start[3]].filter((part) => part !== undefined).join("\n");
    } else if (line.startsWith(" ") && statement >= 0) messages[statement] += `\n${line}`;
  }
  return messages;
};

/** The texts that a message's `ShapeError<"…">` and `DTypeError<"…">` carry. */
export const refusalsIn = (message: string): string[] =>
  [...message.matchAll(/(?:ShapeError|DTypeError)<("(?:[^"\\]|\\.)*")>/g)].map(
    ([, text]) => JSON.parse(text as string) as string,
  );
