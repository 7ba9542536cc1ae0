import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryOutbox } from "../src/memory.ts";
import type { OutboxStore } from "../src/types.ts";
import { createVisitor, type VisitorClient } from "../src/visitor.ts";
import { refusal } from "./fakeServer.ts";
import { createFakeServer, pass, texts, tokenOf, virtualTime } from "./setup.ts";

virtualTime();

const made: VisitorClient[] = [];
let kept: Map<string, string>;
beforeEach(() => {
  kept = new Map();
  vi.stubGlobal("localStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
  });
});
afterEach(() => {
  for (const one of made.splice(0)) one.destroy();
});

function visitorOf(server: ReturnType<typeof createFakeServer>, outbox: OutboxStore = memoryOutbox()) {
  const heard: string[] = [];
  const found: string[] = [];
  const visitor = createVisitor({
    url: server.url,
    chatbotId: "default",
    outbox,
    changed() {},
    arrived: ({ content }) => void heard.push(content),
    welcome() {},
    found: (id) => void found.push(id),
    environment: { ...server.environment, random: () => 1, watch: () => () => {} },
  });
  made.push(visitor);
  return { visitor, heard, found, shown: () => visitor.talk()?.messages ?? [] };
}

/** A visitor who asked something. */
async function talking() {
  const server = createFakeServer();
  const around = visitorOf(server);
  around.visitor.connect();
  void around.visitor.start({ firstMessage: "Where is my order?" });
  await pass();
  const id = around.visitor.talk()?.id ?? "";
  return { server, id, ...around };
}

describe("a visitor's client", () => {
  it("asks for a token when it is needed, and keeps it for the next visit", async () => {
    const { server, visitor } = visitorOfNothing();
    await pass(60_000);
    expect(server.called).toEqual([]);
    visitor.connect();
    await pass();
    expect(server.called.map(({ call }) => call)).toEqual(["POST /api/v1/visitors"]);
    const next = visitorOf(server).visitor;
    next.connect();
    await pass();
    expect(server.called.map(({ call }) => call)).toEqual(["POST /api/v1/visitors"]);
    expect(next.link().state).toBe("connected");
  });

  it("shows a first message at once, and once when it is stored", async () => {
    const server = createFakeServer();
    const { visitor, shown } = visitorOf(server);
    visitor.connect();
    void visitor.start({ firstMessage: "Where is my order?" });
    expect(shown().map(({ content, mark }) => [content, mark])).toEqual([["Where is my order?", "queued"]]);
    const key = shown()[0]?.key;
    await pass();
    expect(shown().map(({ content, mark }) => [content, mark])).toEqual([["Where is my order?", "stored"]]);
    expect(shown()[0]?.key).toBe(key);
  });

  it("marks how far a message has come", async () => {
    const { server, id, shown } = await talking();
    server.assign(id, { agentId: "ann", agentName: "Ann" });
    server.event(id, "message_delivered", { userId: "ann", seq: 1 });
    await pass();
    expect(shown()[0]?.mark).toBe("delivered");
    server.event(id, "message_read", { userId: "ann", seq: 1, messageId: null, readAt: "" });
    await pass();
    expect(shown()[0]?.mark).toBe("read");
  });

  it("sends what was typed without a link when it is back, in order and once", async () => {
    const { server, visitor, shown } = await talking();
    server.down(true);
    server.cut();
    visitor.send("Are you there?");
    visitor.send("It is the blue one.");
    await pass(5_000);
    expect(shown().map(({ mark }) => mark)).toEqual(["stored", "queued", "queued"]);
    server.down(false);
    await pass(60_000);
    expect(texts(shown())).toEqual(["Where is my order?", "Are you there?", "It is the blue one."]);
    expect(shown().map(({ mark }) => mark)).toEqual(["stored", "stored", "stored"]);
    expect(texts([...server.conversations.values()][0]?.messages ?? [])).toEqual(texts(shown()));
  });

  it("sends what an earlier life of the page has left", async () => {
    const outbox = memoryOutbox();
    const server = createFakeServer();
    const first = visitorOf(server, outbox);
    first.visitor.connect();
    await pass();
    server.mute(true);
    void first.visitor.start({ firstMessage: "Typed, and gone." });
    await pass(1_000);
    first.visitor.destroy();
    server.mute(false);
    const second = visitorOf(server, outbox);
    second.visitor.connect();
    await pass();
    expect(texts(second.shown())).toEqual(["Typed, and gone."]);
    expect(second.shown()[0]?.mark).toBe("stored");
    expect(server.conversations.size).toBe(1);
  });

  it("repairs a hole, and shows nothing behind it until then", async () => {
    const { server, id, shown } = await talking();
    server.sayQuietly(id, "Lost on the way.");
    server.say(id, "Came through.");
    await pass();
    expect(texts(shown())).toEqual(["Where is my order?"]);
    await pass(2_000);
    expect(texts(shown())).toEqual(["Where is my order?", "Lost on the way.", "Came through."]);
  });

  it("finds by a ping that the last message was lost", async () => {
    const { server, id, shown } = await talking();
    server.sayQuietly(id, "The last one.");
    await pass(30_000);
    expect(texts(shown()).at(-1)).toBe("The last one.");
  });

  it("tells of what is new, and not of history or of its own", async () => {
    const { server, id, heard } = await talking();
    server.say(id, "Hello!");
    await pass();
    expect(heard).toEqual(["Hello!"]);
    const again = visitorOf(server);
    again.visitor.connect();
    await pass();
    again.visitor.show(id);
    await pass();
    expect(texts(again.shown())).toEqual(["Where is my order?", "Hello!"]);
    expect(again.heard).toEqual([]);
  });

  it("shows a reply while it is written, until the stored one takes its place", async () => {
    const { server, id, visitor, shown } = await talking();
    const part = { conversationId: id, messageId: "reply" };
    server.event(id, "ai_message_start", { ...part, text: "It ", index: 0 });
    server.event(id, "ai_message_delta", { ...part, delta: "is ", index: 0 });
    server.event(id, "ai_message_delta", { ...part, delta: "lost", index: 2 });
    await pass();
    expect(visitor.talk()?.streaming?.text).toBe("It is ");
    server.say(id, "It is here.", { messageId: "reply", senderRole: "ai" });
    await pass();
    expect(visitor.talk()?.streaming).toBe(null);
    expect(texts(shown()).at(-1)).toBe("It is here.");
  });

  it("counts what was not read, and says what was", async () => {
    const { server, id, visitor } = await talking();
    server.say(id, "One.");
    server.say(id, "Two.");
    await pass();
    expect(visitor.talk()?.unread).toBe(2);
    visitor.markRead();
    await pass();
    expect(visitor.talk()?.unread).toBe(0);
    expect(server.frames("mark_read").map(({ data }) => data.seq)).toEqual([3]);
  });

  it("stands in the queue, leaves it, and is connected", async () => {
    const { server, id, visitor } = await talking();
    await Promise.all([visitor.escalate(), pass()]);
    expect(visitor.talk()?.escalation).toMatchObject({ status: "QUEUED", position: 3 });
    server.event(id, "queue_update", { position: 2, estimatedWait: 1, estimatedWaitSeconds: { p50: 60, p90: 90 } });
    await pass();
    expect(visitor.talk()?.escalation).toMatchObject({ status: "QUEUED", position: 2 });
    server.assign(id, { agentId: "ann", agentName: "Ann" });
    await pass();
    expect(visitor.talk()?.agent).toEqual({ agentId: "ann", agentName: "Ann" });
    server.event(id, "agent_left", { agentId: "ann", reason: "released" });
    await pass();
    expect(visitor.talk()?.agent).toBe(null);
  });

  it("marks a refused message, and sends it again when asked to", async () => {
    const { server, visitor, shown } = await talking();
    server.script(({ type }) => {
      if (type === "send_message") throw refusal("forbidden");
    });
    visitor.send("Once more.");
    await pass();
    expect(shown().at(-1)?.mark).toBe("failed");
    server.script(null);
    visitor.retry(shown().at(-1)?.key ?? "");
    await pass();
    expect(shown().at(-1)).toMatchObject({ content: "Once more.", mark: "stored" });
  });

  it("waits as long as the server wants when it is too fast", async () => {
    const { server, visitor, shown } = await talking();
    let times = 0;
    server.script(({ type }) => {
      if (type === "send_message" && times++ === 0) throw refusal("rate_limited", { retryAfterMs: 3_000 });
    });
    visitor.send("Quick.");
    await pass(2_900);
    expect(shown().at(-1)?.mark).toBe("queued");
    await pass(200);
    expect(shown().at(-1)?.mark).toBe("stored");
  });

  it("begins anew with a restored database, and shows each message once", async () => {
    const { server, shown } = await talking();
    server.newEpoch("epoch-2");
    await pass(60_000);
    expect(texts(shown())).toEqual(["Where is my order?"]);
  });

  it("asks nothing in another's name that was asked in its own", async () => {
    const { server, visitor, shown } = await talking();
    server.mute(true);
    visitor.send("For the visitor's own conversation.");
    await pass();
    server.mute(false);
    visitor.identify(tokenOf("robin"));
    await pass(60_000);
    expect(visitor.link().state).toBe("connected");
    expect(server.frames("send_message").filter(({ userId }) => userId === "robin")).toEqual([]);
    expect(shown()).toEqual([]);
    void visitor.start({ firstMessage: "As Robin." });
    await pass();
    expect(shown().map(({ content, mark }) => [content, mark])).toEqual([["As Robin.", "stored"]]);
  });

  it("tries again to open what it could not", async () => {
    const server = createFakeServer();
    const stored = server.open({ customerId: "cleo", id: "c" });
    server.say(stored.id, "Hello!");
    const { visitor, shown } = visitorOf(server);
    visitor.identify(tokenOf("cleo"));
    await pass();
    server.script(({ type }) => {
      if (type === "join") throw refusal("internal");
    });
    visitor.show("c");
    await pass(2_000);
    expect(shown()).toEqual([]);
    server.script(null);
    await pass(60_000);
    expect(texts(shown())).toEqual(["Hello!"]);
  });

  it("says that a conversation of its own speaks that is not shown", async () => {
    const { server, id, visitor, found } = await talking();
    visitor.show(null);
    server.say(id, "Still there?");
    await pass();
    expect(found).toEqual([id]);
  });

  it("tells of a page only where somebody hears it", async () => {
    const server = createFakeServer();
    const { visitor } = visitorOf(server);
    expect(visitor.page("https://shop.example/", "Shop")).toBe(false);
    visitor.connect();
    void visitor.start({ mode: "human" });
    await pass();
    expect(visitor.page("https://shop.example/", "Shop")).toBe(true);
    await pass();
    expect(server.frames("page_view")[0]?.data).toMatchObject({ url: "https://shop.example/", title: "Shop" });
  });
});

function visitorOfNothing() {
  const server = createFakeServer();
  return { server, ...visitorOf(server) };
}
