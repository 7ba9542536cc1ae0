import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import { consoleIn, widgetIn } from "../src/faces.ts";
import { story } from "../src/world.ts";

/** The pictures of the papers, made anew by `npm run pictures`: a hand-over as it really happens, and no other data. */
const here = dirname(fileURLToPath(import.meta.url));
const images = join(here, "..", "..", "..", "docs", "images");
const keep = async (what: Page | Locator, name: string) => {
  await what.screenshot({ path: join(images, `${name}.png`), animations: "disabled", caret: "initial" });
};

if (process.env.E2E_PICTURES) {
  mkdirSync(images, { recursive: true });
  story("Pictures", {}, (step, world) => {
    let customer: Page;
    let desk: Page;
    const widget = () => widgetIn(customer);
    const agent = () => consoleIn(desk, world().server.address);
    const card = () => customer.locator("switchboard-chat .sw-panel");

    step("a question is answered", async () => {
      customer = await world().window("customer");
      await customer.goto(world().server.address);
      await widget().launcher.waitFor();
      await customer.evaluate(() => {
        const api = (globalThis as unknown as { Switchboard: { identify(who: object): void } }).Switchboard;
        api.identify({ name: "Cleo Martin", email: "cleo@shop.example" });
      });
      await widget().ask("What does shipping cost?");
      await widget().panel.locator(".sb-sources li").first().waitFor();
      await keep(customer, "shop");
      await keep(card(), "widget-answer");
    });

    step("a person is asked for, and waited for", async () => {
      desk = await world().window("agent");
      await agent().logIn(world().server.login("ada"));
      await agent().on();
      const call = await world().admin();
      const { items } = await call<{ items: { agentId: string; name: string }[] }>("GET", "/agents");
      const ada = items.find(({ name }) => name === "Ada")?.agentId;
      await call("PATCH", `/agents/${ada}`, { maxConcurrentChats: 1 });
      const other = await world().window("other customer");
      await other.goto(world().server.address);
      await widgetIn(other).ask("Can I return a towel?");
      await widgetIn(other).panel.locator(".sb-by-assistant").nth(1).waitFor();
      await widgetIn(other).person();
      await widgetIn(other).connectedTo("Ada");
      await widget().person();
      await widget().card.waitFor();
      await widget()
        .card.getByText(/minute|next|number/)
        .first()
        .waitFor();
      await keep(card(), "widget-waiting");
      await call("PATCH", `/agents/${ada}`, { maxConcurrentChats: 5 });
      await widget().connectedTo("Ada");
    });

    step("both talk", async () => {
      await agent().rowOf("Cleo Martin").click();
      await agent().said("What does shipping cost?").waitFor();
      await agent().write("Hello Cleo, this is Ada. Is it about a parcel that is on its way?");
      await widget().said("Hello Cleo, this is Ada. Is it about a parcel that is on its way?").waitFor();
      await widget().write("Yes, order 1017. It was sent on Monday.");
      await agent().said("Yes, order 1017. It was sent on Monday.").waitFor();
      await agent().write("It is in your town already, and comes tomorrow before noon.");
      await widget().said("It is in your town already, and comes tomorrow before noon.").waitFor();
      await agent().mark("It is in your town already, and comes tomorrow before noon.", "read").waitFor();
      await desk.setViewportSize({ width: 1180, height: 720 });
      await desk.waitForFunction(() => {
        document.querySelector<HTMLElement>(".sb-toast button[aria-label]")?.click();
        return document.querySelector(".sb-toast") === null;
      });
      await keep(desk, "console");
      await keep(card(), "widget-conversation");
      await desk.emulateMedia({ colorScheme: "dark" });
      await keep(desk, "console-dark");
      await customer.emulateMedia({ colorScheme: "dark" });
      await keep(card(), "widget-dark");
      await customer.emulateMedia({ colorScheme: "light" });
    });

    step("it ends", async () => {
      await agent().close("Solved");
      await widget().panel.getByText("How was it?").waitFor();
      await keep(card(), "widget-rating");
      for (const [from, to] of [
        ["board-light-1280", "board"],
        ["board-dark-1280", "board-dark"],
        ["offer", "console-offer"],
      ]) {
        const made = join(here, "..", "shots", "walks", `${from}.png`);
        if (existsSync(made)) copyFileSync(made, join(images, `${to}.png`));
      }
    });
  });
}
