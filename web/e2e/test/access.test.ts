import type { Page } from "playwright-core";
import { expect } from "vitest";
import { boardIn, consoleIn, widgetIn } from "../src/faces.ts";
import { caller } from "../src/server.ts";
import { story, type World } from "../src/world.ts";

/** What has the focus, through shadow roots. */
const focused = (page: Page) =>
  page.evaluate(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at === null || at === document.body
      ? ""
      : `${at.tagName} ${at.getAttribute("aria-label") ?? at.textContent ?? ""}`.trim();
  });

/** Presses Tab until `name` has the focus; each stop on the way must be visible there. */
async function tabTo(page: Page, name: RegExp, key = "Tab"): Promise<void> {
  for (let press = 0; press < 60; press += 1) {
    await page.keyboard.press(key);
    if (name.test(await focused(page))) {
      const ring = await page.evaluate(() => {
        let at = document.activeElement;
        while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
        if (!at) return "none";
        // The ring may be drawn around the field's frame instead of the field.
        for (let one: Element | null = at, up = 0; one && up < 3; one = one.parentElement, up += 1) {
          const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(one);
          if ((outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none") return "seen";
        }
        return "none";
      });
      expect(ring, `the focus ring at ${name}`).toBe("seen");
      return;
    }
  }
  throw new Error(`Tab never comes to ${name}; last: ${await focused(page)}`);
}

const wide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

async function handOver(world: World, customer: Page, desk: Page): Promise<void> {
  const agent = consoleIn(desk, world.server.address);
  await agent.logIn(world.server.login("ada"));
  await agent.on();
  await customer.goto(world.server.address);
  await widgetIn(customer).ask("How do I use PostgreSQL?");
  await widgetIn(customer).panel.locator(".sb-sources li").first().waitFor();
  await widgetIn(customer).person();
  await widgetIn(customer).connectedTo("Ada");
  await desk.locator("[data-row]").first().click();
  await agent.said("How do I use PostgreSQL?").waitFor();
}

story("Without a mouse", {}, (step, world) => {
  let customer: Page;
  let desk: Page;

  step("an agent logs in, and is ready", async () => {
    desk = await world().window("agent");
    const { email, password } = world().server.login("ada");
    await desk.goto(`${world().server.address}/console`);
    await desk.getByLabel("E-mail").waitFor();
    await expect.poll(() => focused(desk)).toMatch(/INPUT/);
    await desk.keyboard.type(email);
    await desk.keyboard.press("Tab");
    await desk.keyboard.type(password);
    await desk.keyboard.press("Enter");
    await consoleIn(desk, "").on();
  });

  step("a customer opens the chat, asks, and asks for a person", async () => {
    customer = await world().window("customer");
    await customer.goto(world().server.address);
    await widgetIn(customer).launcher.waitFor();
    await tabTo(customer, /Chat with us/);
    await customer.keyboard.press("Enter");
    await widgetIn(customer).panel.getByRole("button", { name: "Ask a general question" }).waitFor();
    await expect.poll(() => focused(customer)).toMatch(/Message|Support|TEXTAREA|SECTION/);
    await tabTo(customer, /Ask a general question/, "Shift+Tab");
    await customer.keyboard.press("Enter");
    await widgetIn(customer)
      .panel.getByRole("button", { name: /AI Chatbot/ })
      .waitFor();
    await tabTo(customer, /AI Chatbot/);
    await customer.keyboard.press("Enter");
    await tabTo(customer, /^TEXTAREA/);
    await customer.keyboard.type("How do I use PostgreSQL?");
    await customer.keyboard.press("Enter");
    await widgetIn(customer).panel.locator(".sb-sources li").first().waitFor();
    await tabTo(customer, /Talk to a person/, "Shift+Tab");
    await customer.keyboard.press("Enter");
    await widgetIn(customer).connectedTo("Ada");
  });

  step("the agent finds it, answers and closes it by keys alone", async () => {
    await desk.locator("[data-row]").first().waitFor();
    await desk.keyboard.press("j");
    await desk.locator("[data-row]:focus").waitFor();
    await desk.keyboard.press("Enter");
    await desk.locator(".reply textarea:focus").waitFor();
    await desk.keyboard.type("Hello from the keyboard.");
    await desk.keyboard.press("Enter");
    await widgetIn(customer).said("Hello from the keyboard.").waitFor();
    await desk.keyboard.press("Escape");
    await desk.keyboard.press("?");
    await desk
      .getByRole("dialog", { name: /Keyboard shortcuts/ })
      .or(desk.getByText("Keyboard shortcuts"))
      .first()
      .waitFor();
    await world().look(desk, "console-keys");
    await desk.keyboard.press("Escape");
    await desk.keyboard.press("e");
    await desk.locator("[role=menuitem]:focus").waitFor();
    await desk.keyboard.press("Enter");
    await widgetIn(customer).panel.getByText("How was it?").waitFor({ timeout: 30_000 });
  });

  step("the customer rates it, and leaves the chat; the focus is back at the launcher", async () => {
    await tabTo(customer, /Great/, "Shift+Tab");
    await customer.keyboard.press("Enter");
    await widgetIn(customer).panel.getByText("Thank you for telling us.").waitFor();
    await tabTo(customer, /Start a new conversation/);
    await customer.keyboard.press("Escape");
    await widgetIn(customer).panel.waitFor({ state: "hidden" });
    await expect.poll(() => focused(customer)).toMatch(/Chat with us/);
  });
});

story("The board without a mouse", {}, (step, world) => {
  let board: Page;
  const row = (name: string) => boardIn(board, "").queue.getByRole("row", { name: new RegExp(name) });

  step("an admin logs in and is at the board", async () => {
    for (const name of ["Cleo", "Dora"]) {
      const call = caller(world().server.address);
      const { token } = await call<{ token: string }>("POST", "/visitors", { chatbotId: "default", name });
      const start = { clientId: name, mode: "human", firstMessage: `This is ${name}.` };
      await caller(world().server.address, token)("POST", "/conversations", start);
    }
    board = await world().window("admin");
    const { email, password } = world().server.login("admin");
    await board.goto(`${world().server.address}/admin/`);
    await board.getByLabel("E-mail").waitFor();
    if (!/INPUT/.test(await focused(board))) await tabTo(board, /INPUT/);
    await board.keyboard.type(email);
    await board.keyboard.press("Tab");
    await board.keyboard.type(password);
    await board.keyboard.press("Enter");
    await boardIn(board, "").heading.waitFor();
    await row("Dora").waitFor();
  });

  step("the first stop leads past the pages to the content", async () => {
    await board.keyboard.press("Tab");
    await expect.poll(() => focused(board)).toMatch(/Skip to the content/);
    await board.keyboard.press("Enter");
  });

  step("somebody who waits gets another priority, and is served first", async () => {
    await tabTo(board, /Change the priority of Dora/);
    await board.keyboard.press("Enter");
    await board.getByRole("dialog").waitFor();
    await world().look(board, "admin-priority");
    await tabTo(board, /Raised/);
    await board.keyboard.press("Space");
    await tabTo(board, /^BUTTON Set/);
    await board.keyboard.press("Enter");
    await board.getByText("Dora has priority 3 now.").waitFor();
    await boardIn(board, "").queue.getByRole("row").nth(1).getByText("Dora").waitFor();
  });

  step("the focus is back where the dialog was opened, though the row has moved", async () => {
    await expect.poll(() => focused(board)).toMatch(/Change the priority of Dora/);
  });

  step("a row opens its conversation; its parts by arrows; Escape closes it and gives the focus back", async () => {
    await tabTo(board, /^TR .*Dora/, "Shift+Tab");
    await board.keyboard.press("Enter");
    const panel = board.getByRole("complementary", { name: "Conversation" });
    await panel.getByText("This is Dora.").waitFor();
    await tabTo(board, /^BUTTON Messages/);
    await board.keyboard.press("ArrowRight");
    await panel.getByText("priority 0 became 3").waitFor();
    await world().look(board, "admin-panel-decisions");
    await board.keyboard.press("Escape");
    await panel.waitFor({ state: "detached" });
    await expect.poll(() => focused(board)).toMatch(/^TR .*Dora/);
  });

  step("the other pages by their keys, and the list of keys", async () => {
    for (const [key, heading] of [
      ["c", "Conversations"],
      ["s", "Statistics"],
      ["l", "Alerts"],
      ["b", "Board"],
    ] as const) {
      await board.keyboard.press(key);
      await board.getByRole("heading", { name: heading, exact: true, level: 1 }).waitFor();
    }
    await board.keyboard.press("?");
    await board.getByRole("dialog").getByText("full screen").waitFor();
    await board.keyboard.press("Escape");
    await board.getByRole("dialog").waitFor({ state: "detached" });
  });

  step("the decision log is reached and narrowed by keys", async () => {
    await tabTo(board, /^A Decision log/, "Shift+Tab");
    await board.keyboard.press("Enter");
    await board.getByRole("row", { name: /Priority changed/ }).waitFor();
    await tabTo(board, /^SELECT/);
    await board.keyboard.type("Queued");
    await board.getByRole("row", { name: /Priority changed/ }).waitFor({ state: "detached" });
    await board
      .getByRole("row", { name: /Queued/ })
      .first()
      .waitFor();
  });
});

story("Every size, both themes, and no more motion than is liked", {}, (step, world) => {
  let customer: Page;
  let desk: Page;
  let board: Page;
  const faces = () =>
    [
      ["widget", customer, "switchboard-chat"],
      ["console", desk, undefined],
      ["admin", board, undefined],
    ] as const;

  step("all three are open, with a conversation going on", async () => {
    customer = await world().window("customer");
    desk = await world().window("agent");
    board = await world().window("admin");
    await boardIn(board, world().server.address).logIn(world().server.login("admin"));
    await handOver(world(), customer, desk);
    await boardIn(board, "")
      .agents.getByRole("row", { name: /Ada.*1 of 5/ })
      .waitFor();
  });

  for (const scheme of ["light", "dark"] as const) {
    for (const [width, height] of [
      [1920, 1080],
      [1280, 800],
      [768, 1024],
      [360, 740],
    ] as const) {
      step(`${width} px ${scheme}: nothing to scroll sideways, nothing for axe to say`, async () => {
        for (const [name, page, within] of faces()) {
          await page.emulateMedia({ colorScheme: scheme });
          await page.setViewportSize({ width, height });
          await world().look(page, `${name}-${width}-${scheme}`, within);
        }
      });
    }
  }

  step("at 200 % of a 1280 px window the same", async () => {
    for (const [name, page, within] of faces()) {
      await page.emulateMedia({ colorScheme: "light" });
      // What a browser does at 200 %: half as many CSS pixels, each twice as large.
      await page.setViewportSize({ width: 640, height: 400 });
      await world().look(page, `${name}-zoom`, within);
      expect(await wide(page)).toBeLessThanOrEqual(0);
    }
    // What is needed to answer can still be reached.
    await widgetIn(customer).write("Still usable.");
    await widgetIn(customer).mark("Still usable.", "stored", "delivered", "read").waitFor();
  });

  step("with reduced motion nothing moves for longer than a blink", async () => {
    for (const [name, page] of faces()) {
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.emulateMedia({ reducedMotion: "reduce" });
      const moving = await page.evaluate(() => {
        const roots: (Document | ShadowRoot)[] = [document];
        const shadow = document.querySelector("switchboard-chat")?.shadowRoot;
        if (shadow) roots.push(shadow);
        const long = (text: string) =>
          text
            .split(",")
            .some((one) => (one.includes("ms") ? Number.parseFloat(one) / 1000 : Number.parseFloat(one)) > 0.01);
        return roots.flatMap((root) =>
          [...root.querySelectorAll("*")]
            .filter((element) => {
              const style = getComputedStyle(element);
              const moves = style.animationName !== "none" && long(style.animationDuration);
              return (
                moves ||
                (long(style.transitionDuration) && !/^(none|color|background-color)$/.test(style.transitionProperty))
              );
            })
            .map((element) => `${element.tagName}.${element.className}`),
        );
      });
      expect.soft(moving, name).toEqual([]);
    }
  });
});
