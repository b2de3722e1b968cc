/** Commands to go on with after `npm start`. */

interface Suggestion {
  readonly what: string;
  /** To be pasted into a terminal. */
  readonly command: string;
}

/** Those that sample from a preset whose weights are here. */
export const nextCommands = (preset: string): readonly Suggestion[] => {
  const sample = (flags: string, out: string): string =>
    `npm run adm -- sample --preset ${preset} --num_samples 16 ${flags} --out ${out}.png`;
  return [
    { what: "one class", command: sample("--timestep_respacing 50 --class 7", "seven") },
    {
      what: "stronger guidance: clearer pictures, and more alike (the scale that npm start takes is 4)",
      command: sample("--timestep_respacing 50 --class 7 --classifier_scale 16", "strong"),
    },
    {
      what: "another sampler: DDIM's 25 steps",
      command: sample("--timestep_respacing ddim25 --use_ddim True --class 7", "ddim"),
    },
    { what: "more steps, of the 1000 that it was trained with", command: sample("--timestep_respacing 250", "steps") },
    { what: "another seed", command: sample("--timestep_respacing 50 --seed 1", "other") },
    {
      what: "another device: wasm, or webgpu where there is a graphics processor",
      command: sample("--timestep_respacing 50 --device wasm --threads 1", "device"),
    },
  ];
};
