import type { Page } from "playwright-core";
import { expect } from "vitest";
import { consoleIn, widgetIn } from "../src/faces.ts";
import { story } from "../src/world.ts";

story("Outside business hours", {}, (step, world) => {
  let customer: Page;
  const widget = () => widgetIn(customer);

  step("the choice names the next opening instead of a person", async () => {
    const call = await world().admin();
    const chatbot = await call<object>("GET", "/chatbots/default");
    // Open for one minute a week, and not the minute that this test runs in.
    const day = (new Date().getUTCDay() + 2) % 7;
    const weekly = Array.from({ length: 7 }, (_, at) => ({
      intervals: at === day ? [{ fromMinute: 540, toMinute: 541 }] : [],
    }));
    await call("PUT", "/chatbots/default", { ...chatbot, hours: { timeZone: "UTC", weekly, exceptions: [] } });
    customer = await world().window("customer", await world().profile("customer", { timezoneId: "UTC" }));
    await customer.goto(world().server.address);
    await widget().open();
    await widget().panel.getByRole("button", { name: "Ask a general question" }).click();
    await widget()
      .panel.getByText(/Back .*9:00/)
      .waitFor();
    await world().look(customer, "widget-closed", "switchboard-chat");
  });

  step("whoever asks for a person is asked for an e-mail address, and a wrong one is told at the field", async () => {
    await widget()
      .panel.getByRole("button", { name: /Human Agent/ })
      .click();
    const form = widget().panel.locator("form.sw-card");
    await form.getByLabel("E-mail").fill("not an address");
    await form.getByLabel("Message").fill("Please call me back about my parcel.");
    await form.getByRole("button", { name: "Send to us" }).click();
    await form.getByText("Please check this address.").waitFor();
    await form.getByLabel("E-mail").fill("robin@shop.example");
    await world().look(customer, "widget-leave", "switchboard-chat");
    await form.getByRole("button", { name: "Send to us" }).click();
    await widget().card.getByText("We'll answer to robin@shop.example.").waitFor();
    await world().look(customer, "widget-left", "switchboard-chat");
  });

  step("the console shows the message and the address, where only staff sees it", async () => {
    const desk = await world().window("agent");
    const agent = consoleIn(desk, world().server.address);
    await agent.logIn(world().server.login("grace"));
    await desk.getByRole("tab", { name: /All/ }).click();
    await desk.locator("[data-row]").first().click();
    const note = desk.locator(".conversation .sb-note", { hasText: "Please call me back about my parcel." });
    await note.getByText("robin@shop.example").waitFor();
  });

  step("and so does the admin", async () => {
    const board = await world().window("admin");
    await board.goto(`${world().server.address}/admin/`);
    await board.getByLabel("E-mail").fill(world().server.login("admin").email);
    await board.getByLabel("Password").fill(world().server.login("admin").password);
    await board.getByRole("button", { name: "Log in" }).click();
    await board.getByRole("heading", { name: "Board", exact: true }).waitFor();
    await board.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Conversations" }).click();
    await board.getByRole("row").nth(1).click();
    await board.getByText("Please call me back about my parcel.").first().waitFor();
    expect(await board.getByText("robin@shop.example").count()).toBeGreaterThan(0);
  });
});
