// Prints what a page pays: each part of the client minified and gzipped, and every built script. Fails above a limit.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "./workspaces.mjs";

const client = join(root, "packages", "client", "src");
/** What is imported from where, and the most that it may weigh, bytes of gzip. */
const parts = [
  ["client: core", 'export { createClient } from "INDEX";', 11 * 1024],
  [
    "client: for one visitor (as a widget uses it, with outbox and tabs)",
    'export { createVisitor } from "VISITOR"; export { indexedDbOutbox } from "OUTBOX"; export { sharedConnection } from "TABS";',
    9 * 1024,
  ],
  [
    "client: whole, for customers (core, outbox, tabs, session of a visitor)",
    'export { createClient } from "INDEX"; export { indexedDbOutbox } from "OUTBOX"; export { sharedConnection } from "TABS"; export { visitorSession } from "SESSION";',
    13 * 1024,
  ],
  ["client: outbox", 'export { indexedDbOutbox } from "OUTBOX";'],
  ["client: tabs", 'export { sharedConnection } from "TABS";'],
  ["client: queue", 'export { createQueue } from "QUEUE";'],
  ["client: staff", 'export { staffRest } from "STAFF";'],
  ["client: messages", 'export { messagesClient } from "MESSAGES";'],
  ["client: notifications", 'export { notificationsClient } from "NOTIFICATIONS";'],
  ["client: visitor's session", 'export { visitorSession } from "SESSION";'],
  ["client: cookie session", 'export { cookieSession } from "SESSION";'],
];

const folder = mkdtempSync(join(root, ".size-"));
let failed = false;
try {
  for (const [name, source, limit] of parts) {
    const entry = join(folder, "entry.ts");
    const text = source.replace(/"([A-Z]+)"/g, (_, file) => JSON.stringify(join(client, `${file.toLowerCase()}.ts`)));
    writeFileSync(entry, text);
    const made = await build({
      root: folder,
      configFile: false,
      logLevel: "error",
      build: {
        write: false,
        minify: true,
        target: "es2022",
        rollupOptions: { input: entry, preserveEntrySignatures: "strict" },
      },
    });
    const code = [made].flat()[0].output[0].code;
    print(name, Buffer.from(code), limit);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const dist = join(root, "dist");
for (const path of scripts(dist)) print(`dist/${relative(dist, path)}`, readFileSync(path));
process.exit(failed ? 1 : 0);

function scripts(at) {
  if (!existsSync(at)) return [];
  return readdirSync(at)
    .sort()
    .flatMap((name) => {
      const path = join(at, name);
      if (statSync(path).isDirectory()) return scripts(path);
      return /\.(js|css)$/.test(name) ? [path] : [];
    });
}

function print(name, bytes, limit) {
  const size = gzipSync(bytes, { level: 9 }).length;
  const over = limit !== undefined && size > limit;
  failed ||= over;
  const room = limit === undefined ? "" : ` of ${limit}${over ? ": too much" : ""}`;
  process.stdout.write(`${String(size).padStart(7)} bytes gzip${room}  ${name}\n`);
}
