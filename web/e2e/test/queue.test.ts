import type { Page } from "playwright-core";
import { expect } from "vitest";
import { boardIn, consoleIn, widgetIn } from "../src/faces.ts";
import { story } from "../src/world.ts";

story("Nobody is there, then somebody comes", {}, (step, world) => {
  let customer: Page;
  let board: Page;
  const widget = () => widgetIn(customer);

  step("with no agent online the widget says so before anybody waits", async () => {
    customer = await world().window("customer");
    await customer.goto(world().server.address);
    await widget().open();
    await widget().panel.getByRole("button", { name: "Ask a general question" }).click();
    await widget().panel.getByText("No one is available right now.").waitFor();
    await widget()
      .panel.getByRole("button", { name: /AI Chatbot/ })
      .click();
    await widget().write("Which database do I need?");
    await widget().panel.locator(".sb-sources li").first().waitFor();
  });

  step("who waits all the same is told that nobody can say how long, and can leave an address", async () => {
    board = await world().window("admin");
    const admin = boardIn(board, world().server.address);
    await admin.logIn(world().server.login("admin"));
    await admin.heading.waitFor();
    await widget().person();
    await widget().card.getByText("No one is available right now.").waitFor();
    await widget().card.getByRole("button", { name: "Leave an e-mail" }).waitFor();
    await world().look(customer, "widget-nobody", "switchboard-chat");
    await admin.queue.getByText("No agent", { exact: false }).or(admin.queue.getByRole("row").nth(1)).first().waitFor();
    await world().look(board, "admin-board-waiting");
  });

  step("a cancelled wait leaves the queue, and the assistant answers again", async () => {
    await widget().card.getByRole("button", { name: "Cancel" }).click();
    await widget().card.waitFor({ state: "detached" });
    await boardIn(board, "").queue.getByText("Nobody waits").waitFor();
    await widget().write("How do I use PostgreSQL?");
    await expect.poll(() => widget().panel.locator(".sb-sources").count()).toBe(2);
  });

  step("several wait in their order, and each is told the place", async () => {
    await widget().person();
    await widget().card.getByText("No one is available right now.").waitFor();
    const second = await world().window("second customer");
    await second.goto(world().server.address);
    await widgetIn(second).ask("How long is delivery?");
    await widgetIn(second).person();
    await widgetIn(second).card.waitFor();
    const queue = await (await world().admin())<{ items: { position: number }[] }>("GET", "/queue");
    expect(queue.items.map(({ position }) => position)).toEqual([1, 2]);
    await boardIn(board, "").queue.getByRole("row").nth(2).waitFor();
    await second.close();
  });

  step("the first agent who comes is given the one who waited longest, and the customer is connected", async () => {
    const desk = await world().window("agent");
    const agent = consoleIn(desk, world().server.address);
    await agent.logIn(world().server.login("ada"));
    await agent.on();
    await widget().connectedTo("Ada");
    await desk.locator("[data-row]").first().click();
    await boardIn(board, "").agents.getByRole("row", { name: /Ada/ }).getByText("Available").waitFor();
  });
});

story(
  "Offers",
  {
    SWITCHBOARD__ROUTING__MODE: "offer",
    SWITCHBOARD__ROUTING__OFFER_TIMEOUT_MS: "6000",
  },
  (step, world) => {
    let customer: Page;
    const desks = new Map<string, Page>();
    const desk = (name: string) => {
      const page = desks.get(name);
      if (!page) throw new Error(`${name} has no window`);
      return consoleIn(page, world().server.address);
    };

    step("both agents are there, one of them away", async () => {
      for (const name of ["ada", "grace"]) {
        const page = await world().window(name);
        desks.set(name, page);
        await desk(name).logIn(world().server.login(name));
        await desk(name).on();
      }
      await desk("grace").status("Away");
    });

    step("an offer shows who, why, what was said, and the time that runs out", async () => {
      customer = await world().window("customer");
      await customer.goto(world().server.address);
      await widgetIn(customer).ask("My towels came in the wrong colour.");
      await widgetIn(customer).panel.locator(".sb-by-assistant").nth(1).waitFor();
      await widgetIn(customer).person();
      const { offer } = desk("ada");
      await offer.getByText("wrong colour", { exact: false }).first().waitFor();
      const timer = offer.getByRole("timer");
      const first = await timer.textContent();
      await widgetIn(customer).card.waitFor();
      await world().look(desk("ada").page, "console-offer");
      await expect.poll(() => timer.textContent()).not.toBe(first);
    });

    step("left alone it ends, the agent is not responding any more, and one press brings the agent back", async () => {
      const { banners, page } = desk("ada");
      await banners.getByText("You missed an offer").waitFor();
      await world().look(page, "console-missed");
      expect(await desk("ada").offer.count()).toBe(0);
      await widgetIn(customer).card.waitFor();
      await desk("grace").status("Available");
      await desk("grace").offer.waitFor();
    });

    step("declined with a reason it goes to the other agent, who accepts it by a key", async () => {
      // Whose offer is gone may still be asking after that conversation, which is not for the asker's eyes any more.
      world().expect(/status of 404 .*\/api\/v1\/conversations\//);
      await desk("ada").banners.getByRole("button", { name: "I'm back" }).click();
      await desk("ada").on();
      await desk("grace").blur();
      await desk("grace").page.keyboard.press("d");
      await desk("grace").page.getByRole("menuitem").first().click();
      await desk("grace").offer.waitFor({ state: "detached" });
      await desk("ada").offer.waitFor();
      await desk("ada").blur();
      await desk("ada").page.keyboard.press("a");
      await widgetIn(customer).connectedTo("Ada");
      await desk("ada").said("My towels came in the wrong colour.").waitFor();
      expect(await desk("ada").offer.count()).toBe(0);
    });
  },
);
