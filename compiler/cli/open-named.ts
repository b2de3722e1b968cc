/** The device of the option `--device`. */

import { type Device, openDevice } from "../../runtime/index.ts";
import { type DeviceClassName, deviceClasses } from "../schedule/device-class.ts";

export const openNamed = (name: DeviceClassName, threads?: number): Promise<Device> =>
  openDevice({
    kind: deviceClasses[name].kind,
    ...(name === "software" && { software: true }),
    ...(threads !== undefined && { threads }),
  });
