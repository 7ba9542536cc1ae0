import { describe, expect, it } from "vitest";
import type { Agent, QueueRow } from "../src/protocol.ts";
import { createQueue } from "../src/queue.ts";
import { clientOf, createFakeServer, pass, tokenOf, virtualTime } from "./setup.ts";

virtualTime();

const row = (conversationId: string) => ({ conversationId }) as QueueRow;
const agent = (agentId: string, status: Agent["status"] = "available") => ({ agentId, name: agentId, status }) as Agent;

async function staff() {
  const server = createFakeServer();
  server.topic("queue", { queue: [row("c1")] });
  server.topic("agents", { agents: [agent("bob"), agent("ann")] });
  const { client } = clientOf(server, { token: tokenOf("ann", "agent") });
  await client.connect();
  const queue = createQueue(client);
  const stop = queue.subscribe(() => {});
  await pass();
  const ids = () => queue.getSnapshot().queue?.map((one) => one.conversationId);
  return { server, client, queue, stop, ids };
}

describe("the queue", () => {
  it("begins with a snapshot and goes on with numbered changes", async () => {
    const { server, queue, ids } = await staff();
    expect(ids()).toEqual(["c1"]);
    expect(queue.getSnapshot().agents?.map((one) => one.agentId)).toEqual(["ann", "bob"]);
    expect(queue.getSnapshot().live).toBe(true);
    server.topic("queue", { queue: [row("c1"), row("c2")] });
    server.topic("agents", { agents: [agent("bob", "away"), agent("ann")] }, { agent: agent("bob", "away") });
    await pass();
    expect(ids()).toEqual(["c1", "c2"]);
    expect(queue.getSnapshot().agents?.map((one) => [one.agentId, one.status])).toEqual([
      ["ann", "available"],
      ["bob", "away"],
    ]);
    expect(queue.getSnapshot().updatedAt).toBe(Date.now());
  });

  it("asks for a new snapshot when a number is missing", async () => {
    const { server, ids } = await staff();
    server.lose((frame) => frame.type === "topic_update");
    server.topic("queue", { queue: [row("c2")] });
    await pass();
    expect(ids()).toEqual(["c1"]);
    server.lose();
    server.topic("queue", { queue: [row("c2"), row("c3")] }, { queue: [row("never shown")] });
    await pass();
    expect(ids()).toEqual(["c2", "c3"]);
    expect(server.frames("subscribe")).toHaveLength(2);
  });

  it("passes over a change that its snapshot has already, and keeps one that came before it", async () => {
    const { server, queue, ids } = await staff();
    server.push("ann", "topic_update", { topic: "queue", number: 1, queue: [row("old")] });
    await pass();
    expect(ids()).toEqual(["c1"]);
    expect(queue.getSnapshot().live).toBe(true);
    expect(server.frames("subscribe")).toHaveLength(1);
  });

  it("says that it is not live while the link is down, and is again afterwards", async () => {
    const { server, queue, ids } = await staff();
    server.cut();
    await pass();
    expect(queue.getSnapshot().live).toBe(false);
    expect(ids()).toEqual(["c1"]);
    server.topic("queue", { queue: [] });
    await pass(500);
    expect(ids()).toEqual([]);
    expect(queue.getSnapshot().live).toBe(true);
  });

  it("is watched as long as somebody looks", async () => {
    const { server, queue, stop } = await staff();
    const other = queue.subscribe(() => {});
    stop();
    stop();
    await pass();
    expect(server.frames("unsubscribe")).toHaveLength(0);
    other();
    const back = queue.subscribe(() => {});
    await pass();
    expect(server.frames("unsubscribe")).toHaveLength(0);
    back();
    await pass();
    expect(server.frames("unsubscribe")).toHaveLength(1);
    queue.subscribe(() => {});
    await pass();
    expect(queue.getSnapshot().live).toBe(true);
  });

  it("says why it may not be watched", async () => {
    const server = createFakeServer();
    server.script((frame) => {
      if (frame.type !== "subscribe") return undefined;
      throw { refusal: { code: "forbidden", message: "not for you", retryable: false } };
    });
    const { client } = clientOf(server);
    await client.connect();
    const queue = createQueue(client);
    queue.subscribe(() => {});
    await pass();
    expect(queue.getSnapshot()).toMatchObject({ live: false, error: { code: "forbidden" } });
  });
});
