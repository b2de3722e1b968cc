/** Text of a tensor's elements. */
import type { Dense } from "./primitive.ts";
export const formatElements = ({ data }: Dense): string => `${Array.from(data)}`;
