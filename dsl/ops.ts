/** The list of ops: an op is public, documented and tested by standing here. */

export { map } from "./ops/map.ts";
export { add, mul } from "./ops/named.ts";
