// Pictures of the gallery in each theme, direction and width, and axe over each. `node shots.mjs [folder]`
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { createServer } from "vite";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, "../.shots");
mkdirSync(folder, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const server = await createServer({ root: join(here, "../gallery"), logLevel: "error", server: { port: 0 } });
await server.listen();
const address = server.resolvedUrls.local[0];
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
const shots = [
  ["light", 1400, ""],
  ["dark", 1400, "theme=dark"],
  ["rtl", 1400, "lang=ar"],
  ["narrow", 360, ""],
  ["narrow-dark", 360, "theme=dark"],
  ["dialog", 900, "open=dialog"],
  ["menu-toast", 900, "open=toast"],
  ["menu", 900, "open=menu&theme=dark"],
];
let violations = 0;
for (const [name, width, query] of shots) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, reducedMotion: "reduce" });
  page.on("pageerror", (error) => process.stderr.write(`${name}: ${error.message}\n`));
  await page.goto(`${address}?${query}`);
  await page.waitForSelector("main");
  const whole = name.includes("dialog") ? {} : { fullPage: true };
  await page.screenshot({ path: join(folder, `${name}.png`), ...whole });
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  for (const { id, help, nodes } of found.violations) {
    violations += 1;
    process.stdout.write(
      `${name}: ${id}: ${help}\n${nodes.map((node) => `  ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`).join("\n")}\n`,
    );
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) process.stdout.write(`${name}: ${wide} px too wide\n`);
  await page.close();
}
await browser.close();
await server.close();
process.stdout.write(`${shots.length} pictures, ${violations} violations\n`);
process.exit(violations ? 1 : 0);
