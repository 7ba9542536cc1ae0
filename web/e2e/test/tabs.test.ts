import type { Page } from "playwright-core";
import { expect } from "vitest";
import { consoleIn, widgetIn } from "../src/faces.ts";
import { SECRET } from "../src/server.ts";
import { type Profile, story } from "../src/world.ts";

/** Counts the sockets that a page holds open. */
function socketsOf(page: Page): () => number {
  let open = 0;
  page.on("websocket", (socket) => {
    open += 1;
    socket.on("close", () => {
      open -= 1;
    });
  });
  return () => open;
}

story("Two tabs, a second device, two consoles", {}, (step, world) => {
  let phone: Profile;
  let desk: Profile;
  let first: Page;
  let second: Page;
  let ada: Page;
  let counts: (() => number)[];
  const agent = () => consoleIn(ada, world().server.address);

  step("a second tab of the customer shows the same conversation", async () => {
    desk = await world().profile("agent");
    ada = await world().window("agent", desk);
    await agent().logIn(world().server.login("ada"));
    await agent().on();
    phone = await world().profile("customer");
    first = await world().window("first tab", phone);
    second = await world().window("second tab", phone);
    counts = [socketsOf(first), socketsOf(second)];
    await first.goto(world().server.address);
    await widgetIn(first).ask("One question, two tabs.");
    await widgetIn(first).panel.locator(".sb-by-assistant").nth(1).waitFor();
    await widgetIn(first).person();
    await widgetIn(first).connectedTo("Ada");
    await second.goto(world().server.address);
    await widgetIn(second).launcher.click();
    await widgetIn(second).said("One question, two tabs.").waitFor();
    await widgetIn(second).connectedTo("Ada");
  });

  step("the browser holds one socket for both", async () => {
    expect(counts.map((count) => count()).reduce((sum, count) => sum + count)).toBe(1);
  });

  step("what is written in one tab stands in the other, and what the agent writes in both, once", async () => {
    await widgetIn(second).write("From the second tab.");
    await widgetIn(first).said("From the second tab.").waitFor();
    await ada.locator("[data-row]").first().click();
    await agent().write("I see both.");
    for (const page of [first, second]) {
      await widgetIn(page).said("I see both.").waitFor();
      expect(await widgetIn(page).said("I see both.").count()).toBe(1);
      expect(await widgetIn(page).said("From the second tab.").count()).toBe(1);
    }
  });

  step("the tab that holds the socket is closed, and the other goes on", async () => {
    const holder = counts[0]?.() ? first : second;
    const other = holder === first ? second : first;
    await holder.close();
    await widgetIn(other).write("Only one tab left.");
    await agent().said("Only one tab left.").waitFor();
    await agent().write("Still with you.");
    await widgetIn(other).said("Still with you.").waitFor();
    await other.close();
  });

  step("a customer known to the host page sees the conversation on a second device", async () => {
    const minted = await fetch(`${world().server.address}/api/v1/tokens`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-internal-secret": SECRET },
      body: JSON.stringify({ userId: "shop-17", role: "customer", name: "Cleo Martin", ttlS: 3600 }),
    });
    const said = await minted.text();
    expect(minted.status, said).toBeLessThan(300);
    const { token } = JSON.parse(said) as { token: string };
    const devices: Page[] = [];
    for (const name of ["laptop", "telephone"]) {
      const page = await world().window(name);
      devices.push(page);
      await page.goto(world().server.address);
      await widgetIn(page).launcher.waitFor();
      await page.evaluate((given) => {
        const api = (globalThis as unknown as { Switchboard: { identify(who: { token: string }): void } }).Switchboard;
        api.identify({ token: given });
      }, token);
    }
    const [laptop, telephone] = devices as [Page, Page];
    await widgetIn(laptop).ask("Asked at the laptop.");
    await widgetIn(laptop).panel.locator(".sb-by-assistant").nth(1).waitFor();
    await widgetIn(telephone).open();
    await widgetIn(telephone).said("Asked at the laptop.").waitFor();
    await widgetIn(telephone).write("Asked at the telephone.");
    await widgetIn(laptop).said("Asked at the telephone.").waitFor();
    await laptop.close();
    await telephone.close();
  });

  step("two consoles of one agent stay in step: status, what was said, what was read", async () => {
    const other = await world().window("agent's other window", desk);
    await other.goto(`${world().server.address}/console`);
    const twin = consoleIn(other, world().server.address);
    await twin.on();
    await other.locator("[data-row]").first().click();
    await agent().write("Said in the first window.");
    await twin.said("Said in the first window.").waitFor();
    await twin.status("Away");
    await ada.locator(".status .sb-status", { hasText: "Away" }).waitFor();
    await agent().status("Available");
    await other.locator(".status .sb-on").waitFor();
  });
});
