// What the pictures do not show: foreign pages, a strict policy, reloads, a killed server, two tabs, the page's calls.
// `SWITCHBOARD=path/to/switchboard node scripts/walk.mjs`. Nothing waits a fixed time.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { chromium } from "playwright-core";
import { browserOptions, program } from "./program.mjs";

const { address, call, admin, kill, again, end } = await program();
const policy = `default-src 'none'; script-src ${address}; connect-src ${address} ${address.replace("http", "ws")}`;
const hostile = `<style>*{font-family:"Comic Sans MS"!important;color:red!important;line-height:3!important}
  button,textarea,div,section{display:inline!important;background:lime!important;text-transform:uppercase}</style>`;
const site = createServer(({ url }, response) => {
  response.setHeader("content-type", "text/html");
  if (url === "/strict") response.setHeader("content-security-policy", policy);
  const inline = url === "/inline" ? 'data-mode="inline" data-target="#here"' : "";
  const place = url === "/inline" ? '<div id="here" style="width:500px;height:600px"></div>' : "";
  response.end(`<!doctype html><html lang="en"><title>Foreign</title>${url === "/hostile" ? hostile : ""}
    <h1>Foreign</h1>${place}<script async src="${address}/widget.js" ${inline}></script>`);
}).listen(0, "127.0.0.1");
await once(site, "listening");
const origin = `http://127.0.0.1:${site.address().port}`;
const usual = await call("GET", "/chatbots/default", admin);
const allow = (origins) => call("PUT", "/chatbots/default", admin, { ...usual, allowedOrigins: origins });
await allow([origin]);

const browser = await chromium.launch(browserOptions);
const context = await browser.newContext({ viewport: { width: 1000, height: 760 }, reducedMotion: "reduce" });
const errors = [];
const open = async (path, first) => {
  const page = await context.newPage();
  if (first) await page.addInitScript(first);
  page.setDefaultTimeout(40_000);
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (line) => /Content Security Policy/.test(line.text()) && errors.push(line.text()));
  await page.goto(origin + path);
  return page;
};
const mine = (page, hasText) => page.locator(".sb-me .sb-bubble", { hasText });
const write = async (page, text) => {
  await page.locator(".sb-composer textarea").fill(text);
  await page.keyboard.press("Enter");
};
const menu = async (page, index) => {
  await page.locator(".sw-head [aria-haspopup]").click();
  await page.locator("[role=menuitem]").nth(index).click();
};

const walk = {
  async "the page's style does not reach in"() {
    const page = await open("/hostile");
    await page.locator(".launch").click();
    const style = await page
      .locator(".sw-quick button")
      .first()
      .evaluate((button) => {
        const { color, textTransform, fontFamily, display } = getComputedStyle(button);
        return { color, textTransform, fontFamily, display };
      });
    assert.notEqual(style.color, "rgb(255, 0, 0)");
    assert.equal(style.textTransform, "none");
    assert.doesNotMatch(style.fontFamily, /Comic/);
    await page.close();
  },
  async "nothing is stored before somebody talks"() {
    const page = await open("/strict");
    await page.locator(".launch").click();
    await page.locator(".sw-quick button").first().waitFor();
    const stored = await page.evaluate(() => [document.cookie, localStorage.length, sessionStorage.length]);
    assert.deepEqual(stored, ["", 0, 0]);
    await page.close();
  },
  async "under a strict policy everything works, script is text, and no address has a token"() {
    const page = await open("/strict");
    await page.locator(".launch").click();
    await page.locator(".sw-quick button").first().click();
    await page.locator(".sw-way").nth(1).click();
    const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> javascript:alert(1)';
    await write(page, evil);
    await page.locator(".sb-mark-stored").waitFor();
    assert.equal(await mine(page).first().innerText(), evil);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(await mine(page).locator("a, img, script").count(), 0);
    const asked = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .map(({ name }) => name)
        .join(" "),
    );
    assert.doesNotMatch(asked, /eyJ/);
    await page.close();
  },
  async "a reload brings the conversation and the draft back"() {
    const page = await open("/strict");
    await page.locator(".launch").click();
    await mine(page).first().waitFor();
    await page.locator(".sb-composer textarea").fill("A draft to keep");
    await page.waitForFunction(() => sessionStorage.length > 0);
    await page.reload();
    await page.locator(".launch").click();
    await mine(page).first().waitFor();
    assert.equal(await page.locator(".sb-composer textarea").inputValue(), "A draft to keep");
    await page.close();
  },
  async "what is typed while the server is gone is sent once when it is back"() {
    const page = await open("/strict");
    await page.locator(".launch").click();
    await mine(page).first().waitFor();
    kill();
    await page.locator(".sb-banner").waitFor();
    await write(page, "typed while it was gone");
    await page.locator(".sb-mark-queued").waitFor();
    await again();
    await page.locator(".sb-banner").waitFor({ state: "detached" });
    await page.locator(".sb-mark-queued").waitFor({ state: "detached" });
    assert.equal(await mine(page, "typed while it was gone").count(), 1);
    await page.close();
  },
  async "two tabs are in step"() {
    const [one, two] = [await open("/strict"), await open("/strict")];
    for (const page of [one, two]) {
      await page.locator(".launch").click();
      await mine(page, "typed while it was gone").waitFor();
    }
    await write(two, "from tab two");
    await mine(one, "from tab two").waitFor();
    await one.close();
    await two.close();
  },
  async "the page may open, close, send, listen and take it away"() {
    const page = await open("/strict", () => {
      window.heard = [];
      addEventListener("switchboard:ready", () => {
        for (const type of ["open", "close", "message", "state"]) {
          window.Switchboard.on(type, () => window.heard.push(type));
        }
        window.Switchboard.open();
      });
    });
    await mine(page, "from tab two").waitFor();
    await page.evaluate(() => window.Switchboard.send("from the page"));
    await mine(page, "from the page").waitFor();
    await page.waitForFunction(() => window.heard.includes("message"));
    await page.evaluate(() => window.Switchboard.toggle());
    assert.ok(await page.locator(".sw-panel").isHidden());
    const heard = await page.evaluate(() => window.heard);
    for (const type of ["open", "close", "state"]) assert.ok(heard.includes(type), `${type} of ${heard}`);
    await page.evaluate(() => window.Switchboard.destroy());
    assert.equal(await page.locator("switchboard-chat").count(), 0);
    assert.equal(await page.evaluate(() => "Switchboard" in window), false);
    await page.close();
  },
  async "the transcript is a file, the end can be rated, and another conversation begun"() {
    const page = await open("/strict");
    await page.locator(".launch").click();
    await mine(page).first().waitFor();
    const [file] = await Promise.all([page.waitForEvent("download"), menu(page, 0)]);
    assert.equal(file.suggestedFilename(), "conversation.txt");
    await menu(page, 1);
    await page.locator(".sb-faces").waitFor();
    await page.locator(".sb-primary").click();
    await write(page, "a second conversation");
    await page.locator(".sb-mark-stored").waitFor();
    assert.equal(await mine(page).count(), 1);
    await page.keyboard.press("Escape");
    assert.ok(await page.locator(".sw-panel").isHidden());
    assert.ok(await page.locator(".launch").evaluate((button) => button.getRootNode().activeElement === button));
    await page.close();
  },
  async "inline, it fills its place"() {
    const page = await open("/inline");
    await page.locator(".sw-panel").waitFor();
    const { width, height } = await page.locator(".sw-panel").boundingBox();
    assert.deepEqual([width, height], [500, 600]);
    await page.close();
  },
  async "a site that is not allowed has no button, and its author is told"() {
    await allow(["https://other.example"]);
    const page = await context.newPage();
    const told = page.waitForEvent("console", { predicate: (line) => /allowed origins/.test(line.text()) });
    await page.goto(`${origin}/strict`);
    await told;
    assert.equal(await page.locator(".launch").count(), 0);
    await page.close();
  },
};

let failed = 0;
for (const [name, step] of Object.entries(walk)) {
  try {
    await step();
    assert.deepEqual(errors.splice(0), []);
    process.stdout.write(`ok    ${name}\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`FAIL  ${name}\n${error.stack}\n`);
    for (const page of context.pages()) await page.close();
  }
}
await browser.close();
site.close();
end();
process.exit(failed ? 1 : 0);
