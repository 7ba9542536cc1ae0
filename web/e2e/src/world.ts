/** A server, a browser, and windows in which nothing may go wrong unseen. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Call, callerOf, type Server, type Settings, startServer } from "./server.ts";

/** The longest that a window may take to show what it should, milliseconds. */
export const PATIENCE = 15_000;
const shots = join(dirname(fileURLToPath(import.meta.url)), "..", "shots");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Chromium without anything that phones home. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-gpu",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });

export type World = Awaited<ReturnType<typeof openWorld>>;
export type Profile = BrowserContext & { title: string };

export async function openWorld(settings: Settings = {}) {
  mkdirSync(shots, { recursive: true });
  const [server, browser] = await Promise.all([startServer(settings), launch()]);
  const faults: string[] = [];
  const expected: RegExp[] = [];
  const windows = new Map<string, Page>();
  const requests: string[] = [];
  let admin: Promise<Call> | null = null;

  function note(who: string, what: string): void {
    if (!expected.some((pattern) => pattern.test(what))) faults.push(`${who}: ${what}`);
  }

  /** Watches everything that a page can do wrong: scripts, the content policy, dialogs, secrets in addresses. */
  function watch(page: Page, title: string): void {
    page.setDefaultTimeout(PATIENCE);
    page.on("pageerror", (error) => note(title, `script failed: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") note(title, `console: ${message.text()} (${message.location().url})`);
    });
    page.on("dialog", (dialog) => {
      note(title, `dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    const address = (url: string) => {
      requests.push(url);
      if (/token=|eyJ[\w-]{10}/.test(url)) note(title, `a token in an address: ${url}`);
    };
    page.on("request", (request) => address(request.url()));
    page.on("websocket", (socket) => address(socket.url()));
  }

  /** A browser profile of its own: nothing is known of it. */
  async function profile(title: string, options: BrowserContextOptions = {}): Promise<Profile> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    await context.exposeBinding("switchboardFault", (_, what: string) => note(title, what));
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const told = `content policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`;
        void (globalThis as unknown as { switchboardFault(what: string): void }).switchboardFault(told);
      });
    });
    return Object.assign(context, { title });
  }

  /** A window; `name` is what faults and pictures are filed under. */
  async function window(name: string, within?: Profile): Promise<Page> {
    const context = within ?? (await profile(name));
    const page = await context.newPage();
    watch(page, name);
    windows.set(name, page);
    page.on("close", () => windows.get(name) === page && windows.delete(name));
    return page;
  }

  const shot = (page: Page, name: string) =>
    page.screenshot({ path: join(shots, `${name}.png`), animations: "disabled" });

  return {
    server,
    browser,
    faults,
    windows,
    requests,
    profile,
    window,
    shot,
    /** Calls as the administrator. */
    admin: () => {
      admin ??= callerOf(server.address, server.login("admin"));
      return admin;
    },
    /** From here on these are no faults: the test does them on purpose. */
    expect: (...patterns: RegExp[]) => expected.push(...patterns),
    /** A picture of a state, axe over it, and nothing wider than the window. */
    async look(page: Page, name: string, within?: string): Promise<void> {
      await shot(page, name);
      expect.soft(await violations(page, within), `axe at ${name}`).toEqual([]);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect.soft(over, `${name}: px wider than the window`).toBeLessThanOrEqual(0);
    },
    async close() {
      await browser.close();
      await server.stop();
    },
  };
}

/** What axe-core finds wrong, one line each. */
export async function violations(page: Page, within?: string): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async (inside) => {
    type Found = { violations: { id: string; nodes: { html: string; any: { message: string }[] }[] }[] };
    const { axe } = globalThis as unknown as { axe: { run(what: unknown, how: unknown): Promise<Found> } };
    const found = await axe.run(inside ? { include: [[inside]] } : document, {
      resultTypes: ["violations"],
      ...(inside ? { rules: { region: { enabled: false } } } : {}),
    });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, any }) => `${id}: ${html.slice(0, 160)} ${any[0]?.message ?? ""}`),
    );
  }, within);
}

/**
 * Steps that follow from each other, on one server. What comes after a failed step is passed over, and a picture of
 * every window is kept. After each step there must be no fault in any window.
 */
export function story(
  title: string,
  settings: Settings,
  tell: (step: (sentence: string, act: () => Promise<void>, timeout?: number) => void, world: () => World) => void,
): void {
  describe(title, () => {
    let world: World | undefined;
    let broken: string | null = null;
    const here = () => {
      if (!world) throw new Error("the world is not open yet");
      return world;
    };
    beforeAll(async () => {
      world = await openWorld(settings);
    });
    afterAll(async () => {
      await world?.close();
    });
    tell((sentence, act, timeout = 60_000) => {
      test(
        sentence,
        async ({ skip }) => {
          if (broken) skip(`after: ${broken}`);
          try {
            await act();
            expect.soft(here().faults.splice(0), "faults in the windows").toEqual([]);
          } catch (error) {
            broken = sentence;
            for (const [who, page] of here().windows) {
              const file = `failed ${title} ${who}`.replace(/\W+/g, "-");
              await here()
                .shot(page, file)
                .catch(() => {});
            }
            throw error;
          }
        },
        timeout,
      );
    }, here);
  });
}

export type { BrowserContext, Page } from "playwright-core";
export type { Browser, Server };
