// What the console's walk stands on: a server of its own on a free port, a browser, and customers who really connect.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const program = process.env.SWITCHBOARD_BIN ?? join(root, "target", "debug", "switchboard");

/** A fresh installation with the pages of web/dist. `people` are those who can log in. */
export async function startServer(env = {}) {
  const folder = mkdtempSync(join(tmpdir(), "switchboard-"));
  let child;
  let said = "";
  const run = async (port) => {
    child = spawn(program, [], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        PORT: port,
        RUST_LOG: "warn",
        SWITCHBOARD__PAGES__FOLDER: join(root, "web", "dist"),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let heard = "";
    return new Promise((resolve, reject) => {
      const listen = (data) => {
        heard += data;
        said += data;
        const address = /Listening on (http:\/\/\S+)/.exec(heard)?.[1];
        if (address) resolve(address);
      };
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
  };
  const ended = (signal) => {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    return gone;
  };
  const address = await run("0");
  const { people } = await (await fetch(`${address}/api/v1/demo`)).json();
  return {
    address,
    people,
    log: () => said,
    /** Dies without a word, as in a crash. */
    kill: () => ended("SIGKILL"),
    /** Comes back at the same address with what it had. */
    again: () => run(new URL(address).port),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) await ended("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Chromium without anything that phones home. */
export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-gpu",
      "--autoplay-policy=no-user-gesture-required",
    ],
  });

/** Calls of REST in somebody's name. */
export function caller(address, token) {
  return async (method, path, body) => {
    const answer = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: {
        origin: address,
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
}

export async function login(address, person) {
  const { token } = await caller(address)("POST", "/auth/login", { email: person.email, password: person.password });
  return caller(address, token);
}

/** Customers in one page of a browser, each with a socket of their own. */
export async function customers(browser, address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${address}/console/icon.svg`);
  const all = [];
  return {
    /** All of them connect once more: the server was away. */
    again: () => Promise.all(all.map((connect) => connect())),
    /** Everything that a customer was sent, as text. */
    seen: ({ id }) => page.evaluate((key) => JSON.stringify(globalThis.sockets[key].seen), id),
    /** Settles once a customer was sent `times` frames of a type. */
    waitFor: ({ id }, type, times) =>
      page.waitForFunction(
        ([key, type, times]) => globalThis.sockets[key].seen.filter((frame) => frame.type === type).length >= times,
        [id, type, times],
        { timeout: 20_000 },
      ),
    async come(name, { mode = "human", reason, firstMessage, metadata, email, priority } = {}) {
      const { token, user } = await caller(address)("POST", "/visitors", {
        chatbotId: "default",
        name,
        ...(email ? { email } : {}),
      });
      const connect = () =>
        page.evaluate(
          ([key, token]) => {
            const open = new Map();
            const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, ["bearer", token]);
            globalThis.sockets ??= {};
            const seen = globalThis.sockets[key]?.seen ?? [];
            let nth = 0;
            globalThis.sockets[key] = {
              seen,
              socket,
              send: (type, data) =>
                new Promise((resolve, reject) => {
                  const id = String(++nth);
                  open.set(id, { resolve, reject });
                  socket.send(JSON.stringify({ type, data, id }));
                  if (type.startsWith("typing")) resolve();
                }),
            };
            socket.onmessage = ({ data }) => {
              const frame = JSON.parse(data);
              seen.push(frame);
              const asked = open.get(frame.id);
              if (!asked) return;
              if (frame.type === "error") asked.reject(new Error(JSON.stringify(frame.data)));
              else asked.resolve(frame.data);
            };
            return new Promise((resolve, reject) => {
              socket.addEventListener("message", () => resolve(), { once: true });
              socket.onerror = () => reject(new Error("no socket"));
            });
          },
          [user.id, token],
        );
      await connect();
      all.push(connect);
      const send = (type, data) =>
        page.evaluate(([key, type, data]) => globalThis.sockets[key].send(type, data), [user.id, type, data]);
      const { conversationId } = await send("start_conversation", {
        clientId: `start-${user.id}`,
        chatbotId: "default",
        mode,
        ...(firstMessage ? { firstMessage } : {}),
        ...(reason ? { reason } : {}),
        ...(metadata ? { metadata } : {}),
        ...(priority ? { priority } : {}),
      });
      let nth = 0;
      return {
        id: user.id,
        name,
        token,
        conversationId,
        send,
        say: (content) => send("send_message", { conversationId, content, clientId: `m-${++nth}` }),
        /** Settles once a frame of this type came that `fits`. */
        hears: (type, text = "") =>
          page.waitForFunction(
            ([key, type, text]) =>
              globalThis.sockets[key].seen.find(
                (frame) => frame.type === type && JSON.stringify(frame.data).includes(text),
              ),
            [user.id, type, text],
            { timeout: 15_000 },
          ),
        leave: () => page.evaluate((key) => globalThis.sockets[key].socket.close(), user.id),
      };
    },
    close: () => context.close(),
  };
}

const axe = readFileSync(join(here, "..", "node_modules", "axe-core", "axe.min.js"), "utf8");

/** What axe-core finds wrong, one line each. */
export async function violations(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(" | ")}`);
}
