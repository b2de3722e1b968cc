import { add, type Tensor } from "typegrad";

export const program = (x: Tensor<[2]>): Tensor<[2]> => {
  let total = x;
  for (const y of [x, x]) total = add(total, y);
  [x, x].forEach((y) => {
    total = add(total, y); // TG204
  });
  return total;
};
