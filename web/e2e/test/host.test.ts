import { afterAll, expect } from "vitest";
import { consoleIn, widgetIn } from "../src/faces.ts";
import { startSite } from "../src/site.ts";
import { type Page, story } from "../src/world.ts";

const ICON = '<link rel="icon" href="data:,">';
let server = "";
/** A page with a policy as strict as its author could make it, and CSS that would spoil whatever it reaches. */
const shop = await startSite((path) => ({
  body: `<!doctype html><html lang="en"><head><title>Shop</title>${ICON}<link rel="stylesheet" href="/site.css">
    <script async src="${server}/widget.js" data-chatbot="default"></script></head><body><h1>Shop</h1></body></html>`,
  headers: {
    ...(path.endsWith(".css") ? { "content-type": "text/css" } : {}),
    "content-security-policy": `default-src 'none'; script-src ${server}; connect-src ${server} ${server.replace("http", "ws")}; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'`,
  },
}));
const bare = await startSite(() => ({
  body: `<!doctype html><html lang="en"><title>Bare</title>${ICON}<h1>Bare</h1></html>`,
}));
afterAll(async () => {
  await shop.stop();
  await bare.stop();
});

story("The widget on somebody else's site", {}, (step, world) => {
  let customer: Page;
  const widget = () => widgetIn(customer);

  step("it leaves no cookie and no storage before it is used, and opens no socket", async () => {
    server = world().server.address;
    const call = await world().admin();
    const chatbot = await call<object>("GET", "/chatbots/default");
    await call("PUT", "/chatbots/default", { ...chatbot, allowedOrigins: [shop.origin, bare.origin] });
    customer = await world().window("customer");
    const sockets: string[] = [];
    customer.on("websocket", (socket) => sockets.push(socket.url()));
    await customer.goto(shop.origin);
    await widget().launcher.waitFor();
    const kept = () =>
      customer.evaluate(async () => ({
        cookie: document.cookie,
        local: { ...localStorage },
        session: { ...sessionStorage },
        databases: (await indexedDB.databases()).map(({ name }) => name),
        caches: await caches.keys().catch(() => []),
      }));
    const nothing = { cookie: "", local: {}, session: {}, databases: [], caches: [] };
    expect(await kept()).toEqual(nothing);
    await widget().open();
    await widget().panel.getByRole("button", { name: "Ask a general question" }).waitFor();
    expect(await kept()).toEqual(nothing);
    expect(await customer.context().cookies()).toEqual([]);
    expect(sockets).toEqual([]);
  });

  step("under the site's own strict policy it works whole, without one violation", async () => {
    await widget().panel.getByRole("button", { name: "Ask a general question" }).click();
    await widget()
      .panel.getByRole("button", { name: /AI Chatbot/ })
      .click();
    await widget().write("How do I use PostgreSQL?");
    await widget().panel.locator(".sb-sources li").first().waitFor();
    await world().shot(customer, "widget-strict-site");
    expect(await customer.context().cookies()).toEqual([]);
  });

  step("it speaks with an agent from there", async () => {
    const desk = await world().window("agent");
    const agent = consoleIn(desk, world().server.address);
    await agent.logIn(world().server.login("ada"));
    await agent.on();
    await widget().person();
    await widget().connectedTo("Ada");
    await desk.locator("[data-row]").first().click();
    await agent.write("Hello across origins.");
    await widget().said("Hello across origins.").waitFor();
  });

  step("no address that was asked for holds a token", async () => {
    expect(world().requests.length).toBeGreaterThan(20);
    expect(world().requests.filter((url) => /token|eyJ/.test(url.replace(/\/api\/v1\/tokens$/, "")))).toEqual([]);
  });

  step("two scripts on one page are one widget", async () => {
    const page = await world().window("twice");
    await page.goto(bare.origin);
    for (const _ of [1, 2]) await page.addScriptTag({ url: `${world().server.address}/widget.js` });
    await widgetIn(page).launcher.first().waitFor();
    expect(await page.locator("switchboard-chat").count()).toBe(1);
    await page.close();
  });

  step("an unknown chatbot leaves the page as it is, and tells its author", async () => {
    world().expect(/status of 404/);
    const page = await world().window("unknown");
    const told = page.waitForEvent("console", (message) => /there is no chatbot "nosuch"/.test(message.text()));
    await page.goto(bare.origin);
    await page.evaluate((src) => {
      const script = document.createElement("script");
      script.src = `${src}/widget.js`;
      script.dataset.chatbot = "nosuch";
      document.body.append(script);
    }, world().server.address);
    await told;
    expect(await page.locator("switchboard-chat").count()).toBe(0);
    await page.close();
  });

  step("a site that is not among the allowed ones gets no widget, and its author is told why", async () => {
    const call = await world().admin();
    const chatbot = await call<object>("GET", "/chatbots/default");
    await call("PUT", "/chatbots/default", { ...chatbot, allowedOrigins: [shop.origin] });
    world().expect(/status of 403/, /CORS policy/, /ERR_FAILED/);
    const page = await world().window("not allowed");
    const told = page.waitForEvent("console", (message) => /allowed origins/.test(message.text()));
    await page.goto(bare.origin);
    await page.addScriptTag({ url: `${world().server.address}/widget.js` });
    await told;
    expect(await page.locator("switchboard-chat").count()).toBe(0);
    await customer.reload();
    await widget().launcher.waitFor();
  });
});
