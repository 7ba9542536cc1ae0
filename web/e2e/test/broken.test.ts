import type { Page } from "playwright-core";
import { expect } from "vitest";
import { boardIn, consoleIn, widgetIn } from "../src/faces.ts";
import { startProxy } from "../src/proxy.ts";
import { story, type World } from "../src/world.ts";

/** What a browser says by itself while nobody answers. */
const GONE = [
  /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_INTERNET_DISCONNECTED|ERR_EMPTY_RESPONSE/,
  /WebSocket connection to/,
];

async function connected(world: World) {
  const customer = await world.window("customer");
  const desk = await world.window("agent");
  const agent = consoleIn(desk, world.server.address);
  await agent.logIn(world.server.login("ada"));
  await agent.on();
  await customer.goto(world.server.address);
  const widget = widgetIn(customer);
  await widget.ask("Hello, I need help with order 1017.");
  await widget.panel.locator(".sb-by-assistant").nth(1).waitFor();
  await widget.person();
  await widget.connectedTo("Ada");
  await desk.locator("[data-row]").first().click();
  await agent.said("Hello, I need help with order 1017.").waitFor();
  return { customer, desk, agent, widget };
}

story("The server is killed under three windows", {}, (step, world) => {
  let board: Page;
  let at: Awaited<ReturnType<typeof connected>>;

  step("customer, agent and admin are connected", async () => {
    at = await connected(world());
    board = await world().window("admin");
    const admin = boardIn(board, world().server.address);
    await admin.logIn(world().server.login("admin"));
    await admin.agents.getByRole("row", { name: /Ada.*1 of 5/ }).waitFor();
    await at.agent.write("I look at it.");
    await at.widget.said("I look at it.").waitFor();
  });

  step("all three say that the line is lost, and what is safe", async () => {
    world().expect(...GONE);
    await world().server.kill();
    await Promise.all([
      at.widget.banner.getByText("We lost the connection. What you write is safe and will be sent.").waitFor(),
      at.agent.banners.getByText("lost the connection").waitFor(),
      board.getByText("We lost the connection.").waitFor(),
    ]);
    await world().look(at.customer, "widget-offline", "switchboard-chat");
    await world().look(at.desk, "console-offline");
    await world().look(board, "admin-offline");
  });

  step("what is typed meanwhile waits, and says so", async () => {
    await at.widget.write("Are you still there?");
    await at.widget.mark("Are you still there?", "queued").waitFor();
    await at.widget.write("It is the blue one.");
    await at.agent.write("Your parcel is in Hamburg.");
    await at.agent.mark("Your parcel is in Hamburg.", "queued").waitFor();
  });

  step(
    "it comes back: everybody is connected again, nothing is lost and nothing is doubled",
    async () => {
      await world().server.again();
      await Promise.all([
        at.widget.banner.waitFor({ state: "detached", timeout: 45_000 }),
        at.agent.banners.locator(".sb-banner").waitFor({ state: "detached", timeout: 45_000 }),
        board.locator(".ad-stale").waitFor({ state: "detached", timeout: 45_000 }),
      ]);
      await at.widget.said("Your parcel is in Hamburg.").waitFor();
      await at.agent.said("It is the blue one.").waitFor();
      await at.agent.said("Are you still there?").waitFor();
      const own = [
        "Hello, I need help with order 1017.",
        "I look at it.",
        "Are you still there?",
        "It is the blue one.",
        "Your parcel is in Hamburg.",
      ];
      for (const text of own) {
        expect(await at.widget.said(text).count(), `${text}, in the widget`).toBe(1);
        expect(await at.agent.said(text).count(), `${text}, in the console`).toBe(1);
      }
      const call = await world().admin();
      const { items } = await call<{ items: { id: string }[] }>("GET", "/conversations");
      expect(items.length).toBe(1);
      const stored = await call<{ items: { content: string; seq: number }[] }>(
        "GET",
        `/conversations/${items[0]?.id}/messages?limit=100`,
      );
      const said = stored.items.map(({ content }) => content).filter((content) => own.includes(content));
      expect([...said].sort()).toEqual([...own].sort());
      expect(said.indexOf("Are you still there?")).toBeLessThan(said.indexOf("It is the blue one."));
    },
    90_000,
  );

  step("and they go on talking, live", async () => {
    await at.agent.write("Sorry for the pause.");
    await at.widget.said("Sorry for the pause.").waitFor();
    await at.widget.write("No problem.");
    await at.agent.said("No problem.").waitFor();
    await boardIn(board, "")
      .agents.getByRole("row", { name: /Ada.*1 of 5/ })
      .waitFor();
  });

  step(
    "a reload of the customer's page during the outage loses nothing that was typed",
    async () => {
      await world().server.kill();
      await at.widget.banner.waitFor();
      await at.widget.write("Typed while you were away.");
      await at.widget.mark("Typed while you were away.", "queued").waitFor();
      await world().server.again();
      await at.customer.reload();
      await at.widget.launcher.click();
      await at.agent.said("Typed while you were away.").waitFor({ timeout: 45_000 });
      expect(await at.agent.said("Typed while you were away.").count()).toBe(1);
      await expect.poll(() => at.widget.said("Typed while you were away.").count()).toBe(1);
    },
    90_000,
  );
});

story("The customer's network goes and comes", {}, (step, world) => {
  let at: Awaited<ReturnType<typeof connected>>;

  step("offline, the widget says so and keeps what is written", async () => {
    at = await connected(world());
    world().expect(...GONE);
    await at.customer.context().setOffline(true);
    await at.widget.banner.waitFor();
    await at.widget.write("Written in a tunnel.");
    await at.widget.mark("Written in a tunnel.", "queued").waitFor();
    await at.agent.write("Hello?");
    await at.agent.mark("Hello?", "stored").waitFor();
  });

  step("online again, both have everything, once", async () => {
    await at.customer.context().setOffline(false);
    await at.widget.banner.waitFor({ state: "detached" });
    await at.agent.said("Written in a tunnel.").waitFor();
    await at.widget.said("Hello?").waitFor();
    await at.widget.mark("Written in a tunnel.", "stored", "delivered", "read").waitFor();
    expect(await at.widget.said("Written in a tunnel.").count()).toBe(1);
    expect(await at.agent.said("Written in a tunnel.").count()).toBe(1);
  });
});

story("A line that goes dead without a word", {}, (step, world) => {
  step("is noticed within 25 s by itself, replaced, and nothing is lost", async () => {
    const line = await startProxy(world().server.address);
    try {
      const desk = await world().window("agent");
      const agent = consoleIn(desk, world().server.address);
      await agent.logIn(world().server.login("ada"));
      await agent.on();
      world().expect(...GONE, /content policy|403|Forbidden/);
      const customer = await world().window("customer");
      await customer.goto(line.address);
      const widget = widgetIn(customer);
      await widget.ask("Hello?");
      await widget.panel.locator(".sb-by-assistant").nth(1).waitFor();
      await widget.person();
      await widget.connectedTo("Ada");
      await desk.locator("[data-row]").first().click();
      line.goDead();
      const from = Date.now();
      await agent.write("Said into the silence.");
      line.revive();
      await widget.said("Said into the silence.").waitFor({ timeout: 30_000 });
      expect(Date.now() - from).toBeLessThan(27_000);
      expect(await widget.said("Said into the silence.").count()).toBe(1);
    } finally {
      await line.stop();
    }
  });
});
