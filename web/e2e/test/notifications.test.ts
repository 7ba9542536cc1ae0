import { expect } from "vitest";
import { consoleIn } from "../src/faces.ts";
import { SECRET } from "../src/server.ts";
import { type Page, story } from "../src/world.ts";

story("The bell of an agent with two devices", {}, (step, world) => {
  let desk: Page;
  let phone: Page;
  const at = (page: Page) => consoleIn(page, world().server.address);
  const bell = (page: Page) => page.locator(".bell > button");
  const list = (page: Page) => page.locator(".bell-list");
  const line = (page: Page, text: string | RegExp) => list(page).locator("li", { hasText: text });
  const counts = (page: Page, unread: number) =>
    page
      .getByRole("button", { name: unread > 0 ? `Notifications, ${unread} unread` : "Notifications", exact: true })
      .waitFor();

  async function publish(event: object) {
    const answer = await fetch(`${world().server.address}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-internal-secret": SECRET },
      body: JSON.stringify({ to: { role: "agent" }, ...event }),
    });
    expect(answer.status).toBe(201);
  }

  step("what was said while the agent was away is there at login, and flies in nowhere", async () => {
    const data = { title: "Booking confirmed", message: "Room 12 for two nights" };
    await publish({ type: "notification", data });
    desk = await world().window("agent");
    await at(desk).logIn(world().server.login("ada"));
    await at(desk).on();
    await counts(desk, 1);
    phone = await world().window("phone");
    await at(phone).logIn(world().server.login("ada"));
    await at(phone).on();
    await counts(phone, 1);
  });

  step("one that comes now is shown on both devices at once, and its text is only text", async () => {
    const title = '<img src=x onerror="document.title = 1">';
    await publish({ type: "notification", data: { title, message: "A guest waits at the desk." }, priority: "high" });
    for (const page of [desk, phone]) {
      const toasts = page.locator(".sb-toasts");
      await toasts.getByText("A guest waits at the desk.").waitFor();
      expect(await toasts.getByText("Booking confirmed").count()).toBe(0);
      await counts(page, 2);
    }
    await bell(desk).click();
    await line(desk, "A guest waits at the desk.").waitFor();
    await expect.poll(() => list(desk).locator("li.unread").count()).toBe(2);
    expect(await list(desk).locator("img").count()).toBe(0);
    await world().look(desk, "console-bell-stored");
  });

  step("read on one device they are read on the other, and stay so after a reload", async () => {
    await desk.keyboard.press("Escape");
    for (const page of [desk, phone]) await counts(page, 0);
    await bell(phone).click();
    await line(phone, "Booking confirmed").waitFor();
    expect(await list(phone).locator("li.unread").count()).toBe(0);
    await phone.keyboard.press("Escape");
    await desk.reload();
    await at(desk).on();
    await counts(desk, 0);
    await bell(desk).click();
    await line(desk, "Booking confirmed").waitFor();
    await desk.keyboard.press("Escape");
  });

  step("an event that is not kept is this desk's own: each device reads it by itself", async () => {
    await publish({ type: "order_ready", data: { title: "Order 4 is ready" } });
    for (const page of [desk, phone]) await counts(page, 1);
    await bell(desk).click();
    await line(desk, "Order 4 is ready").waitFor();
    await desk.keyboard.press("Escape");
    await counts(desk, 0);
    await counts(phone, 1);
  });

  step("what people write to each other leaves neither notices nor rows", async () => {
    const { server } = world();
    const mint = async (userId: string, role: string) => {
      const answer = await fetch(`${server.address}/api/v1/tokens`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-internal-secret": SECRET },
        body: JSON.stringify({ userId, role, name: userId }),
      });
      return ((await answer.json()) as { token: string }).token;
    };
    const login = await fetch(`${server.address}/api/v1/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(server.login("ada")),
    });
    const ada = ((await login.json()) as { user: { id: string } }).user.id;
    const cleo = `Bearer ${await mint("cleo", "customer")}`;
    const call = async (path: string, body: object) => {
      const answer = await fetch(`${server.address}/api/v1/messages${path}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: cleo },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(201);
      return (await answer.json()) as { id: string };
    };
    const { id } = await call("/conversations", { type: "guest_staff", subject: "Towels", participant_ids: [ada] });
    await call("/messages", { conversation_id: id, message_text: "Two towels, please" });
    // It comes after them, by the same way.
    await publish({ type: "notification", data: { title: "The last word" } });
    await counts(desk, 1);
    expect(await at(desk).row(id).count()).toBe(0);
    await desk.getByRole("tab", { name: /^All/ }).click();
    await desk.getByRole("tab", { name: /^All/, selected: true }).waitFor();
    expect(await at(desk).row(id).count()).toBe(0);
    await bell(desk).click();
    await line(desk, "The last word").waitFor();
    expect(
      await list(desk)
        .getByText(/count|towels/i)
        .count(),
    ).toBe(0);
    await desk.keyboard.press("Escape");
  });

  step("read without a link it is told when the link is back", async () => {
    await publish({ type: "notification", data: { title: "Before the storm" } });
    await counts(desk, 1);
    world().expect(/ERR_INTERNET_DISCONNECTED|WebSocket|Failed to fetch/);
    await bell(desk).click();
    await line(desk, "Before the storm").waitFor();
    await desk.context().setOffline(true);
    await desk.keyboard.press("Escape");
    await counts(desk, 0);
    await desk.context().setOffline(false);
    // The phone has the event of before besides.
    await counts(phone, 1);
    await phone.reload();
    await at(phone).on();
    await bell(phone).click();
    await line(phone, "Before the storm").waitFor();
    await expect.poll(() => list(phone).locator("li.unread", { hasText: "Before the storm" }).count()).toBe(0);
  });

  step("older ones are a press away", async () => {
    for (let nth = 1; nth <= 55; nth++) await publish({ type: "notification", data: { title: `Wake-up call ${nth}` } });
    await desk.reload();
    await at(desk).on();
    await counts(desk, 55);
    await bell(desk).click();
    await line(desk, "Wake-up call 55").waitFor();
    expect(await line(desk, /Wake-up call 1$/).count()).toBe(0);
    await list(desk).getByRole("button", { name: "Show older" }).click();
    await line(desk, "Before the storm").waitFor();
    expect(await list(desk).locator("li.unread", { hasText: "Wake-up call" }).count()).toBe(55);
    await expect.poll(() => list(desk).evaluate((node) => node === document.activeElement)).toBe(true);
    await world().look(desk, "console-bell-older");
    await desk.keyboard.press("Escape");
    await counts(desk, 0);
  });
});
