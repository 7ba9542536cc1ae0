import type { Page } from "playwright-core";
import { expect } from "vitest";
import { consoleIn, widgetIn } from "../src/faces.ts";
import { story } from "../src/world.ts";

/** Markup, script, and a picture from elsewhere: whoever takes it for markup shows it by a dialog or a request. */
const evil = (where: string) =>
  `<img src="http://evil.example/${where}.png" onerror="alert('${where}')"><script>alert('${where}')</script>"'>${where}`;

const ANN = {
  email: "ann@shop.example",
  password: "a long password",
  capacity: 2,
  skills: ["<em>"],
  teams: ["<s>team"],
};

story("Foreign text stays text, everywhere", {}, (step, world) => {
  let customer: Page;
  let desk: Page;
  let board: Page;
  const agent = () => consoleIn(desk, world().server.address);
  const widget = () => widgetIn(customer);
  const shows = (page: Page, text: string) => page.getByText(text, { exact: false }).first().waitFor();

  step("chatbot, greeting, agent, canned reply and announcement are full of it", async () => {
    const call = await world().admin();
    const chatbot = await call<object>("GET", "/chatbots/default");
    await call("PUT", "/chatbots/default", {
      ...chatbot,
      name: evil("chatbot").slice(0, 100),
      greeting: evil("greeting"),
    });
    await call("POST", "/agents", { id: "ann", name: "<b>Ann</b><script>alert(1)</script>", ...ANN });
    await call("POST", "/canned-responses", {
      shortcut: "evil",
      title: "<i>title</i>",
      content: evil("canned"),
      shared: true,
    });
  });

  step("the widget shows the chatbot's name and greeting as they are written", async () => {
    customer = await world().window("customer");
    await customer.goto(world().server.address);
    await widget().open();
    await widget().panel.getByText(evil("greeting")).waitFor();
    await widget().head.getByText("<img src=", { exact: false }).waitFor();
    await world().look(customer, "foreign-widget", "switchboard-chat");
  });

  step("a customer's name, address, page title and message reach the agent as text", async () => {
    desk = await world().window("agent");
    await agent().logIn(ANN);
    await agent().on();
    await customer.evaluate((name) => {
      document.title = "<img src=x onerror=alert(9)> page";
      const api = (globalThis as unknown as { Switchboard: { identify(who: { name: string; email: string }): void } })
        .Switchboard;
      api.identify({ name, email: "a<script>@shop.example" });
    }, "<u>Cleo</u><script>alert(2)</script>");
    await widget().panel.getByRole("button", { name: "Ask a general question" }).click();
    await widget().panel.getByText("Available now").waitFor();
    await widget()
      .panel.getByRole("button", { name: /Human Agent/ })
      .click();
    await widget().head.getByText("<b>Ann</b>", { exact: false }).first().waitFor();
    await widget().write(evil("message"));
    await desk.locator("[data-row]").first().click();
    await agent().said(evil("message")).waitFor();
    await shows(desk, "<u>Cleo</u>");
    await widget().write("javascript:alert(3) data:text/html,x https://shop.example/a?b=1&c=2");
    const links = desk.locator(".conversation .sb-bubble a");
    await expect
      .poll(() =>
        links.evaluateAll((all) => all.map((a) => ["href", "rel", "target"].map((name) => a.getAttribute(name)))),
      )
      .toEqual([
        ["http://evil.example/message.png", "noopener noreferrer nofollow", "_blank"],
        ["https://shop.example/a?b=1&c=2", "noopener noreferrer nofollow", "_blank"],
      ]);
    await world().look(desk, "foreign-console");
  });

  step("so do an agent's note, canned reply and answer", async () => {
    await agent().blur();
    await desk.keyboard.press("n");
    await desk.locator(".reply.noting textarea:focus").waitFor();
    await desk.keyboard.insertText(evil("note"));
    await desk.keyboard.press("Enter");
    await desk.locator(".sb-note", { hasText: evil("note") }).waitFor();
    await desk.getByRole("button", { name: "Reply", exact: true }).first().click();
    await agent().reply.fill("");
    await agent().reply.pressSequentially("/evil");
    await desk.locator("[role=option][aria-selected=true]", { hasText: "<i>title</i>" }).waitFor();
    await desk.keyboard.press("Enter");
    await expect.poll(() => agent().reply.inputValue()).toBe(evil("canned"));
    await agent().reply.press("Enter");
    await widget().said(evil("canned")).waitFor();
    expect(await widget().panel.getByText(evil("note")).count()).toBe(0);
  });

  step("and the admin sees all of it as text, in the lists and in the conversation", async () => {
    board = await world().window("admin");
    await board.goto(`${world().server.address}/admin/`);
    await board.getByLabel("E-mail").fill(world().server.login("admin").email);
    await board.getByLabel("Password").fill(world().server.login("admin").password);
    await board.getByRole("button", { name: "Log in" }).click();
    await shows(board, "<b>Ann</b>");
    for (const [link, text] of [
      ["Conversations", "<u>Cleo</u>"],
      ["Agents", "<b>Ann</b>"],
      ["Canned replies", "<i>title</i>"],
    ] as const) {
      await board.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: link }).click();
      await shows(board, text);
    }
    await board.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Conversations" }).click();
    await board.getByRole("row", { name: /Cleo/ }).first().click();
    await board.getByText(evil("message")).first().waitFor();
  });

  step("nothing was fetched from elsewhere", async () => {
    const own = new URL(world().server.address).host;
    const elsewhere = world().requests.filter((url) => /^(https?|wss?):/.test(url) && new URL(url).host !== own);
    expect(elsewhere).toEqual([]);
  });
});
