/** What `typegrad/runtime` exports. */

export type {
  AnyFunction,
  Argument,
  Arguments,
  CallOptions,
  Device,
  DeviceTensor,
  KernelTiming,
  Loaded,
  LoadOptions,
  Put,
  Reader,
  Result,
  Signal,
} from "./device.ts";
export { ArgumentError, DeviceError, PlanError } from "./errors.ts";
export { fetchPlan } from "./fetch-plan.ts";
export { type DeviceOptions, openDevice } from "./open.ts";
export type { DeviceKind, Plan } from "./plan.ts";
export { decodePlan, encodePlan } from "./plan-file.ts";
export { isDeviceTensor } from "./tensors.ts";
