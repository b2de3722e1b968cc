/** A page in Chromium that runs functions of the project's modules. */

import type { Browser } from "playwright-core";
import { launchChromium } from "./chromium.ts";
import { type ServeOptions, serve } from "./serve.ts";

export interface PageOptions extends ServeOptions {
  /** One that is open already; a browser of the page's own if none is given. */
  readonly browser?: Browser;
}

export interface Page {
  /**
   * Calls what a module exports, in the page: `call("/test/browser/pages/adapter.ts", "adapter")`. Arguments and result are
   * copied, typed arrays too; larger data is better served as a file and fetched.
   */
  readonly call: <R>(module: string, name: string, ...args: readonly unknown[]) => Promise<R>;
  /** What the page wrote to its console, and errors that nothing caught. */
  readonly log: readonly string[];
  readonly close: () => Promise<void>;
}

/** The caller closes it. */
export const openPage = async ({ browser, ...options }: PageOptions = {}): Promise<Page> => {
  const own = browser ?? (await launchChromium());
  const server = await serve(options);
  const log: string[] = [];
  const page = await own.newPage();
  page.on("console", (message) => log.push(message.text()));
  page.on("pageerror", (error) => log.push(String(error)));
  await page.goto(server.origin);
  return {
    // Made of text: a function that stands here would be sent as what this process's own loader made of it.
    call: (module, name, ...args) => {
      const text = `return import(${JSON.stringify(module)}).then((all) => all[${JSON.stringify(name)}](...args));`;
      return page.evaluate(new Function("args", text) as (args: readonly unknown[]) => never, args);
    },
    log,
    close: async () => {
      await page.close();
      server.close();
      if (browser === undefined) await own.close();
    },
  };
};
