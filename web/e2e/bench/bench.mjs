// What the faces cost, beside what a page costs without them. `npm run bench`, with SWITCHBOARD_BIN; prints tables.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..", "..");
const program = process.env.SWITCHBOARD_BIN ?? join(root, "target", "debug", "switchboard");
const RUNS = Number(process.env.BENCH_RUNS ?? 15);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
const CONVERSATIONS = Number(process.env.BENCH_CONVERSATIONS ?? 200);
const PER_SECOND = Number(process.env.BENCH_RATE ?? 50);
const say = (line = "") => process.stdout.write(`${line}\n`);
const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
const row = (name, ...cells) => say(`| ${name} | ${cells.join(" | ")} |`);

// ---- the program, a browser, and a host page ----

const folder = mkdtempSync(join(tmpdir(), "switchboard-bench-"));
const server = spawn(program, [], {
  cwd: folder,
  env: {
    PATH: process.env.PATH,
    PORT: "0",
    RUST_LOG: "warn",
    ADMIN_PASSWORD: "only-for-the-bench",
    SWITCHBOARD__LIMITS__VISITORS_PER_MINUTE: "100000",
    SWITCHBOARD__LIMITS__MESSAGES_PER_10S: "100000",
    SWITCHBOARD__LIMITS__FRAMES_PER_60S: "1000000",
    SWITCHBOARD__LIMITS__ROOMS_PER_SOCKET: "1000",
    SWITCHBOARD__ROUTING__DEFAULT_CAPACITY: String(CONVERSATIONS),
    ...(process.env.E2E_EMBEDDED ? {} : { SWITCHBOARD__PAGES__FOLDER: join(root, "web", "dist") }),
  },
  stdio: ["ignore", "pipe", "inherit"],
});
let said = "";
const address = await new Promise((resolve, reject) => {
  server.stdout.on("data", (data) => {
    said += data;
    const found = /Listening on (http:\S+)/.exec(said)?.[1];
    if (found) resolve(found);
  });
  server.once("exit", (code) => reject(new Error(`the program ended with ${code}`)));
});
const call = async (method, path, token, body) => {
  const answer = await fetch(`${address}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-gpu",
  ],
});
const words = "Linen for slow mornings, washed and softened, made to be used every day. ".repeat(120);
const site = createServer((request, response) => {
  const script =
    request.url === "/with" ? `<script async src="${address}/widget.js" data-chatbot="default"></script>` : "";
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(
    `<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,">${script}<h1>Shop</h1><p>${words}</p>`,
  );
});
await new Promise((ready) => site.listen(0, "127.0.0.1", ready));
const shop = `http://127.0.0.1:${site.address().port}`;

try {
  sizes();
  await paint();
  await busyConsole();
} finally {
  await browser.close();
  site.close();
  server.removeAllListeners("exit");
  server.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}

// ---- how much is loaded ----

function sizes() {
  say("\n## Sizes, bytes\n");
  row("file", "plain", "gzip");
  row("---", "---:", "---:");
  const dist = join(root, "web", "dist");
  const files = (at) =>
    readdirSync(at, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? files(join(at, entry.name)) : [join(at, entry.name)],
    );
  const sums = new Map();
  for (const path of files(dist).sort()) {
    if (!/\.(js|css|html)$/.test(path)) continue;
    const bytes = readFileSync(path);
    const gzip = gzipSync(bytes, { level: 9 }).length;
    const name = path.slice(dist.length + 1);
    row(name, bytes.length, gzip);
    const app = name.split("/")[0];
    const sum = sums.get(app) ?? [0, 0];
    sums.set(app, [sum[0] + bytes.length, sum[1] + gzip]);
  }
  for (const [app, [plain, gzip]] of sums) row(`**${app}, all**`, plain, gzip);
}

// ---- what a host page's visitors notice ----

async function paint() {
  const bot = await call("POST", "/auth/login", null, { email: "admin@localhost", password: "only-for-the-bench" });
  const chatbot = await call("GET", "/chatbots/default", bot.token);
  await call("PUT", "/chatbots/default", bot.token, { ...chatbot, allowedOrigins: [shop] });
  const seen = { "/without": [], "/with": [] };
  const ready = [];
  const opened = [];
  // By turns, so that whatever else this machine does hits both alike; the first of each warms up.
  for (let run = 0; run <= RUNS; run += 1) {
    for (const path of ["/without", "/with"]) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(shop + path, { waitUntil: "load" });
      const painted = await page.evaluate(
        () =>
          new Promise((resolve) => {
            new PerformanceObserver((list) => {
              const found = list.getEntriesByName("first-contentful-paint")[0];
              if (found) resolve(found.startTime);
            }).observe({ type: "paint", buffered: true });
          }),
      );
      if (path === "/with") {
        await page.locator(".launch").waitFor();
        const at = await page.evaluate(() => performance.now());
        const from = Date.now();
        await page.locator(".launch").click();
        await page.locator(".sw-quick button").first().waitFor();
        if (run > 0) {
          ready.push(at);
          opened.push(Date.now() - from);
        }
      }
      if (run > 0) seen[path].push(painted);
      await context.close();
    }
  }
  say(`\n## A host page, medians of ${RUNS} runs, ms\n`);
  row("", "without", "with the widget", "difference");
  row("---", "---:", "---:", "---:");
  const [floor, ours] = [median(seen["/without"]), median(seen["/with"])];
  row("first contentful paint", floor.toFixed(0), ours.toFixed(0), (ours - floor).toFixed(0));
  row("launcher is there, after navigation", "–", median(ready).toFixed(0), "");
  row("panel is usable, after the click", "–", median(opened).toFixed(0), "");
}

// ---- an agent with very many conversations ----

async function busyConsole() {
  const password = /ada@localhost\s+(\S+)/.exec(said)[1];
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.goto(`${address}/console`);
  await page.getByLabel("E-mail").fill("ada@localhost");
  await page.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await page.locator(".status .sb-on").waitFor();
  const people = [];
  for (let n = 0; n < CONVERSATIONS; n += 1) {
    const { token } = await call("POST", "/visitors", null, { chatbotId: "default", name: `Customer ${n + 1}` });
    const { conversationId } = await call("POST", "/conversations", token, {
      clientId: `c${n}`,
      mode: "human",
      firstMessage: `Hello, this is customer ${n + 1}.`,
    });
    people.push({ token, conversationId });
  }
  await page.waitForFunction(
    (most) => document.querySelectorAll("[data-row]").length >= most,
    Math.min(CONVERSATIONS, 50),
    {
      timeout: 60_000,
    },
  );
  await page.locator("[data-row]").first().click();
  await page.locator(".reply textarea").waitFor();
  const rows = await page.locator("[data-row]").count();
  const watch = () =>
    page.evaluate(() => {
      globalThis.long = [];
      globalThis.watching?.disconnect();
      globalThis.watching = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) globalThis.long.push(duration);
      });
      globalThis.watching.observe({ type: "longtask" });
    });
  const took = () => page.evaluate(() => globalThis.long);
  // The floor: the same page, the same seconds, and nothing happens.
  await watch();
  await page.waitForTimeout(SECONDS * 1000);
  const idle = await took();
  await watch();
  const from = Date.now();
  const sent = [];
  let failed = 0;
  for (let n = 0; Date.now() - from < SECONDS * 1000; n += 1) {
    const due = from + (n * 1000) / PER_SECOND;
    if (due > Date.now()) await new Promise((go) => setTimeout(go, due - Date.now()));
    const { token, conversationId } = people[(n * 37) % people.length];
    sent.push(
      call("POST", `/conversations/${conversationId}/messages`, token, {
        content: `Line ${n} of what I have to say.`,
        clientId: `m${n}`,
      }).catch(() => {
        failed += 1;
      }),
    );
  }
  await Promise.all(sent);
  const seconds = (Date.now() - from) / 1000;
  const busy = await took();
  say(`\n## The console with ${CONVERSATIONS} conversations (${rows} rows drawn), ${SECONDS} s\n`);
  row("", "at rest", "under load");
  row("---", "---:", "---:");
  row("messages a second, reached", 0, ((sent.length - failed) / seconds).toFixed(1));
  row("messages refused", 0, failed);
  row("tasks over 50 ms", idle.length, busy.length);
  row("longest task, ms", Math.max(0, ...idle).toFixed(0), Math.max(0, ...busy).toFixed(0));
  row("time in such tasks, ms", idle.reduce((a, b) => a + b, 0).toFixed(0), busy.reduce((a, b) => a + b, 0).toFixed(0));
  await context.close();
}
