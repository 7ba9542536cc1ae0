// Walks over the admin board against the real program: `node e2e/admin.walk.mjs [folder for pictures]`.
// A dozen customers and agents by plain WebSockets, every view, every action, axe, widths, a killed server.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fillHouse, launch, login, people, SECRET, startServer } from "./admin.support.mjs";

const pictures = process.argv[2];
if (pictures) mkdirSync(pictures, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const faults = [];
const say = (line) => process.stdout.write(`${line}\n`);

const server = await startServer();
const browser = await launch();
let failed = null;
try {
  const admin = await login(server.address, "admin@localhost", server.password());
  await fresh();
  const come = await people(browser, server.address);
  const house = await fillHouse({ address: server.address, admin, come });
  say("the house is full");
  await walk(admin, house);
} catch (error) {
  failed = error;
} finally {
  await browser.close();
  await server.stop();
}
for (const fault of faults) say(`FAULT ${fault}`);
if (failed) throw failed;
say(faults.length ? `${faults.length} faults` : "walked, no faults");
process.exit(faults.length ? 1 : 0);

/** What is wrong with the page as it stands: axe, and anything wider than the window. */
async function inspect(page, name) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ["violations"] }));
  for (const { id, help, nodes } of violations) {
    const where = nodes.map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? node.all[0]?.message ?? ""}`);
    faults.push(`${name}: axe ${id}: ${help}\n    ${where.slice(0, 4).join("\n    ")}`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) faults.push(`${name}: ${wide} px wider than the window`);
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function newPage(context, name) {
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(`${name}: ${error.stack}`));
  page.on("console", (message) => {
    const text = message.text();
    // A refused login, a killed server and a refused form are part of the walk.
    if (message.type() === "error" && !/status of (4\d\d|503)|ERR_CONNECTION|WebSocket connection/.test(text))
      faults.push(`${name}: ${text}`);
  });
  return page;
}

async function walk(admin, house) {
  const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, reducedMotion: "reduce" });
  const page = await newPage(context, "walk");
  const address = `${server.address}/admin/`;

  await page.goto(address);
  await page.getByLabel("E-mail").fill("admin@localhost");
  await page.getByLabel("Password").fill("wrong password");
  await inspect(page, "login");
  await picture(page, "login");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("do not belong together").waitFor();
  await page.getByLabel("Password").fill(server.password());
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Board", exact: true }).waitFor();
  say("logged in");

  const queue = page.getByRole("group", { name: "Queue", exact: true });
  const agents = page.getByRole("group", { name: "Agents", exact: true });
  await queue.getByRole("row").nth(3).waitFor();
  await agents.getByText("Lunch until 13:30").waitFor();
  // On a busy machine more than one is late.
  await agents.getByText("Not responding").first().waitFor();
  await agents.getByRole("row", { name: /Yuki.*since/ }).waitFor();
  await page.getByText("Conversations today").waitFor();
  const waited = queue.locator(".ad-waited").first();
  const before = await waited.textContent();
  await page.waitForFunction(([was]) => document.querySelector(".ad-queue .ad-waited")?.textContent !== was, [before]);
  say("the board is live, and ticks");

  await everyWidth(context, address);

  // The figures on the board are those of the server.
  const { items } = await admin.call("GET", "/queue");
  const tile = page.locator(".ad-tile").first();
  await tile.getByText(String(items.length), { exact: true }).waitFor();

  // Assign by hand, over the limit: the row leaves the queue by itself.
  const first = house.waiting.find(({ id }) => id === items.at(-1).conversationId) ?? { name: items.at(-1).userName };
  await queue.getByRole("button", { name: `Assign ${first.name}` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Over the limit").first().waitFor();
  await inspect(page, "assign");
  await picture(page, "assign");
  await dialog.getByRole("button", { name: "Assign to Mia Keller" }).click();
  await page.getByText(`${first.name} is with Mia Keller now.`).waitFor();
  await queue.getByRole("button", { name: `Assign ${first.name}` }).waitFor({ state: "detached" });
  say("assigned by hand");

  // Who waits far behind is served first by a higher priority; what is no priority is said at the field.
  const behind = items.at(-2).userName;
  await queue.getByRole("button", { name: `Change the priority of ${behind}` }).click();
  await dialog.getByLabel("Priority", { exact: true }).fill("soon");
  await dialog.getByRole("button", { name: "Set" }).click();
  await dialog.getByText("A whole number from 0").waitFor();
  await dialog.getByLabel("Priority", { exact: true }).fill("999");
  await dialog.getByRole("button", { name: "Set" }).click();
  await dialog.locator(".sb-wrong .sb-error").waitFor();
  await inspect(page, "priority");
  await picture(page, "priority");
  await dialog.getByRole("button", { name: /Urgent/ }).click();
  await dialog.getByRole("button", { name: "Set" }).click();
  await page.getByText(`${behind} has priority 10 now.`).waitFor();
  await queue.getByRole("row").nth(1).getByText(behind).waitFor();
  say("a priority was raised");

  // A row opens the conversation with its messages and decisions; pulled back, it waits again.
  await page.goto(`${address}?conversation=${items.at(-1).conversationId}`);
  const panel = page.getByRole("complementary", { name: "Conversation" });
  await panel.getByText("With Mia Keller").waitFor();
  await panel.getByText(`Hello, this is ${first.name}.`, { exact: false }).waitFor();
  await inspect(page, "conversation");
  await picture(page, "conversation");
  await panel.getByRole("tab", { name: "Decisions" }).click();
  await panel.getByText("By hand").first().waitFor();
  await inspect(page, "conversation decisions");
  await picture(page, "conversation-decisions");
  await panel.getByRole("tab", { name: "Details" }).click();
  await inspect(page, "conversation details");
  await panel.getByRole("button", { name: "Pull back to the queue" }).click();
  await panel.getByText("Waiting", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  say("pulled back");

  // A row by keyboard.
  await queue.getByRole("row").nth(1).focus();
  await page.keyboard.press("Enter");
  await panel.waitFor();
  // Closing can be taken back.
  await panel.getByRole("button", { name: "Close", exact: true }).click();
  await page.getByText("is being closed").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await page.keyboard.press("Escape");

  // A line to all who wait.
  await page.getByRole("button", { name: "Message the queue" }).click();
  await dialog.getByLabel("Message").fill("We are more than usual today. Thank you for waiting.");
  await dialog.getByLabel("I have read it once more").check();
  await inspect(page, "message the queue");
  await dialog.getByRole("button", { name: /Send to/ }).click();
  await page.getByText(/Sent to \d+ customers?\./).waitFor();
  say("said to the queue");

  // An agent: status, limits, conversations pulled back.
  await agents.getByRole("row", { name: /Kofi/ }).click();
  await dialog.getByLabel("Conversations at a time").fill("x");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByText("A whole number from 0").waitFor();
  await dialog.getByLabel("Conversations at a time").fill("4");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.getByText("Kofi Mensah is saved.").waitFor();
  await inspect(page, "agent");
  await picture(page, "agent");
  await dialog.getByLabel("Set the status").selectOption("away");
  await dialog.getByRole("button", { name: "Set" }).first().click();
  await page.getByText("Kofi Mensah is now: Away.").waitFor();
  await dialog
    .getByRole("button", { name: /Pull .* back to the queue/ })
    .first()
    .click();
  await page
    .getByText(/back in the queue/)
    .first()
    .waitFor();
  await dialog.getByRole("button", { name: "Close", exact: true }).click();
  say("an agent was changed");

  await settings(page, address);
  await lists(page, admin);
  await failing(page, address);
  await everyView(context, address);
  await wall(page, address);
  await lost(page, address);
}

async function enter(page) {
  await page.goto(`${server.address}/admin/`);
  await page.getByLabel("E-mail").fill("admin@localhost");
  await page.getByLabel("Password").fill(server.password());
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Board", exact: true }).waitFor();
}

/** Nothing has happened yet: every view says what belongs there. */
async function fresh() {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  const page = await newPage(context, "fresh");
  await enter(page);
  await page.getByRole("heading", { name: "Nobody waits" }).waitFor();
  await page.getByText("No numbers for this time yet.").first().waitFor();
  await inspect(page, "fresh board");
  await picture(page, "fresh");
  for (const [view, words] of [
    ["conversations", "No conversations yet"],
    ["alerts", "All is well"],
    ["decisions", "No decisions yet"],
    ["canned", "No canned replies yet"],
    ["announcements", "None yet"],
    ["statistics", "No numbers for this time yet."],
  ]) {
    await page.goto(`${server.address}/admin/${view}`);
    await page.getByText(words).first().waitFor();
    await inspect(page, `fresh ${view}`);
  }
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Log in" }).waitFor();
  await context.close();
  say("a fresh installation says what belongs where; logged out is logged out");
}

/** The server fails: what happened, what is safe, and a way to try again. */
async function failing(page, address) {
  const fails = (route) =>
    route.fulfill({
      status: 503,
      contentType: "application/json",
      body: '{"error":{"code":"unavailable","message":"no","retryable":true}}',
    });
  await page.route("**/api/v1/statistics**", fails);
  await page.goto(`${address}statistics`);
  await page.getByText("This could not be loaded").waitFor();
  await page.getByText("Nothing was changed").waitFor();
  await inspect(page, "failed");
  await picture(page, "failed");
  await page.unroute("**/api/v1/statistics**", fails);
  const other = await page.context().newPage();
  await other.route("**/api/v1/chatbots", fails);
  await other.goto(`${address}hours`);
  await other.getByText("This could not be loaded").waitFor();
  await inspect(other, "failed hours");
  await other.close();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("Estimated against actual wait").waitFor();
  say("a failure is said, and tried again");
}

/** Every view on a phone in the dark and on a tablet in the light, and the panel of a conversation. */
async function everyView(context, address) {
  const views = [
    "conversations",
    "statistics",
    "alerts",
    "decisions",
    "audit",
    "agents",
    "chatbots",
    "hours",
    "canned",
    "announcements",
    "tokens",
  ];
  for (const [theme, width] of [
    ["dark", 360],
    ["light", 768],
    ["dark", 1280],
    // 200 % of a window of 1280 px.
    ["light", 640],
  ]) {
    const page = await newPage(context, `${theme} ${width}`);
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: width === 640 ? 400 : 800 });
    for (const view of views) {
      await page.goto(`${address}${view}`);
      await page.locator(".ad-page-head h1").waitFor();
      await page.waitForFunction(() => !document.querySelector(".sb-skeleton"));
      await inspect(page, `${view} ${theme} ${width}`);
      await picture(page, `${view}-${theme}-${width}`);
    }
    await page.goto(`${address}conversations`);
    await page.getByRole("row").nth(1).click();
    await page.getByRole("complementary", { name: "Conversation" }).getByRole("tab", { name: "Details" }).click();
    await inspect(page, `panel ${theme} ${width}`);
    await page.close();
  }
  say("every view, narrow and dark");
}

async function go(page, name) {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name, exact: false }).first().click();
}

async function settings(page) {
  await go(page, "Agents");
  await page.getByRole("button", { name: "Add agent" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add agent" }).click();
  await dialog.getByText("Please fill this in.").waitFor();
  await inspect(page, "add agent");
  await dialog.getByLabel("Name").fill("<script>alert(1)</script> Ines");
  await dialog.getByLabel("E-mail").fill("mia@shop.example");
  await dialog.getByLabel("Password").fill("another-password");
  await dialog.getByRole("button", { name: "Add agent" }).click();
  // The address is taken: the server says so, at the field.
  await dialog.locator(".sb-wrong", { hasText: "E-mail" }).locator(".sb-error").waitFor();
  await picture(page, "add-agent");
  await dialog.getByLabel("E-mail").fill("ines@shop.example");
  await dialog.getByRole("button", { name: "Add agent" }).click();
  await page.getByText("can log in now.").waitFor();
  await page.getByText("<script>alert(1)</script> Ines").first().waitFor();
  await inspect(page, "agents");
  await picture(page, "agents");

  await go(page, "Chatbots");
  await page.getByLabel("Main colour", { exact: true }).fill("#ffe11a");
  await page.getByText(/can be read/).waitFor();
  await page.getByLabel("Sites that may carry it").fill("shop.example");
  await page.getByRole("button", { name: "Save chatbot" }).click();
  await page.getByText("Each must look like").waitFor();
  await page.getByLabel("Sites that may carry it").fill("https://shop.example");
  await page.getByRole("textbox", { name: "Greeting" }).fill("Hi! How can we help you today?");
  await page.getByRole("button", { name: "Add field" }).click();
  await page.getByRole("button", { name: "Add field" }).click();
  const key = page.getByLabel("Key").nth(1);
  await key.fill("name");
  await page.getByRole("button", { name: "Save chatbot" }).click();
  await page.getByText("This is there twice.").waitFor();
  await key.fill("email");
  await page.getByRole("button", { name: "Form" }).click();
  await inspect(page, "chatbots");
  await picture(page, "chatbots");
  await page.getByRole("button", { name: "Save chatbot" }).click();
  await page.getByText("Support is saved.").waitFor();
  // What was saved is what the widget is told.
  const widget = await (await fetch(`${server.address}/api/v1/chatbots/default/widget`)).json();
  assert.deepEqual(
    widget.preChat.map((field) => field.key),
    ["name", "email"],
  );
  assert.equal(widget.theme.accent, "#ffe11a");

  await go(page, "Hours");
  const only = page.getByLabel("Only at certain hours");
  await only.waitFor();
  if (!(await only.isChecked())) await only.check();
  await page.getByRole("button", { name: "Add hours on Monday" }).click();
  await page.getByRole("button", { name: "Add day" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Christmas");
  await page.getByLabel("Time zone").fill("Europe/Nowhere");
  await page.getByText("This is no time zone").first().waitFor();
  await page.getByLabel("Time zone").fill("Europe/Berlin");
  await inspect(page, "hours");
  await picture(page, "hours");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/The hours of .* are saved/).waitFor();
  // Reading it again shows what was saved.
  await page.reload();
  await page.getByLabel("Only at certain hours").waitFor();
  assert.equal(await page.getByLabel("Only at certain hours").isChecked(), true);
  assert.equal(await page.getByLabel("Monday, from").count(), 2);
  await page.getByLabel("Only at certain hours").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText(/The hours of .* are saved/).waitFor();

  await go(page, "Canned replies");
  await page.getByText("/refund").waitFor();
  await page.getByRole("button", { name: "Add reply" }).click();
  const dialog2 = page.getByRole("dialog");
  await dialog2.getByLabel("Shortcut").fill("refund");
  await dialog2.getByLabel("Title").fill("Again");
  await dialog2.getByLabel("Text").fill("Hello {{customer.name}}");
  await dialog2.getByText("Hello Cleo").waitFor();
  await dialog2.getByRole("button", { name: "Save" }).click();
  await dialog2.locator(".sb-wrong", { hasText: "Shortcut" }).locator(".sb-error").waitFor();
  await inspect(page, "canned dialog");
  await dialog2.getByRole("button", { name: "Cancel" }).click();
  await inspect(page, "canned");
  await picture(page, "canned");

  await go(page, "Announcements");
  await page.getByText("Made before").waitFor();
  await page.getByLabel("Text").fill("Team meeting at four.");
  await page.getByLabel("I have read it once more").check();
  await inspect(page, "announcements");
  await picture(page, "announcements");
  await page.getByRole("button", { name: "Announce", exact: true }).click();
  await page.getByText("Announced.").waitFor();

  await go(page, "Tokens");
  await page.getByLabel(/User's id/).fill("shop-17");
  await page.getByLabel(/Application's secret/).fill("wrong secret");
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByText("This is not the secret").waitFor();
  await page.getByLabel(/Application's secret/).fill(SECRET);
  await page.getByRole("button", { name: "Make a token" }).click();
  await page.getByText("it is not shown again").waitFor();
  await inspect(page, "tokens");
  await picture(page, "tokens");
  say("settings are saved, and refused at the field");
}

async function lists(page, admin) {
  await go(page, "Conversations");
  await page.getByText("Cleo Park").first().waitFor();
  await inspect(page, "conversations");
  await picture(page, "conversations");
  await page.getByRole("searchbox", { name: "Customer" }).fill("priya");
  await page.getByRole("row", { name: /Mara Lindt/ }).waitFor({ state: "detached" });
  await page.getByRole("row", { name: /Priya/ }).waitFor();
  await page.getByRole("searchbox", { name: "Customer" }).fill("nobody of this name");
  await page.getByText("Nothing matches").waitFor();
  await inspect(page, "conversations, nothing");
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByLabel("Status").selectOption("CLOSED");
  await page.getByRole("row", { name: /Guest/ }).first().waitFor();

  await go(page, "Statistics");
  await page.getByText("Estimated against actual wait").waitFor();
  await inspect(page, "statistics");
  await picture(page, "statistics");
  const chart = page.getByRole("figure", { name: "Conversations that began" });
  await chart.focus();
  await page.keyboard.press("t");
  await chart.getByRole("table").waitFor();
  await inspect(page, "statistics table");
  await page.getByRole("tab", { name: "30 days" }).click();
  await page.getByRole("tab", { name: "26 weeks" }).click();
  await page.getByRole("heading", { name: "By agent" }).waitFor();

  await go(page, "Alerts");
  await page.getByText("Many customers wait").first().waitFor();
  await inspect(page, "alerts");
  await picture(page, "alerts");

  // More decisions than one page of the log holds.
  const { items } = await admin.call("GET", "/queue");
  for (let n = 0; n < 30; n += 1)
    await admin.call("POST", `/conversations/${items[0].conversationId}/priority`, { priority: n % 2 ? 4 : 5 });
  await go(page, "Decision log");
  await page.getByLabel("Made").selectOption("yes");
  await page
    .getByRole("row", { name: /By hand/ })
    .first()
    .waitFor();
  await inspect(page, "decisions");
  await page.getByLabel("Made").selectOption("");
  await page.getByRole("combobox", { name: "Decision" }).selectOption("prioritized");
  await page.getByRole("row", { name: /Priority changed.*priority 0 became 10/ }).waitFor();
  await page.getByRole("combobox", { name: "Rule" }).selectOption("R16");
  await page.getByText("Nothing matches").waitFor();
  await inspect(page, "decisions, nothing");
  await page.getByRole("combobox", { name: "Rule" }).selectOption("");
  await page.getByRole("combobox", { name: "Decision" }).selectOption("");
  // Over all conversations, page by page.
  const rows = page.getByRole("table", { name: "Decisions" }).getByRole("row");
  await page.getByRole("button", { name: "Show more" }).waitFor();
  const had = await rows.count();
  await page.getByRole("button", { name: "Show more" }).click();
  await rows.nth(had).waitFor();
  await picture(page, "decisions");

  await go(page, "Audit log");
  await page
    .getByRole("row", { name: /Conversation assigned by hand/ })
    .first()
    .waitFor();
  await page.getByLabel("What").selectOption("login.refused");
  await page
    .getByRole("row", { name: /Login refused/ })
    .first()
    .waitFor();
  await page.getByLabel("What").selectOption("");
  await inspect(page, "audit");
  await picture(page, "audit");
  say("lists, statistics and records are there");
}

async function wall(page, address) {
  await page.goto(address);
  await page.getByRole("group", { name: "Queue", exact: true }).getByRole("row").nth(1).waitFor();
  await page.keyboard.press("w");
  await page.getByRole("button", { name: "Leave the wall" }).waitFor();
  await page.getByText("Conversations today").waitFor();
  await inspect(page, "wall");
  await picture(page, "wall");
  await page.getByRole("button", { name: "Leave the wall" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("full screen").waitFor();
  await inspect(page, "keys");
  await page.keyboard.press("Escape");
  say("the wall");
}

/** The server is killed under the board: what is shown is dimmed and dated, and it comes back by itself. */
async function lost(page) {
  await server.kill("SIGKILL");
  await page.getByText("We lost the connection.").waitFor();
  await page.locator(".ad-stale").waitFor();
  await inspect(page, "lost");
  await picture(page, "lost");
  await server.start();
  await page.locator(".ad-stale").waitFor({ state: "detached", timeout: 60_000 });
  await page.getByRole("group", { name: "Queue", exact: true }).getByRole("row").nth(1).waitFor();
  say("killed, and back");
}

async function everyWidth(context, address) {
  for (const theme of ["light", "dark"]) {
    for (const [width, height] of [
      [1920, 1080],
      [1280, 800],
      [640, 400],
      [768, 1024],
      [390, 844],
      [360, 740],
    ]) {
      const page = await newPage(context, `${theme} ${width}`);
      await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height });
      await page.goto(address);
      await page.getByRole("group", { name: "Queue", exact: true }).getByRole("row").nth(1).waitFor();
      await page.getByText("Conversations today").waitFor();
      await inspect(page, `board ${theme} ${width}`);
      await picture(page, `board-${theme}-${width}`);
      if (pictures)
        await page.screenshot({ path: join(pictures, `board-${theme}-${width}-whole.png`), fullPage: true });
      await page.close();
    }
  }
  say("light and dark, 360 to 1920");
}
