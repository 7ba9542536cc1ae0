import { type Client, type Conversation, createClient } from "@switchboard/client";
import { createFakeServer, tokenOf } from "@switchboard/client/testing";
import * as React from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  SwitchboardProvider,
  type UseWebSocketOptions,
  useConversation,
  useNotifications,
  useQueue,
  useWebSocket,
  WS_EVENTS,
} from "../src/index.ts";

const { act, createElement, StrictMode, useEffect } = React;

let root: Root | null = null;
let clients: Client[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse("2026-11-23T09:00:00Z") });
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
});

afterEach(async () => {
  await act(async () => root?.unmount());
  root = null;
  for (const client of clients) client.destroy();
  clients = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms = 0) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));

function clientOf(server: ReturnType<typeof createFakeServer>, token = tokenOf("cleo")): Client {
  const environment = { ...server.environment, random: () => 1, watch: () => () => {} };
  const client = createClient({ url: server.url, token, environment });
  clients.push(client);
  return client;
}

/** Shows a hook's result in one component, however often it is called. */
function Probe({ hook, report }: { hook: () => unknown; report: (value: unknown) => void }) {
  const value = hook();
  useEffect(() => report(value));
  return null;
}

/** Gives the hook's newest result. */
async function shown<T>(client: Client, hook: () => T, strict = true): Promise<() => T> {
  const values: T[] = [];
  const report = (value: unknown) => void values.push(value as T);
  const tree = createElement(SwitchboardProvider, { client }, createElement(Probe, { hook, report }));
  root ??= createRoot(document.createElement("div"));
  await act(async () => root?.render(strict ? createElement(StrictMode, null, tree) : tree));
  return () => {
    const latest = values.at(-1);
    if (latest === undefined) throw new Error("nothing was shown");
    return latest;
  };
}

it("runs with the version of React that it says", () => {
  expect(React.version.split(".")[0]).toBe(process.env.REACT_VERSION);
});

describe("useWebSocket", () => {
  it("connects by itself, once even with strict mode's double effects, and says how the link stands", async () => {
    const server = createFakeServer();
    const onConnect = vi.fn();
    const onDisconnect = vi.fn();
    const now = await shown(clientOf(server), () => useWebSocket({ onConnect, onDisconnect }), false);
    await pass();
    expect(Object.keys(now()).sort()).toEqual(
      ["connect", "connectionStatus", "disconnect", "isConnected", "off", "on", "send"].sort(),
    );
    expect(now()).toMatchObject({ isConnected: true, connectionStatus: "connected" });
    expect(onConnect).toHaveBeenCalledTimes(1);
    server.cut();
    await pass();
    expect(now()).toMatchObject({ isConnected: false, connectionStatus: "connecting" });
    expect(onDisconnect).toHaveBeenCalledTimes(1);
    await pass(500);
    expect(now().isConnected).toBe(true);
    expect(onConnect).toHaveBeenCalledTimes(2);
  });

  it("makes no second link in strict mode", async () => {
    const server = createFakeServer();
    const now = await shown(clientOf(server), () => useWebSocket());
    await pass();
    expect(now().isConnected).toBe(true);
    expect(server.opened()).toBe(1);
  });

  it("waits for connect when it shall not connect by itself, and obeys disconnect", async () => {
    const server = createFakeServer();
    const now = await shown(clientOf(server), () => useWebSocket({ autoConnect: false }));
    await pass();
    expect(now().connectionStatus).toBe("disconnected");
    await act(async () => now().connect());
    expect(now().isConnected).toBe(true);
    await act(async () => now().disconnect());
    expect(now().connectionStatus).toBe("disconnected");
  });

  it("says error when the link will not come back by itself", async () => {
    const server = createFakeServer();
    const now = await shown(clientOf(server), () => useWebSocket());
    await pass();
    server.cut(4403, "forbidden");
    await pass();
    expect(now()).toMatchObject({ isConnected: false, connectionStatus: "error" });
  });

  it("keeps its functions from render to render, and calls the newest callbacks", async () => {
    const server = createFakeServer();
    const client = clientOf(server);
    const calls: string[] = [];
    let options: UseWebSocketOptions = { onDisconnect: () => calls.push("old") };
    const hook = () => useWebSocket(options);
    const now = await shown(client, hook, false);
    await pass();
    const before = now();
    options = { onDisconnect: () => calls.push("new") };
    const again = await shown(client, hook, false);
    expect(again().on).toBe(before.on);
    expect(again().send).toBe(before.send);
    server.cut();
    await pass();
    expect(calls).toEqual(["new"]);
  });

  it("brings events to handlers until they stop, by what on returned or by off", async () => {
    const server = createFakeServer();
    const now = await shown(clientOf(server), () => useWebSocket());
    await pass();
    const first = vi.fn();
    const second = vi.fn();
    const stop = now().on(WS_EVENTS.NOTIFICATION, first);
    now().on(WS_EVENTS.NOTIFICATION, second);
    server.push("cleo", "notification", { title: "Hello" });
    await pass();
    stop();
    now().off(WS_EVENTS.NOTIFICATION, second);
    server.push("cleo", "notification", { title: "Again" });
    await pass();
    expect(first.mock.calls).toEqual([[{ title: "Hello" }]]);
    expect(second.mock.calls).toEqual([[{ title: "Hello" }]]);
  });

  it("sends frames, and bothers nobody with a refusal", async () => {
    const server = createFakeServer();
    const now = await shown(clientOf(server), () => useWebSocket());
    await pass();
    now().send({ type: "rate_conversation", data: { conversationId: "c", score: 5 } });
    now().send({ type: "no_such_thing" });
    await pass();
    expect(server.received.map((frame) => frame.type)).toEqual(["rate_conversation", "no_such_thing"]);
  });
});

describe("useConversation", () => {
  it("shows messages as they come and one's own as they go", async () => {
    const server = createFakeServer();
    server.open({ customerId: "cleo", id: "c" });
    server.say("c", "Hello");
    const client = clientOf(server);
    const now = await shown(client, () => useConversation("c"));
    await act(async () => client.connect());
    await pass();
    expect(now().messages.map((one) => one.content)).toEqual(["Hello"]);
    await act(async () => void now().conversation?.send("Hi"));
    await pass();
    expect(now().messages.map((one) => [one.content, one.mark])).toEqual([
      ["Hello", null],
      ["Hi", "stored"],
    ]);
    expect(now().live).toBe(true);
    expect(server.frames("join").length).toBeLessThanOrEqual(2);
  });

  it("takes one that was begun here, and none at all", async () => {
    const server = createFakeServer();
    const client = clientOf(server);
    let of: Conversation | null = null;
    const now = await shown(client, () => useConversation(of));
    expect(now()).toMatchObject({ conversation: null, messages: [] });
    of = client.start({ firstMessage: "Hello" });
    await act(async () => client.connect());
    const again = await shown(client, () => useConversation(of));
    await pass();
    expect(again().messages.map((one) => one.content)).toEqual(["Hello"]);
    expect(again().id).toBe([...server.conversations.keys()][0]);
  });

  it("says why it cannot be shown", async () => {
    const server = createFakeServer();
    const client = clientOf(server);
    await client.connect();
    const now = await shown(client, () => useConversation("nowhere"));
    await pass();
    expect(now().error?.code).toBe("not_found");
  });
});

describe("useQueue", () => {
  it("follows the queue, and stops asking when nobody looks", async () => {
    const server = createFakeServer();
    const client = clientOf(server, tokenOf("ann", "agent"));
    await client.connect();
    server.topic("queue", { queue: [{ conversationId: "c" }] });
    const now = await shown(client, () => useQueue());
    await pass();
    expect(now().queue?.map((row) => row.conversationId)).toEqual(["c"]);
    server.topic("queue", { queue: [] });
    await pass();
    expect(now().queue).toEqual([]);
    await act(async () => root?.render(null));
    await pass();
    expect(server.received.at(-1)?.type).toBe("unsubscribe");
  });
});

describe("useNotifications", () => {
  it("collects what a bell shows, and counts what was not read", async () => {
    const server = createFakeServer();
    server.open({ customerId: "cleo", id: "c" });
    const client = clientOf(server);
    const now = await shown(client, () => useNotifications());
    await act(async () => client.connect());
    await pass();
    server.push("cleo", "notification", { title: "Booked" });
    server.say("c", "Hello");
    server.push("cleo", "agent_notification", { type: "WORKLOAD_UPDATED", timestamp: "" });
    await pass();
    expect(now().notifications.map((one) => one.type)).toEqual(["message", "notification"]);
    expect(now().unread).toBe(2);
    await act(async () => now().markRead(now().notifications[0]?.key));
    expect(now().unread).toBe(1);
    await act(async () => now().markRead());
    expect(now().unread).toBe(0);
    await act(async () => now().clear(now().notifications[0]?.key));
    expect(now().notifications).toHaveLength(1);
    await act(async () => now().clear());
    expect(now().notifications).toEqual([]);
  });
});
