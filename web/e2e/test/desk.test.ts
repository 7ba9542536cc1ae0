import type { Page } from "playwright-core";
import { expect } from "vitest";
import { consoleIn } from "../src/faces.ts";
import { type Call, caller } from "../src/server.ts";
import { story } from "../src/world.ts";

story("A long conversation at the desk", { SWITCHBOARD__LIMITS__MESSAGES_PER_10S: "100000" }, (step, world) => {
  let desk: Page;
  let customer: Call;
  let id: string;
  let asked = 0;
  const agent = () => consoleIn(desk, world().server.address);
  const older = "**/messages?**before=**";
  const latest = () => desk.getByRole("button", { name: "Jump to latest" });
  const say = (content: string) =>
    customer("POST", `/conversations/${id}/messages`, { content, clientId: content.slice(0, 60).replaceAll(" ", "-") });
  const scroll = (to: number) =>
    desk.locator(".sb-scroll").evaluate((list, to) => {
      list.scrollTop = to < 0 ? list.scrollHeight : to;
    }, to);
  const fromEnd = () =>
    desk.locator(".sb-scroll").evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight);

  step("an agent has somebody who has said very much", async () => {
    desk = await world().window("agent");
    await agent().logIn(world().server.login("ada"));
    await agent().on();
    const { token } = await caller(world().server.address)<{ token: string }>("POST", "/visitors", {
      chatbotId: "default",
      name: "Cleo",
    });
    customer = caller(world().server.address, token);
    ({ conversationId: id } = await customer<{ conversationId: string }>("POST", "/conversations", {
      clientId: "long",
      mode: "human",
      firstMessage: "The very first line.",
    }));
    for (let n = 1; n <= 160; n += 1) await say(`Line ${n}.`);
    await desk.reload();
    await agent().on();
    await desk.route(older, (route) => {
      asked += 1;
      return route.fulfill({
        status: 503,
        json: { error: { code: "unavailable", message: "no", retryable: true } },
      });
    });
    world().expect(/status of 503/);
    await agent().row(id).click();
    await agent().said("Line 160.").waitFor();
  });

  step("at its end nothing leads to the end, whatever the window does and whatever comes", async () => {
    for (const [width, height] of [
      [1280, 500],
      [900, 700],
      [1280, 800],
    ] as const) {
      await desk.setViewportSize({ width, height });
      await expect.poll(fromEnd).toBeLessThan(2);
      expect(await latest().count()).toBe(0);
    }
    await say(`A tall one. ${"and more of it. ".repeat(120)}`);
    await agent()
      .said(`A tall one. ${"and more of it. ".repeat(120)}`.trim())
      .waitFor();
    await expect.poll(fromEnd).toBeLessThan(2);
    expect(await latest().count()).toBe(0);
  });

  step("older lines that cannot be had are said so, not asked for without end, and there is a way on", async () => {
    await scroll(0);
    await desk.getByText("Older messages could not be loaded.").waitFor();
    expect(await latest().count()).toBe(1);
    const before = asked;
    for (let n = 0; n < 40; n += 1) await scroll(n % 2 === 0 ? 90 : 0);
    expect(asked - before).toBeLessThan(3);
    await world().look(desk, "console-older-failed");
    await desk.unroute(older);
    await desk.locator(".older").getByRole("button", { name: "Try again" }).click();
    await expect.poll(() => desk.locator(".older").getByRole("button").count()).toBe(0);
    await expect
      .poll(async () => {
        await scroll(0);
        return agent().said("The very first line.").count();
      })
      .toBe(1);
  });

  step("a reader above stays there when something comes, and one press leads to the latest", async () => {
    await scroll(200);
    await say("Something new below.");
    await agent().said("Something new below.").waitFor({ state: "attached" });
    expect(await fromEnd()).toBeGreaterThan(500);
    await latest().click();
    await expect.poll(fromEnd).toBeLessThan(2);
    await expect.poll(() => latest().count()).toBe(0);
  });

  step("an emoji is found and put in by keys alone, where the cursor is", async () => {
    await agent().reply.fill("Great news");
    await agent().reply.press("Home");
    await desk.getByRole("button", { name: "Insert an emoji" }).focus();
    await desk.keyboard.press("Enter");
    await desk.locator(".sb-emojis input:focus").waitFor();
    await world().look(desk, "console-emojis");
    await desk.keyboard.type("party pop");
    await desk.keyboard.press("ArrowDown");
    await desk.locator("[data-at='0']:focus").waitFor();
    await desk.keyboard.press("Enter");
    await desk.locator(".reply textarea:focus").waitFor();
    await expect.poll(() => agent().reply.inputValue()).toBe("🎉Great news");
    await desk.getByRole("button", { name: "Insert an emoji" }).focus();
    await desk.keyboard.press("Enter");
    await desk.keyboard.type("nothing like it");
    await desk.getByText("No emoji has this name.").waitFor();
    await world().look(desk, "console-emojis-none");
    await desk.keyboard.press("Escape");
    await desk.locator(".reply textarea:focus").waitFor();
    expect(await desk.locator(".sb-emojis").count()).toBe(0);
  });
});

story("The desk at 200 %", {}, (step, world) => {
  let desk: Page;
  const agent = () => consoleIn(desk, world().server.address);
  const fits = async (what: string) => {
    const outside = await desk.evaluate((selector) => {
      const box = document.querySelector(selector)?.getBoundingClientRect();
      return box ? [box.left, innerWidth - box.right].filter((room) => room < -1) : ["is not there"];
    }, what);
    expect.soft(outside, `${what} within the window`).toEqual([]);
  };

  step("an agent has somebody, in a window of half the size", async () => {
    desk = await world().window("agent");
    // What a browser does at 200 % with a window of 1280 by 800.
    await desk.setViewportSize({ width: 640, height: 400 });
    await agent().logIn(world().server.login("ada"));
    await agent().on();
    const { token } = await caller(world().server.address)<{ token: string }>("POST", "/visitors", {
      chatbotId: "default",
      name: "Cleo",
    });
    await caller(world().server.address, token)("POST", "/conversations", {
      clientId: "zoom",
      mode: "human",
      firstMessage: "A line.",
    });
    await desk.locator("[data-row]").first().click();
    await agent().said("A line.").waitFor();
  });

  for (const colorScheme of ["light", "dark"] as const)
    step(`everything that opens fits, and axe has nothing to say: ${colorScheme}`, async () => {
      await desk.emulateMedia({ colorScheme });
      const opened = async (name: string, selector: string) => {
        await desk.locator(selector).first().waitFor();
        await fits(selector);
        await world().look(desk, `console-zoom-${name}-${colorScheme}`);
        await desk.keyboard.press("Escape");
        await desk.locator(selector).first().waitFor({ state: "detached" });
        await agent().blur();
      };
      await agent().blur();
      await desk.keyboard.press("?");
      await opened("help", "dialog[open]");
      await desk.keyboard.press("Control+k");
      await opened("search", "dialog[open]");
      await desk.keyboard.press("t");
      await opened("transfer", "dialog[open]");
      await desk.keyboard.press("b");
      await opened("bell", ".bell-list");
      await desk.keyboard.press("e");
      await opened("close", "[role=menu]");
      await desk.locator(".status button").click();
      await opened("status", "[role=menu]");
      await desk.getByRole("button", { name: "Insert an emoji" }).click();
      await opened("emojis", ".sb-emojis");
      await desk.locator("[aria-label^='Menu of']").click();
      await desk.getByRole("menuitem", { name: "Settings" }).click();
      await opened("settings", "dialog[open]");
    });
});
