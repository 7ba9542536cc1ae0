import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { boardIn, consoleIn, widgetIn } from "../src/faces.ts";
import { story } from "../src/world.ts";

story("A newcomer's hand-over, with nothing read but the screen", {}, (step, world) => {
  let customer: Page;
  let desk: Page;
  let board: Page;
  const widget = () => widgetIn(customer);
  const agent = () => consoleIn(desk, world().server.address);
  const admin = () => boardIn(board, world().server.address);
  /** What the start page prints, by name. */
  const printed = new Map<string, { email: string; password: string }>();

  step("the start page shows who can log in, and where", async () => {
    customer = await world().window("customer");
    await customer.goto(world().server.address);
    await customer.locator("#fresh").waitFor();
    for (const row of await customer.locator("#logins li").all()) {
      const [email = "", password = ""] = await row.locator(".copy").allTextContents();
      printed.set((await row.locator("b").textContent()) ?? "", { email, password });
    }
    expect([...printed.values()]).toEqual(
      expect.arrayContaining(world().server.logins.map(({ email, password }) => ({ email, password }))),
    );
    await widget().launcher.waitFor();
    await world().look(customer, "demo");
  });

  step("both other pages open by its links, and let those people in", async () => {
    const by = async (name: string, link: RegExp) => {
      const popup = customer.waitForEvent("popup");
      await customer.locator("#logins li", { hasText: name }).getByRole("link", { name: link }).click();
      const { pathname } = new URL((await popup).url());
      await (await popup).close();
      return pathname;
    };
    const ada = world().server.login("ada");
    const boss = world().server.login("admin");
    const names = [...printed];
    const nameOf = (email: string) => names.find(([, login]) => login.email === email)?.[0] ?? email;
    expect(await by(nameOf(ada.email), /console/i)).toMatch(/^\/console\/?$/);
    expect(await by(nameOf(boss.email), /admin/i)).toMatch(/^\/admin\/?$/);
    desk = await world().window("agent");
    board = await world().window("admin");
    await Promise.all([agent().logIn(ada), admin().logIn(boss)]);
    await agent().on();
    await admin()
      .agents.getByRole("row", { name: /Ada.*Available/ })
      .waitFor();
  });

  step("the assistant answers a question, and names its source", async () => {
    await widget().open();
    await world().look(customer, "widget-home", "switchboard-chat");
    await widget().panel.getByRole("button", { name: "Ask a general question" }).click();
    await widget().panel.getByText("Available now").waitFor();
    await world().look(customer, "widget-choice", "switchboard-chat");
    await widget()
      .panel.getByRole("button", { name: /AI Chatbot/ })
      .click();
    await widget().write("How do I use PostgreSQL?");
    await widget().panel.locator(".sb-sources li").first().waitFor();
    await world().look(customer, "widget-answer", "switchboard-chat");
  });

  step("asking for a person brings the agent, with what was said before", async () => {
    await widget().person();
    await widget().connectedTo("Ada");
    await widget().panel.getByText("You're now connected to Ada").waitFor();
    await agent().rowOf("PostgreSQL").or(agent().rowOf("Visitor")).first().waitFor();
    await desk.locator("[data-row]").first().click();
    await agent().said("How do I use PostgreSQL?").waitFor();
    await world().look(customer, "widget-connected", "switchboard-chat");
  });

  step("the admin sees that it was assigned, without a reload", async () => {
    await admin()
      .agents.getByRole("row", { name: /Ada.*1 of 5/ })
      .waitFor();
    await world().look(board, "admin-board-quiet");
  });

  step("they write in both directions, see each other typing, and see what was read", async () => {
    await agent().reply.pressSequentially("Hello, this is Ada.");
    await widget().panel.getByText("Ada is writing…").waitFor();
    await agent().reply.press("Enter");
    await widget().said("Hello, this is Ada.").waitFor();
    await widget().panel.getByText("Ada is writing…").waitFor({ state: "detached" });
    await agent().mark("Hello, this is Ada.", "read").waitFor();
    await widget().composer.pressSequentially("Do I need a version 16?");
    await desk.locator(".sb-writing").waitFor();
    await widget().composer.press("Enter");
    await agent().said("Do I need a version 16?").waitFor();
    await widget().mark("Do I need a version 16?", "read").waitFor();
    await world().look(desk, "console-conversation");
    await world().look(customer, "widget-read", "switchboard-chat");
  });

  step("a message that comes while the panel is closed is counted at the launcher and in the title", async () => {
    const title = await customer.title();
    await widget().head.getByRole("button", { name: "Close" }).click();
    await agent().write("Version 14 is enough.");
    await widget().root.getByRole("button", { name: "Chat with us (1)" }).waitFor();
    await widget().root.locator(".badge").waitFor();
    await world().shot(customer, "widget-badge");
    await expect.poll(() => customer.title()).toBe(`(1) ${title}`);
    await widget().open();
    await widget().said("Version 14 is enough.").waitFor();
    await expect.poll(() => customer.title()).toBe(title);
  });

  step("closed by the agent, the customer is asked how it was, and the rating arrives", async () => {
    await agent().close("Solved");
    await widget().panel.getByText("How was it?").waitFor();
    await world().look(customer, "widget-rating", "switchboard-chat");
    await widget().panel.getByRole("button", { name: "Great" }).click();
    await widget().panel.getByText("Thank you for telling us.").waitFor();
    const call = await world().admin();
    await expect
      .poll(async () => (await call<{ items: { rating: number | null }[] }>("GET", "/conversations")).items[0]?.rating)
      .toBe(5);
    await admin()
      .agents.getByRole("row", { name: /Ada.*0 of 5/ })
      .waitFor();
  });

  step("the transcript holds what was said, by whom, and no more", async () => {
    const download = customer.waitForEvent("download");
    await widget().panel.getByRole("button", { name: "Download transcript" }).click();
    const text = readFileSync(await (await download).path(), "utf8");
    for (const line of [
      "How do I use PostgreSQL?",
      "Hello, this is Ada.",
      "Do I need a version 16?",
      "Version 14 is enough.",
    ])
      expect(text.split(line).length, line).toBe(2);
  });

  step("a new conversation begins from there", async () => {
    await widget().panel.getByRole("button", { name: "Start a new conversation" }).click();
    await widget().panel.getByRole("button", { name: "Ask a general question" }).waitFor();
    expect(await widget().said("Version 14").count()).toBe(0);
  });
});
