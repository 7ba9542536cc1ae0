import type { Page, Route } from "playwright-core";
import { expect } from "vitest";
import { consoleIn, widgetIn } from "../src/faces.ts";
import { story } from "../src/world.ts";

story("What the widget tells, knows and remembers", {}, (step, world) => {
  let customer: Page;
  let desk: Page;
  const widget = () => widgetIn(customer);
  const button = (name: string | RegExp) => widget().panel.getByRole("button", { name });
  const newest = async () => {
    const call = await world().admin();
    return (await call<{ items: { id: string }[] }>("GET", "/conversations")).items[0]?.id ?? "";
  };
  /** The pages that were told, newest first. */
  const trail = async () => {
    const call = await world().admin();
    const { items } = await call<{ items: { url: string; title: string | null }[] }>(
      "GET",
      `/conversations/${await newest()}/page-views`,
    );
    return items;
  };

  step("the choice says nothing of agents before it knows, not even what was true when the page came", async () => {
    customer = await world().window("customer");
    await customer.goto(`${world().server.address}/?utm=secret#top`);
    await widget().open();
    await button("Ask a general question").waitFor();
    const asked = new Promise<Route>((resolve) => {
      void customer.route("**/availability", resolve, { times: 1 });
    });
    await button("Ask a general question").click();
    const route = await asked;
    await button(/Human Agent/).waitFor();
    expect(await button(/Human Agent/).textContent()).toBe("Human Agent");
    await route.continue();
    await button(/Human Agent.*No one is available right now\./).waitFor();
  });

  step("it follows who comes while it is looked at, before the server knows of this browser", async () => {
    desk = await world().window("agent");
    const agent = consoleIn(desk, world().server.address);
    await agent.logIn(world().server.login("ada"));
    await agent.on();
    await button(/Human Agent.*Available now/).waitFor();
    expect(await customer.evaluate(() => ({ ...localStorage }))).toEqual({});
  });

  step("staff see which page it is, without what stands behind it in the address", async () => {
    await button(/AI Chatbot/).click();
    await widget().write("How do I use PostgreSQL?");
    await widget().panel.locator(".sb-sources li").first().waitFor();
    await expect.poll(trail).toMatchObject([{ url: `${world().server.address}/` }]);
  });

  step("and where the customer goes on from there, in a page that never loads anew", async () => {
    await customer.evaluate(() => {
      document.title = "Towels";
      history.pushState(null, "", "/towels?size=l#blue");
    });
    await expect
      .poll(async () => (await trail())[0])
      .toMatchObject({ url: `${world().server.address}/towels`, title: "Towels" });
    expect((await trail()).length).toBe(2);
    await customer.goto(world().server.address);
  });

  step("on a phone, whoever reads at the end is not offered a way to the end", async () => {
    await customer.setViewportSize({ width: 390, height: 780 });
    await widget().open();
    await widget().said("How do I use PostgreSQL?").waitFor();
    for (const question of ["Which database do I need?", "How long is delivery?", "How do I log in?"]) {
      await widget().write(question);
      await widget().group(question).waitFor();
    }
    await expect.poll(() => widget().panel.locator(".sb-by-assistant").count()).toBeGreaterThan(4);
    await widget().person();
    await widget().connectedTo("Ada");
    await customer.setViewportSize({ width: 390, height: 560 });
    const latest = button("Jump to latest");
    const atEnd = () =>
      widget()
        .panel.getByRole("log")
        .evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight < 2);
    await expect.poll(atEnd).toBe(true);
    expect(await latest.count()).toBe(0);
    await widget().panel.getByRole("log").hover();
    await customer.mouse.wheel(0, -300);
    await latest.waitFor();
    await latest.click();
    await latest.waitFor({ state: "detached" });
    await expect.poll(atEnd).toBe(true);
  });

  step("a conversation that is over is still there after a reload, with rating and transcript", async () => {
    await widget().menu("End conversation");
    await widget().panel.getByText("How was it?").waitFor();
    await customer.reload();
    await widget().open();
    await widget().said("How long is delivery?").waitFor();
    await widget().panel.getByText("How was it?").waitFor();
    await button("Download transcript").waitFor();
    await button("Good").click();
    await widget().panel.getByText("Thank you for telling us.").waitFor();
    await customer.reload();
    await widget().open();
    await widget().panel.getByText("Thank you for telling us.").waitFor();
  });

  step("until a new one is begun", async () => {
    await button("Start a new conversation").click();
    await button("Ask a general question").waitFor();
    await customer.reload();
    await widget().open();
    await button("Ask a general question").waitFor();
    expect(await widget().said("How long is delivery?").count()).toBe(0);
  });

  step("what did not work is said, and not for ever", async () => {
    await button("Ask a general question").click();
    await button(/AI Chatbot/).click();
    await widget().write("How do I use PostgreSQL?");
    await widget().panel.locator(".sb-sources li").first().waitFor();
    world().expect(/status of 503|ERR_FAILED/);
    await customer.route("**/transcript", (route) => route.abort());
    await widget().menu("Download transcript");
    const told = widget().panel.getByText("That did not work. Please try again.");
    await told.waitFor();
    await told.waitFor({ state: "detached" });
  });
});
