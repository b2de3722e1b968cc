/** What goes wrong here, by whose it is to mend. */

/** An argument, or a value to bind, that does not fit its parameter. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

/** A device that is not there, is lost, or has no memory left. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
}

/** A plan that is damaged, or is not for this runtime or device. */
export class PlanError extends Error {
  override readonly name = "PlanError";
}
