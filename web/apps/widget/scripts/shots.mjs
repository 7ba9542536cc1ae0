// Walks the widget through its states against the real program, in each theme, direction and width: a picture and axe
// over each. `SWITCHBOARD=path/to/switchboard node scripts/shots.mjs [folder] [variant]`. Nothing waits a fixed time.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { browserOptions, program } from "./program.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, "../.shots");
const only = process.argv[3];
mkdirSync(folder, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const { address, call, login, admin, said, end } = await program();
const ada = await login("ada@localhost", /ada@localhost\s+(\S+)/.exec(said())[1]);
const adaId = (await call("GET", "/agents", admin)).items.find((one) => one.name === "Ada").agentId;
const usual = await call("GET", "/chatbots/default", admin);
const chatbot = (change) => call("PUT", "/chatbots/default", admin, { ...usual, ...change });
const capacity = (most) => call("PATCH", `/agents/${adaId}`, admin, { maxConcurrentChats: most });
const status = (to) => call("PUT", `/agents/${adaId}/status`, ada, { status: to });

/** Another customer who wants a human. */
async function another(n) {
  const { token } = await call("POST", "/visitors", null, { chatbotId: "default", name: `Customer ${n}` });
  const { conversationId } = await call("POST", "/conversations", token, {
    clientId: `c${n}${Date.now()}`,
    mode: "human",
  });
  return { close: () => call("POST", `/conversations/${conversationId}/close`, token, {}) };
}
const mine = async () => (await call("GET", "/conversations?limit=1", admin)).items[0];

// ---- the browsers ----

const browser = await chromium.launch(browserOptions);
const desk = await browser.newPage();
await desk.goto(`${address}/favicon.svg`);
await desk.evaluate(
  ([url, token]) =>
    new Promise((resolve) => {
      window.socket = new WebSocket(`${url.replace("http", "ws")}/ws`, ["bearer", token]);
      window.socket.onmessage = () => resolve();
    }),
  [address, ada],
);
const agent = (type, body) =>
  desk.evaluate(([kind, content]) => window.socket.send(JSON.stringify({ type: kind, data: content })), [type, body]);

const pages = [];
let violations = 0;
let pictures = 0;

async function variant(name, { width = 1280, height = 800, dark = false, language = "en" }) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    locale: language,
    reducedMotion: "reduce",
  });
  const open = async (settings) => {
    if (settings) await chatbot(settings);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("console", (m) => process.env.LOUD && process.stdout.write(`${name}: ${m.text()}\n`));
    pages.push(page);
    page.on("pageerror", (error) => process.stdout.write(`${name}: ${error.message}\n`));
    // The shop is English; the widget speaks what it is told to.
    await page.route(`${address}/`, async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace("data-chatbot", `data-language="${language}" data-chatbot`);
      await route.fulfill({ response: answer, body });
    });
    return page;
  };
  const shot = async (page, what) => {
    pictures += 1;
    await page.screenshot({ path: join(folder, `${name}-${what}.png`) });
    await page.evaluate(axe);
    const found = await page.evaluate(() =>
      window.axe.run(
        { include: [["switchboard-chat"]] },
        { resultTypes: ["violations"], rules: { region: { enabled: false } } },
      ),
    );
    for (const { id, help, nodes } of found.violations) {
      violations += 1;
      process.stdout.write(`${name}-${what}: ${id}: ${help}\n`);
      for (const node of nodes) process.stdout.write(`  ${node.html.slice(0, 140)} ${node.any[0]?.message ?? ""}\n`);
    }
  };
  const start = async (page) => {
    await page.goto(address);
    await page.locator(".launch").click();
    await page.locator(".sw-quick button").first().waitFor();
  };
  const write = async (page, text) => {
    await page.locator(".sb-composer textarea").fill(text);
    await page.keyboard.press("Enter");
  };

  // The usual way: a question, an answer, a wish for a human, a wait, a person, the end.
  let page = await open({});
  await capacity(1);
  await page.goto(address);
  await page.locator(".launch").waitFor();
  await shot(page, "01-launcher");
  await page.locator(".launch").click();
  await page.locator(".sw-quick button").first().waitFor();
  await shot(page, "02-home");
  await page.locator(".sw-quick button").first().click();
  await page.locator(".sw-way .sb-on").waitFor();
  await shot(page, "03-choice");
  await page.locator(".sw-way").nth(1).click();
  await write(page, "How do I use PostgreSQL?");
  await page.locator(".sb-sources").waitFor();
  await shot(page, "04-answer");
  const { id: conversationId } = await mine();
  const others = [await another(1), await another(2), await another(3)];
  await page.locator(".sw-person").click();
  await page.locator(".sw-waiting").waitFor();
  await shot(page, "05-waiting");
  for (const other of others.slice(1)) await other.close();
  await others[0].close();
  await page.locator(".sw-head h2", { hasText: "Ada" }).waitFor();
  await shot(page, "06-connected");
  await write(page, "Hello Ada, is there more about it on https://example.com/docs?");
  await page.locator(".sb-mark-stored, .sb-mark-delivered").last().waitFor();
  await agent("typing_start", { conversationId });
  await page.locator(".sb-writing").waitFor();
  await shot(page, "07-typing");
  await call("POST", `/conversations/${conversationId}/messages`, ada, {
    content: "Yes. I will send you the page.",
    clientId: `a1${name}`,
  });
  await call("POST", `/conversations/${conversationId}/read`, ada, { seq: (await mine()).lastSeq });
  await page.locator(".sb-mark-read").last().waitFor();
  await shot(page, "08-read");
  await page.locator(".sw-head .sb-icon-button").last().click();
  await call("POST", `/conversations/${conversationId}/messages`, ada, {
    content: "Here it is.",
    clientId: `a2${name}`,
  });
  await page.locator(".badge:visible").waitFor();
  await shot(page, "09-badge");
  await page.locator(".launch").click();
  await page.locator(".sb-new").waitFor();
  await shot(page, "10-new");
  await context.setOffline(true);
  await page.locator(".sb-banner").waitFor();
  await shot(page, "11-offline");
  await context.setOffline(false);
  await page.locator(".sb-banner").waitFor({ state: "detached" });
  await status("away");
  await call("POST", `/conversations/${conversationId}/release`, ada, { to: "queue" });
  await page.locator(".sw-waiting").waitFor();
  await shot(page, "12-left");
  await status("available");
  await page.locator(".sw-head h2", { hasText: "Ada" }).waitFor();
  await page.locator(".sw-head [aria-haspopup]").click();
  await shot(page, "13-menu");
  await page.keyboard.press("Escape");
  await call("POST", `/conversations/${conversationId}/close`, ada, { reason: "solved" });
  await page.locator(".sb-faces").waitFor();
  await shot(page, "14-rating");
  await page.locator(".sb-face").nth(4).click();
  await page.locator(".sb-faces").waitFor({ state: "detached" });
  await shot(page, "15-thanks");
  await page.close();

  // Asking first, with a form before.
  await context.clearCookies();
  page = await open({
    preChat: [
      { key: "name", label: "Name", kind: "text", required: true },
      { key: "email", label: "E-mail", kind: "email", required: false },
    ],
    assistant: { ...usual.assistant, handOff: "ask" },
  });
  await page.goto(address);
  await page.evaluate(() => localStorage.clear());
  await start(page);
  await page.locator(".sw-quick button").first().click();
  await page.locator("form.sw-card").waitFor();
  await page.locator("form.sw-card [type=submit]").click();
  await page.locator(".sb-error").waitFor();
  await shot(page, "20-form");
  await page.locator("form.sw-card input").first().fill("Robin Vega");
  await page.locator("form.sw-card [type=submit]").click();
  await page.locator(".sw-way").nth(1).click();
  await write(page, "I want to talk to a human");
  await page.locator(".sw-notice .sb-primary").waitFor();
  await shot(page, "21-offer");
  await page.close();

  // Nobody there: closed hours, an address is left.
  const never = {
    timeZone: "Europe/Berlin",
    weekly: Array.from({ length: 7 }, (_, day) => ({ intervals: day === 0 ? [{ fromMinute: 0, toMinute: 1 }] : [] })),
    exceptions: [],
  };
  page = await open({ hours: never });
  await page.goto(address);
  await page.evaluate(() => localStorage.clear());
  await start(page);
  await page.locator(".sw-quick button").first().click();
  await page.locator(".sw-way .sb-off").waitFor();
  await shot(page, "30-closed");
  await page.locator(".sw-way").first().click();
  await page.locator("form.sw-card textarea").waitFor();
  await page.locator("form.sw-card input").fill("robin@example.com");
  await page.locator("form.sw-card textarea").fill("Please call me back about my parcel.");
  await shot(page, "31-leave");
  await page.locator("form.sw-card [type=submit]").click();
  await page.locator(".sw-notice", { hasText: "robin@example.com" }).waitFor();
  await shot(page, "32-left");
  await page.close();

  // Asked for in the middle of a conversation with the assistant.
  page = await open({ hours: never });
  await page.goto(address);
  await page.evaluate(() => localStorage.clear());
  await start(page);
  await write(page, "How do I use PostgreSQL?");
  await page.locator(".sb-sources").waitFor();
  await page.locator(".sw-person").click();
  await page.locator(".sw-away").waitFor();
  await shot(page, "33-away");
  await page.locator(".sw-away button").first().click();
  await page.locator(".sw-person").waitFor();
  await page.close();

  // A brand's own theme, left, in the whole page.
  page = await open({ theme: { accent: "#ffd400", position: "left", radius: 6, icon: "help" } });
  await page.goto(address);
  await page.evaluate(() => localStorage.clear());
  await start(page);
  await shot(page, "40-brand");
  await page.goto(`${address}/widget/chat?chatbot=default&lang=${language}`);
  await page.evaluate(() => localStorage.clear());
  await page.locator(".sw-quick button").first().waitFor();
  await shot(page, "41-page");
  await page.close();

  // The server does not answer.
  page = await open({});
  await page.route("**/api/v1/chatbots/**", (route) => route.abort());
  await page.route("**/widget.js", (route) =>
    route.request().resourceType() === "fetch" ? route.abort() : route.continue(),
  );
  await page.goto(address);
  await page.locator(".launch").click();
  await page.locator(".sb-state .sb-primary").waitFor();
  await shot(page, "50-error");
  await context.close();
}

try {
  const all = {
    light: {},
    dark: { dark: true },
    rtl: { language: "ar" },
    "rtl-dark": { language: "ar", dark: true, width: 420 },
    w380: { width: 380, height: 740, language: "de" },
    w360: { width: 360, height: 640, language: "es", dark: true },
  };
  for (const [name, how] of Object.entries(all)) if (!only || only === name) await variant(name, how);
  process.stdout.write(`${pictures} pictures, ${violations} violations\n`);
} catch (error) {
  // What it looked like when it went wrong.
  await pages
    .at(-1)
    ?.screenshot({ path: join(folder, "failed.png") })
    .catch(() => {});
  process.stdout.write(`${error}\n`);
  violations += 1;
} finally {
  await browser.close();
  end();
}
process.exit(violations ? 1 : 0);
