// A working day at the console in a few minutes: every step against the real program, in real windows.
//   node web/e2e/console.walk.mjs            (SWITCHBOARD_BIN, SHOTS=folder for pictures)
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { customers, launch, login, startServer, violations } from "./console.support.mjs";

const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const server = await startServer({
  SWITCHBOARD__ROUTING__MODE: "offer",
  SWITCHBOARD__ROUTING__OFFER_TIMEOUT_MS: "12000",
});
const browser = await launch();
const faults = [];
const say = (line) => process.stdout.write(`${line}\n`);
let failed = false;

async function step(name, act) {
  const from = Date.now();
  try {
    await act();
    say(`ok   ${name} (${Date.now() - from} ms)`);
  } catch (error) {
    failed = true;
    say(`FAIL ${name}\n${error.stack ?? error}`);
    if (shots)
      for (const [who, page] of windows)
        await page.screenshot({ path: join(shots, `fail-${who}.png`) }).catch(() => {});
    throw error;
  }
}
const windows = new Map();
async function look(page, name) {
  if (shots) await page.screenshot({ path: join(shots, `${name}.png`) });
  assert.deepEqual(await violations(page), [], `axe at ${name}`);
}
const person = (name) => server.people.find(({ email }) => email.startsWith(name));
async function windowOf(name, context) {
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => faults.push(`${name}: ${error.stack}`));
  windows.set(name, page);
  return page;
}
async function logIn(page, { email, password }) {
  await page.fill("input[name=email]", email);
  await page.fill("input[name=password]", password);
  await page.keyboard.press("Enter");
}
const setStatus = async (page, word) => {
  await page.click(".status button");
  await page.click(`[role=menuitemradio]:has-text("${word}") >> nth=0`);
  await page.waitForSelector(`.status .sb-status:has-text("${word}")`);
};
const outside = (page) => page.evaluate(() => document.activeElement?.blur());
const row = ({ conversationId }) => `[data-row="${conversationId}"]`;
const count = (page, selector, expected) =>
  page.waitForFunction(
    ([selector, expected]) => document.querySelectorAll(selector).length === expected,
    [selector, expected],
  );

try {
  const admin = await login(server.address, person("admin"));
  await admin("POST", "/canned-responses", {
    shortcut: "hi",
    title: "Greeting",
    content: "Hello {{customer.name}}, this is {{agent.name}}.",
    shared: true,
  });
  const grace_id = (await admin("GET", "/agents")).items.find(({ name }) => name.startsWith("Grace")).agentId;
  await admin("PATCH", `/agents/${grace_id}`, { teams: ["Billing"] });

  /** Counts what is heard and shown outside of the page, where a test can't hear or see. */
  const eavesdrop = (context) =>
    context.addInitScript(() => {
      globalThis.tones = 0;
      globalThis.pushed = [];
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...when) {
        globalThis.tones++;
        return start.apply(this, when);
      };
      let permission = "default";
      globalThis.Notification = class {
        static get permission() {
          return permission;
        }
        static async requestPermission() {
          globalThis.asked = (globalThis.asked ?? 0) + 1;
          permission = "granted";
          return permission;
        }
        constructor(title, more) {
          globalThis.pushed.push({ title, ...more });
        }
        close() {}
      };
    });
  const desk = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const other = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await eavesdrop(desk);
  const ada = await windowOf("ada", desk);
  const grace = await windowOf("grace", other);
  const people = await customers(browser, server.address);
  let cleo;

  await step("a wrong password is answered with a sentence, the right one opens the desk", async () => {
    await ada.goto(`${server.address}/console`);
    await ada.waitForSelector("input[name=email]");
    await look(ada, "login");
    await logIn(ada, { ...person("ada"), password: "wrong one" });
    await ada.waitForSelector(".sb-error:has-text('do not match')");
    await look(ada, "login-wrong");
    await logIn(ada, person("ada"));
    await ada.waitForSelector(".status .sb-on");
    await grace.goto(`${server.address}/console`);
    await logIn(grace, person("grace"));
    await grace.waitForSelector(".status .sb-on");
    await setStatus(grace, "Away: Meeting");
    await look(ada, "empty");
  });

  await step("a reload stays logged in, and nothing secret lies in the browser's stores", async () => {
    await ada.reload();
    await ada.waitForSelector(".status .sb-on");
    const kept = await ada.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + document.cookie);
    assert.ok(!/eyJ/.test(kept), "a token is kept");
    assert.ok(!ada.url().includes("token"));
  });

  await step("an offer shows reason, history and time left, is said aloud once, and A accepts it", async () => {
    cleo = await people.come("Cleo Martin", {
      mode: "ai",
      firstMessage: "My towels came in the wrong colour.",
      metadata: { plan: "Business" },
      email: "cleo@example.com",
    });
    await cleo.hears("ai_message");
    await cleo.send("page_view", {
      conversationId: cleo.conversationId,
      url: "https://shop.example/orders/1017",
      title: "Your order 1017",
    });
    await cleo.send("escalate", { conversationId: cleo.conversationId, reason: "Wants a refund" });
    await ada.waitForSelector(".offer:has-text('Cleo Martin'):has-text('Wants a refund'):has-text('wrong colour')");
    await ada.waitForSelector(".offer [role=timer]");
    await ada.waitForFunction(() =>
      document.querySelector("[role=alert].sb-hush")?.textContent.includes("Cleo Martin"),
    );
    assert.equal(await ada.title(), "Offer: Cleo Martin");
    await look(ada, "offer");
    await outside(ada);
    await ada.keyboard.press("a");
    await ada.waitForSelector(".reply textarea:focus");
    await cleo.hears("agent_joined", "Ada");
    assert.equal(await ada.locator(".offer").count(), 0);
  });

  await step("both write, both see typing, and what was read is told", async () => {
    await ada.keyboard.type("Hello Cleo, let me look.");
    await cleo.hears("user_typing", "Ada");
    await ada.keyboard.press("Enter");
    await cleo.hears("new_message", "let me look");
    await ada.waitForSelector(".sb-me .sb-mark-stored, .sb-me .sb-mark-delivered, .sb-me .sb-mark-read");
    await cleo.send("typing_start", { conversationId: cleo.conversationId });
    await ada.waitForSelector(".sb-writing:has-text('Cleo Martin')");
    await cleo.say("I ordered ocean blue.");
    await ada.waitForSelector(".sb-them:has-text('ocean blue')");
    await cleo.hears("message_read");
    await cleo.send("mark_read", { conversationId: cleo.conversationId, seq: 100 }).catch(() => {});
  });

  await step("foreign words stay words: no script runs, only safe links are links", async () => {
    await cleo.say("<img src=x onerror=\"document.title='taken'\"> javascript:alert(1) https://shop.example/a?b=1&c=2");
    await ada.waitForSelector(".sb-them:has-text('<img src=x')");
    const links = await ada.$$eval(".sb-bubble a", (all) => all.map(({ href, rel, target }) => [href, rel, target]));
    assert.deepEqual(links, [["https://shop.example/a?b=1&c=2", "noopener noreferrer nofollow", "_blank"]]);
    assert.notEqual(await ada.title(), "taken");
  });

  await step("a note is seen by agents, never by the customer", async () => {
    await outside(ada);
    await ada.keyboard.press("n");
    await ada.waitForSelector(".reply.noting textarea:focus");
    await ada.keyboard.type("Offer a voucher?");
    await ada.keyboard.press("Enter");
    await ada.waitForSelector(".sb-note:has-text('Offer a voucher?')");
    await look(ada, "note");
    await ada.click(".modes button:has-text('Reply')");
    await cleo.say("Are you there?");
    await ada.waitForSelector(".sb-them:has-text('Are you there?')");
    const heard = await people.seen(cleo);
    assert.ok(!heard.includes("voucher"), "the customer got the note");
  });

  await step("a ready answer comes by a slash, with the names in it", async () => {
    await ada.fill(".reply textarea", "");
    await ada.focus(".reply textarea");
    await ada.keyboard.type("/hi");
    await ada.waitForSelector("[role=option][aria-selected=true]:has-text('Greeting')");
    await look(ada, "canned");
    await ada.keyboard.press("Enter");
    assert.equal(await ada.inputValue(".reply textarea"), "Hello Cleo Martin, this is Ada.");
    await ada.fill(".reply textarea", "");
  });

  await step("the panel knows the customer: e-mail, facts, pages, and why this agent", async () => {
    for (const text of ["cleo@example.com", "Business", "Your order 1017", "This is the first one."])
      await ada.waitForSelector(`.panel:has-text("${text}")`);
    await ada.waitForSelector(".decisions li:has-text('You')");
    await cleo.send("page_view", {
      conversationId: cleo.conversationId,
      url: "https://shop.example/help",
      title: "Help",
    });
    await ada.waitForSelector(".trail li:first-child:has-text('Help')");
  });

  let jonas;
  await step("two windows of one agent stay in step: what is read, and the status", async () => {
    const second = await windowOf("ada-2", desk);
    await second.goto(`${server.address}/console`);
    await second.waitForSelector(`${row(cleo)}`);
    await ada.bringToFront();
    jonas = await people.come("Jonas Weber", { reason: "Wrong address", firstMessage: "Please correct the invoice." });
    await ada.waitForSelector(".offer:has-text('Jonas Weber')");
    await second.waitForSelector(".offer:has-text('Jonas Weber')");
    await outside(ada);
    // Nothing has the focus: Enter is the offer's default.
    await ada.keyboard.press("Enter");
    await ada.waitForSelector(".conversation h2:has-text('Jonas')");
    await second.waitForSelector(row(jonas));
    await count(second, ".offer", 0);
    await ada.click(row(cleo));
    await jonas.say("Lindenweg 4, not 14.");
    for (const page of [ada, second]) await page.waitForSelector(`.news ${row(jonas)}`);
    // Both windows knew; one of them made the sound.
    await ada.waitForFunction(() => globalThis.tones > 0);
    assert.equal(await second.evaluate(() => globalThis.tones), 0);
    await ada.click(row(jonas));
    await second.waitForSelector(`.row:not(.news) > ${row(jonas)}`);
    await setStatus(ada, "Away: Lunch");
    await second.waitForSelector(".status .sb-status:has-text('Away')");
    await setStatus(ada, "Available");
    await second.waitForSelector(".status .sb-on");
    await second.close();
    windows.delete("ada-2");
  });

  await step("a draft survives going elsewhere and a reload", async () => {
    await ada.fill(".reply textarea", "I have corr");
    await ada.click(row(cleo));
    await ada.waitForSelector(`${row(jonas)}:has-text('Draft: I have corr')`);
    await ada.click(row(jonas));
    assert.equal(await ada.inputValue(".reply textarea"), "I have corr");
    await ada.reload();
    await ada.waitForSelector(".conversation h2:has-text('Jonas')");
    await ada.waitForSelector(".reply textarea");
    assert.equal(await ada.inputValue(".reply textarea"), "I have corr");
  });

  await step("the server dies: the banner says what is safe, and what was typed is sent when it is back", async () => {
    await server.kill();
    await ada.waitForSelector(".banners:has-text('lost the connection')", { timeout: 30_000 });
    await ada.fill(".reply textarea", "I have corrected it.");
    await ada.focus(".reply textarea");
    await ada.keyboard.press("Enter");
    await ada.waitForSelector(".sb-me:has-text('I have corrected it.') .sb-mark-queued");
    await ada.waitForSelector(".banners:has-text('One message is kept')");
    await look(ada, "offline");
    await server.again();
    await ada.waitForSelector(".banners:not(:has(.sb-banner))", { state: "attached", timeout: 60_000 });
    await ada.waitForSelector(
      ".sb-me:has-text('I have corrected it.') .sb-mark-stored, .sb-me:has-text('I have corrected it.') .sb-mark-delivered",
    );
    await people.again();
    assert.equal(await ada.locator(".sb-me .sb-bubble:has-text('I have corrected it.')").count(), 1);
    await grace.waitForSelector(".banners:not(:has(.sb-banner))", { state: "attached", timeout: 60_000 });
  });

  await step("a transfer offers it to those who can be reached, with a note; Enter accepts it there", async () => {
    await ada.click(row(cleo));
    await ada.waitForSelector(".conversation h2:has-text('Cleo')");
    await outside(ada);
    await ada.keyboard.press("t");
    await ada.waitForSelector("dialog:has-text('Nobody can be reached right now')");
    await look(ada, "transfer-nobody");
    await setStatus(grace, "Available");
    await ada.waitForSelector("dialog .target:has-text('Grace')");
    await ada.waitForSelector("dialog .target:has-text('Billing')");
    await ada.click("dialog .target:has-text('Grace')");
    await ada.fill("dialog textarea", "Second time this month.");
    await look(ada, "transfer");
    await ada.click("dialog button:has-text('Offer it')");
    await grace.waitForSelector(".offer:has-text('From Ada'):has-text('Second time this month.')");
    await look(grace, "offer-from-colleague");
    // Declined it stays where it was, and its owner hears of it; offered once more it goes.
    await grace.click(".offer footer .sb-menu button");
    await grace.click("[role=menuitem]:has-text('Without a reason')");
    await ada.waitForSelector(".sb-toast:has-text('stays with you')");
    await ada.waitForSelector(".reply textarea");
    await outside(ada);
    await ada.keyboard.press("t");
    await ada.click("dialog .target:has-text('Grace')");
    await ada.fill("dialog textarea", "She asked for you by name.");
    await ada.click("dialog button:has-text('Offer it')");
    await grace.waitForSelector(".offer:has-text('by name')");
    await outside(grace);
    await grace.keyboard.press("Enter");
    await grace.waitForSelector(".conversation h2:has-text('Cleo')");
    await ada.waitForSelector(`.row.gone ${row(cleo)}, .rows:not(:has(${row(cleo)}))`);
    await ada.waitForSelector(
      ".take-line:has-text('A colleague has this conversation now'), .take-line:has-text('Grace')",
    );
  });

  await step("a conversation goes back to the queue, and is taken from there", async () => {
    await setStatus(ada, "Away");
    await setStatus(grace, "Away");
    await grace.click(".conversation-acts .sb-menu [aria-label='More']");
    await grace.click("[role=menuitem]:has-text('Back to the queue')");
    await ada.click("[role=tab]:has-text('Queue')");
    await ada.waitForSelector(`${row(cleo)}:has-text('Escalated')`);
    await ada.click(row(cleo));
    await ada.waitForSelector("button:has-text('Assign to me')");
    await look(ada, "queue");
    await outside(ada);
    await ada.keyboard.press("m");
    await ada.waitForSelector(".reply textarea");
    await ada.waitForSelector("[role=tab][aria-selected=true]:has-text('Mine')");
  });

  await step("the list does not move under the pointer: what is new is counted and comes by a press", async () => {
    await ada.click("[role=tab]:has-text('Queue')");
    const first = await people.come("Li Wei", { reason: "Cannot log in" });
    await ada.waitForSelector(row(first));
    await ada.hover(row(first));
    const before = await ada.locator(row(first)).boundingBox();
    const urgent = await people.come("Sofia Alvarez", { reason: "Delivery", priority: 5 });
    await ada.waitForSelector(".fresh button:has-text('1 new')");
    assert.deepEqual(await ada.locator(row(first)).boundingBox(), before);
    await look(ada, "held");
    await ada.click(".fresh button");
    await ada.waitForSelector(row(urgent));
    await first.leave();
    await urgent.leave();
    for (const one of [first, urgent])
      await admin("POST", `/conversations/${one.conversationId}/close`, { reason: "other" });
  });

  await step("declined with a reason, an offer goes to the next agent", async () => {
    await ada.click("[role=tab]:has-text('Mine')");
    await setStatus(grace, "Available");
    const tom = await people.come("Tom Becker", { reason: "Warranty" });
    await grace.waitForSelector(".offer:has-text('Tom Becker')");
    await setStatus(ada, "Available");
    await outside(grace);
    await grace.keyboard.press("d");
    await grace.click("[role=menuitem]:has-text('I have my hands full')");
    await count(grace, ".offer", 0);
    await ada.waitForSelector(".offer:has-text('Tom Becker')");
    // Nobody answers: the offer ends, the agent is not responding, and comes back by one press.
    await ada.waitForSelector(".banners:has-text('You missed an offer')", { timeout: 30_000 });
    await look(ada, "not-responding");
    await ada.click('.banners button:has-text("I\'m back")');
    await ada.waitForSelector(".status .sb-on");
    await tom.leave();
    await admin("POST", `/conversations/${tom.conversationId}/close`, { reason: "other" }).catch(() => {});
    for (const page of [ada, grace]) await count(page, ".offer", 0);
  });

  await step("a close can be taken back; left alone it is done, and the customer is told", async () => {
    await ada.click(row(jonas));
    await ada.waitForSelector(".conversation h2:has-text('Jonas')");
    await outside(ada);
    await ada.keyboard.press("e");
    await ada.click("[role=menuitem]:has-text('Solved')");
    await ada.waitForSelector(".closing");
    await look(ada, "closing");
    await ada.click(".closing button:has-text('Undo')");
    await ada.waitForSelector(".reply textarea");
    await outside(ada);
    await ada.keyboard.press("e");
    await ada.waitForSelector("[role=menuitem]:focus");
    await ada.keyboard.press("Enter");
    await ada.waitForSelector(".closed-line:has-text('Solved')");
    await jonas.hears("conversation_closed", "solved");
  });

  await step("a customer who writes while it is being closed keeps it open", async () => {
    await ada.click(row(cleo));
    await ada.waitForSelector(".conversation h2:has-text('Cleo')");
    await outside(ada);
    await ada.keyboard.press("e");
    await ada.waitForSelector("[role=menuitem]:focus");
    await ada.keyboard.press("Enter");
    await ada.waitForSelector(".closing");
    await cleo.say("One more thing!");
    await ada.waitForSelector(".sb-toast:has-text('stays open')");
    await ada.waitForSelector(".reply textarea");
  });

  await step("search finds words that were said, and opens where they were said", async () => {
    await ada.keyboard.press("Control+k");
    await ada.waitForSelector("dialog input:focus");
    await ada.keyboard.type("ocean");
    await ada.waitForSelector(".hit mark:has-text('ocean')");
    await look(ada, "search");
    await ada.keyboard.press("ArrowDown");
    await ada.keyboard.press("Enter");
    await ada.waitForSelector(".conversation h2:has-text('Cleo')");
  });

  await step("keys alone: the help, the list, the settings with their sound test", async () => {
    await outside(ada);
    await ada.keyboard.press("?");
    await ada.waitForSelector("dialog:has-text('Keyboard shortcuts')");
    await look(ada, "help");
    await ada.keyboard.press("Escape");
    await outside(ada);
    await ada.keyboard.press("j");
    await ada.waitForSelector("[data-row]:focus");
    await ada.keyboard.press("Enter");
    await ada.waitForSelector(".reply textarea:focus");
    await ada.keyboard.press("Escape");
    await ada.waitForSelector("[data-row]:focus");
    await ada.keyboard.press("b");
    await ada.waitForSelector(".bell-list");
    await look(ada, "bell");
    await ada.keyboard.press("Escape");
    await ada.click("[aria-label^='Menu of']");
    await ada.click("[role=menuitem]:has-text('Settings')");
    await ada.click("dialog button:has-text('Play') >> nth=0");
    await ada.waitForSelector("dialog:has-text('Played')");
    assert.equal(await ada.evaluate(() => globalThis.asked ?? 0), 0, "nobody asked for notifications unasked");
    await ada.click("dialog button:has-text('Allow notifications')");
    await ada.waitForSelector("dialog label:has-text('Show while I look elsewhere') input:checked");
    await look(ada, "settings");
    await ada.keyboard.press("Escape");
  });

  await step("an offer that nobody answers becomes a browser notification", async () => {
    const eve = await people.come("Eve Stone", { reason: "Late parcel" });
    await ada.waitForSelector(".offer:has-text('Eve Stone')");
    await ada.waitForFunction(() => globalThis.pushed.some(({ title }) => title === "Offer: Eve Stone"));
    await ada.click(".offer:has-text('Eve Stone') button[type=submit]");
    await ada.waitForSelector(".conversation h2:has-text('Eve')");
    await eve.send("close_conversation", { conversationId: eve.conversationId });
    await ada.waitForSelector(".closed-line");
    await ada.click(row(cleo));
    await ada.waitForSelector(".conversation h2:has-text('Cleo')");
  });

  await step("every width and both themes, without a violation and without sideways scrolling", async () => {
    for (const colorScheme of ["light", "dark"]) {
      await ada.emulateMedia({ colorScheme });
      for (const width of [1920, 1440, 1000, 720, 390, 360]) {
        await ada.setViewportSize({ width, height: width < 720 ? 780 : 900 });
        await look(ada, `desk-${width}-${colorScheme}`);
        const over = await ada.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(over <= 0, `${over} px too wide at ${width}`);
        if (width >= 1100) continue;
        await ada.click(".panel-toggle");
        await ada.waitForSelector(".panel", { state: "visible" });
        await look(ada, `panel-${width}-${colorScheme}`);
        await ada.click(".panel-close");
        if (width >= 720) continue;
        await ada.click(".back");
        await ada.waitForSelector(".lists", { state: "visible" });
        await look(ada, `list-${width}-${colorScheme}`);
        await ada.click(row(cleo));
      }
    }
    await ada.setViewportSize({ width: 1440, height: 900 });
  });

  await step("what can't be had is said, with a way on: a link to nothing, a list, a panel, a search", async () => {
    const lost = await windowOf("ada-3", desk);
    const broken = "**/api/v1/{conversations?*,customers/*,search?*}";
    await lost.route(broken, (route) =>
      route.fulfill({ status: 503, json: { error: { code: "unavailable", message: "" } } }),
    );
    await lost.goto(`${server.address}/console/c/${cleo.conversationId}`);
    await lost.waitForSelector(".panel:has-text('We could not load this.')");
    await lost.keyboard.press("3");
    await lost.waitForSelector(".conversation h2:has-text('Cleo')");
    await lost.keyboard.press("Control+k");
    await lost.waitForSelector("dialog input:focus");
    await lost.keyboard.type("ocean");
    await lost.waitForSelector("dialog .sb-error");
    await look(lost, "search-failed");
    await lost.keyboard.press("Escape");
    await lost.unroute(broken);
    await lost.keyboard.press("s");
    await lost.waitForSelector("dialog input:focus");
    await lost.keyboard.type("zzzz");
    await lost.waitForSelector("dialog:has-text('Nothing found')");
    await look(lost, "search-nothing");
    await lost.keyboard.press("Escape");
    await lost.goto(`${server.address}/console/c/0199e7d0-0000-7000-8000-000000000000`);
    await lost.waitForSelector(".conversation [role=alert]:has-text('does not exist')");
    await look(lost, "unknown");
    await lost.route(broken, (route) => route.abort());
    await lost.reload();
    await lost.waitForSelector(".rows [role=alert]:has-text('could not load the list'), .rows [data-row]");
    await lost.click("[role=tab]:has-text('All')");
    await look(lost, "list-failed");
    await lost.close();
    windows.delete("ada-3");
  });

  await step("an admin may look in, without a status of their own", async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
    const root = await windowOf("admin", context);
    await root.goto(`${server.address}/console`);
    await logIn(root, person("admin"));
    await root.waitForSelector("[role=tab]:has-text('All')");
    await root.click("[role=tab]:has-text('All')");
    await root.click(row(cleo));
    await root.waitForSelector(".take-line:has-text('Ada')");
    await root.waitForSelector(".decisions li");
    assert.equal(await root.locator(".status").count(), 0);
    await look(root, "admin");
    await context.close();
    windows.delete("admin");
  });

  await step("given back to the assistant, the customer is answered by it, and the agent is free", async () => {
    await ada.click(".conversation-acts .sb-menu [aria-label='More']");
    await ada.click("[role=menuitem]:has-text('Back to the assistant')");
    await ada.waitForSelector(".sb-toast:has-text('back with the assistant')");
    await ada.waitForSelector(".lists:has-text('No conversations')");
    await ada.waitForSelector(".capacity:has-text('0/5')");
    const before = (await people.seen(cleo)).split('"ai_message"').length;
    await cleo.say("How do I get a refund?");
    await people.waitFor(cleo, "ai_message", before);
  });

  await step("logging out in one window ends the other, with a sentence", async () => {
    const second = await windowOf("ada-2", desk);
    await second.goto(`${server.address}/console`);
    await second.waitForSelector(".status");
    await second.click("[aria-label^='Menu of']");
    await second.click("[role=menuitem]:has-text('Log out')");
    await second.waitForSelector(".login:has-text('You are logged out.')");
    await ada.waitForSelector(".login:has-text('logged out in another window')", { timeout: 30_000 });
    await look(ada, "logged-out-elsewhere");
  });

  assert.deepEqual(faults, [], "scripts failed");
} catch (error) {
  if (!failed) say(`FAIL ${error.stack ?? error}`);
  failed = true;
  say(faults.join("\n"));
} finally {
  await browser.close();
  await server.stop();
}
process.exit(failed ? 1 : 0);
