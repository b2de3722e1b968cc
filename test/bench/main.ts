/** The benchmark's command: `npm --prefix test/bench start -- [rows] [--peer ort] [--device wasm] [--threads 2] …`. */

import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { compare, type Outcome } from "./compare.ts";
import { peakOfThread } from "./peak.ts";
import { rows } from "./rows.ts";
import type { Settings } from "./side.ts";
import { type Line, table } from "./table.ts";
import type { SideName } from "./worker.ts";

const peerNames = ["copying", "ort", "jax", "torch", "reference"] as const;
const titles: Readonly<Record<string, string>> = {
  copying: "ours with copies",
  ort: "onnxruntime-web",
  jax: "jax-js",
  torch: "PyTorch",
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peer: { type: "string", multiple: true, default: ["ort"] },
    device: { type: "string", default: "wasm" },
    threads: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    milliseconds: { type: "string", default: "200" },
    write: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    relaxed: { type: "boolean", default: false },
  },
});

const refuse = (text: string): never => {
  console.error(text);
  process.exit(1);
};
const chosen = positionals.length === 0 ? rows : rows.filter(({ name }) => positionals.includes(name));
const unknownRow = positionals.find((name) => !rows.some((row) => row.name === name));
if (unknownRow) refuse(`there is no row ${unknownRow}; they are ${rows.map(({ name }) => name).join(", ")}`);
const unknownPeer = values.peer.find((name) => !(peerNames as readonly string[]).includes(name));
if (unknownPeer) refuse(`there is no peer ${unknownPeer}; they are ${peerNames.join(", ")}`);
if (values.device !== "wasm" && values.device !== "webgpu")
  refuse(`there is no device ${values.device}; they are wasm, webgpu`);
if (values.list) {
  for (const { name, title } of rows) console.log(name.padEnd(16), title);
  process.exit(0);
}

const settings: Settings = { device: values.device as Settings["device"], threads: Number(values.threads) };
const plan = { rounds: Number(values.rounds), milliseconds: Number(values.milliseconds) };
const peers = values.peer as SideName[];

const note = (row: string, name: string, outcome: Outcome): void => {
  if (outcome.kind === "cannot") console.error(`${row}: ${name}: ${outcome.why}`);
};

const lines: Line[] = [];
for (const row of chosen) {
  console.error(`${row.title} …`);
  const { outcomes, difference } = await compare(row, ["ours", ...peers], settings, plan);
  const [ours, ...theirs] = outcomes as [Outcome, ...Outcome[]];
  note(row.name, "ours", ours);
  theirs.forEach((outcome, i) => {
    note(row.name, peers[i] as string, outcome);
  });
  lines.push({
    row,
    ours,
    peers: theirs.map((outcome, i) => [titles[peers[i] as string] ?? (peers[i] as string), outcome]),
    difference,
  });
}

const peak = settings.threads * (await peakOfThread());
const about = `${values.device}, ${settings.threads} threads, Node ${process.versions.node}, ${cpus()[0]?.model ?? "?"}; load ${loadavg()[0]?.toFixed(1)}; peak ${peak.toFixed(0)} GFLOP/s; medians of ${plan.rounds} rounds.`;
const text = `${about}\n\n${table(lines, peak)}`;
console.log(text);
if (values.write) {
  const file = new URL("README.md", import.meta.url);
  const [start, end] = ["<!-- table -->", "<!-- end of table -->"];
  const old = readFileSync(file, "utf8");
  const [before, after] = [old.indexOf(start), old.indexOf(end)];
  if (before < 0 || after < before) refuse(`README.md has no ${start} … ${end} to write between`);
  writeFileSync(file, `${old.slice(0, before)}${start}\n${text}\n${old.slice(after)}`);
}
process.exit(0);
