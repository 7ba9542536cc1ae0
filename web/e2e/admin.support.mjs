// What the walk over the admin board stands on: a server of its own, a browser, and people who really connect.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const program = process.env.SWITCHBOARD_BIN ?? join(root, "target", "debug", "switchboard");
export const SECRET = "walk-secret-of-the-host-application";

/** A server with the pages of web/dist. It keeps its folder and its port over `kill` and `start`. */
export async function startServer({ prepared, env = {} } = {}) {
  const folder = prepared ?? mkdtempSync(join(tmpdir(), "switchboard-admin-"));
  const state = { address: "", said: "", child: null, port: "0" };
  async function start() {
    const child = spawn(program, [], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        PORT: state.port,
        RUST_LOG: "warn",
        INTERNAL_API_SECRET: SECRET,
        SWITCHBOARD__PAGES__FOLDER: join(root, "web", "dist"),
        SWITCHBOARD__LIMITS__VISITORS_PER_MINUTE: "600",
        SWITCHBOARD__LIMITS__LOGINS_PER_MINUTE: "600",
        SWITCHBOARD__ROUTING__OFFER_TIMEOUT_MS: "1500",
        SWITCHBOARD__ALERTS__QUEUE_LENGTH: "5",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    state.child = child;
    let said = "";
    await new Promise((resolve, reject) => {
      const listen = (data) => {
        said += data;
        const found = /Listening on (http:\/\/\S+)/.exec(said)?.[1];
        if (!found) return;
        state.address = found;
        state.port = new URL(found).port;
        resolve();
      };
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
    state.said += said;
  }
  async function kill(signal = "SIGTERM") {
    const { child } = state;
    child.removeAllListeners("exit");
    const gone = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await gone;
  }
  await start();
  return {
    folder,
    get address() {
      return state.address;
    },
    /** The password printed at first start. */
    password: () => /admin\s+admin@localhost\s+(\S+)/.exec(state.said)?.[1],
    kill,
    start,
    async stop() {
      await kill();
      if (!prepared) rmSync(folder, { recursive: true, force: true });
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
    ],
  });

/** Calls of REST in somebody's name. */
export function caller(address, token) {
  return async (method, path, body) => {
    const answer = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: {
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

export async function login(address, email, password) {
  const { token } = await caller(address)("POST", "/auth/login", { email, password });
  return { token, call: caller(address, token) };
}

/** People with plain WebSockets, all in one page of a browser. */
export async function people(browser, address) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${address}/admin/`);
  let nth = 0;
  return async (token) => {
    nth += 1;
    const key = `p${nth}`;
    await page.evaluate(
      ([key, token]) =>
        new Promise((resolve, reject) => {
          const open = new Map();
          const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws`, ["bearer", token]);
          let count = 0;
          globalThis.folk ??= {};
          globalThis.folk[key] = {
            socket,
            send: (type, data) =>
              new Promise((ok, no) => {
                count += 1;
                open.set(String(count), { ok, no });
                socket.send(JSON.stringify({ type, data, id: String(count) }));
              }),
          };
          socket.onmessage = ({ data }) => {
            const frame = JSON.parse(data);
            if (frame.type === "connected") resolve();
            const waiting = open.get(frame.id);
            if (!waiting) return;
            open.delete(frame.id);
            if (frame.type === "error") waiting.no(new Error(JSON.stringify(frame.data)));
            else waiting.ok(frame.data);
          };
          socket.onclose = () => reject(new Error("closed"));
        }),
      [key, token],
    );
    return {
      send: (type, data) =>
        page.evaluate(([key, type, data]) => globalThis.folk[key].send(type, data), [key, type, data]),
      leave: () => page.evaluate((key) => globalThis.folk[key].socket.close(), key),
    };
  };
}

const NAMES =
  "Cleo Park,Mara Lindt,Jonas Weber,Priya Nair,Tom Okafor,Elif Demir,Lucía Ramos,Noah Stein,Aiko Mori,Ben Carter,Hanna Vogt,Omar Haddad,Zoé Martin,Ivan Petrov".split(
    ",",
  );
const REASONS = [
  "Refund for order 1042",
  "Parcel did not arrive",
  "Invoice shows the wrong name",
  "Cannot log in",
  "Wants to change the address",
  "Asks for a discount",
  "Size does not fit",
];
const AGENTS = [
  ["mia", "Mia Keller", 2, ["de", "refunds"], ["billing"]],
  ["sam", "Sam Wright", 2, ["en"], ["shipping"]],
  ["lea", "Léa Dubois", 1, ["fr", "en"], ["shipping"]],
  ["kofi", "Kofi Mensah", 3, ["en", "refunds"], ["billing"]],
  ["yuki", "Yuki Tanaka", 2, ["en"], []],
  ["raul", "Raúl Ortega", 2, ["es"], ["billing"]],
];

/** A full house: agents in every state; customers who were served, who wait, who left, who rated. */
export async function fillHouse({ address, admin, come }) {
  const { call } = admin;
  const agents = {};
  for (const [id, name, capacity, skills, teams] of AGENTS) {
    const [email, password] = [`${id}@shop.example`, "walk-password-1"];
    await call("POST", "/agents", { id, name, email, password, capacity, skills, teams });
    if (id === "raul") continue;
    const { token, call: own } = await login(address, email, password);
    agents[id] = { ...(await come(token)), call: own };
    if (id !== "yuki") await agents[id].send("agent_status", { status: "available" });
  }
  await agents.yuki.send("agent_status", { status: "away", reason: "Lunch until 13:30" });
  const customer = async (name, chatbotId = "default") => {
    const { token } = await caller(address)("POST", "/visitors", { chatbotId, name });
    return { ...(await come(token)), call: caller(address, token) };
  };
  let n = 0;
  const start = async (who, data) => {
    n += 1;
    const clientId = `start-${n}`;
    return (await who.send("start_conversation", { clientId, chatbotId: "default", ...data })).conversationId;
  };
  // Some whom the assistant could help, some of whom say so.
  for (let i = 0; i < 7; i += 1) {
    const who = await customer(`Guest ${i + 1}`);
    const conversationId = await start(who, {
      firstMessage: i % 2 ? "How do I use PostgreSQL?" : "Which database do I need?",
    });
    await who.send("close_conversation", { conversationId, reason: "solved" });
    if (i < 4) await who.send("rate_conversation", { conversationId, score: [5, 4, 5, 3][i] });
  }
  // Some whom an agent has served already.
  for (const [i, name] of ["Paul Adler", "Sofia Rossi", "Emma Lund", "Yusuf Kaya"].entries()) {
    const who = await customer(name);
    const conversationId = await start(who, { mode: "human", firstMessage: "A person, please.", reason: REASONS[i] });
    const agent = agents[(await call("GET", `/conversations/${conversationId}`)).assignedAgentId];
    if (!agent) continue;
    await agent.send("send_message", {
      conversationId,
      clientId: `a-${i}`,
      content: "Hello! I look at it right away.",
    });
    await who.send("send_message", { conversationId, clientId: `c-${i}`, content: "Thank you, that was quick." });
    await agent.send("close_conversation", { conversationId, reason: "solved" });
    await who.send("rate_conversation", { conversationId, score: [5, 4, 5, 2][i] });
  }
  // One agent is asked and does not answer.
  const bot = await call("GET", "/chatbots/default");
  await call("PUT", "/chatbots/offers", { ...bot, name: "Shop, by offer", routingMode: "offer" });
  const offered = await customer("Nadia Blum", "offers");
  await start(offered, { chatbotId: "offers", mode: "human", reason: "Wants a call", firstMessage: "Please call me." });
  // More than there are free places.
  const waiting = [];
  for (const [i, name] of NAMES.entries()) {
    const who = await customer(name);
    const id = await start(who, {
      mode: "human",
      firstMessage: `Hello, this is ${name}. ${REASONS[i % REASONS.length]}.`,
      reason: REASONS[i % REASONS.length],
      ...(i % 3 === 1 ? { skills: ["refunds"] } : {}),
      ...(i === 9 ? { skills: ["es"] } : {}),
      ...(i === 11 ? { priority: 3 } : {}),
    });
    const agent = agents[(await call("GET", `/conversations/${id}`)).assignedAgentId];
    if (agent) {
      const hello = `Hello ${name.split(" ")[0]}, I am looking into it.`;
      await agent.send("send_message", { conversationId: id, clientId: `w-${i}`, content: hello });
      const answer = "Thanks! It is the blue jacket, bought last Tuesday.";
      await who.send("send_message", { conversationId: id, clientId: `x-${i}`, content: answer });
    }
    waiting.push({ id, name, who });
  }
  const gone = await customer("Otto Brandt");
  await gone.send("cancel_escalation", { conversationId: await start(gone, { mode: "human", reason: "Only asking" }) });
  const canned = [
    ["hello", "Greeting", "Hello {{customer.name}}, this is {{agent.name}}. How can I help?"],
    ["refund", "Refund", "Your refund is on its way. It takes three to five days."],
    ["bye", "Goodbye", "Have a good day, {{customer.name}}!"],
  ];
  for (const [shortcut, title, content] of canned) {
    await call("POST", "/canned-responses", { shortcut, title, content, shared: true });
  }
  await call("POST", "/announcements", { text: "Parcels are a day late today.", audience: "agents" });
  return { agents, waiting };
}
