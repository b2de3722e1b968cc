/** Commands to go on with after `npm start`. */

interface Suggestion {
  readonly what: string;
  /** To be pasted into a terminal. */
  readonly command: string;
}

const sample = (flags: string, out: string): string =>
  `npm run adm -- sample --preset mnist --num_samples 16 ${flags} --out ${out}.png`;

export const nextCommands: readonly Suggestion[] = [
  { what: "one class", command: sample("--timestep_respacing 50 --class 7", "sevens") },
  {
    what: "stronger guidance: clearer digits, and more alike (the scale that npm start takes is 4)",
    command: sample("--timestep_respacing 50 --class 7 --classifier_scale 16", "strong"),
  },
  {
    what: "another sampler: DDIM's 25 steps",
    command: sample("--timestep_respacing ddim25 --use_ddim True --class 7", "ddim"),
  },
  { what: "more steps, of the 1000 that it was trained with", command: sample("--timestep_respacing 250", "steps") },
  { what: "other digits", command: sample("--timestep_respacing 50 --seed 1", "other") },
  {
    what: "another device: wasm, or webgpu where there is a graphics processor",
    command: sample("--timestep_respacing 50 --device wasm --threads 1", "device"),
  },
];
