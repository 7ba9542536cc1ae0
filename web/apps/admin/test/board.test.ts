import type { Agent, Client, QueueRow, TopicUpdate } from "@switchboard/client";
import { createQueue } from "@switchboard/client/queue";
import { describe, expect, test } from "vitest";
import { agentWord, candidatesFor, estimateOf, headOf, sortAgents, sortQueue, waitTone } from "../src/model/board.ts";

const agent = (id: string, change: Partial<Agent> = {}): Agent => ({
  agentId: id,
  name: id,
  status: "available",
  reason: null,
  presence: "connected",
  currentChats: 0,
  heldOffers: 0,
  maxConcurrentChats: 2,
  free: 2,
  skills: [],
  teams: [],
  lastAssignedAt: null,
  lastSeenAt: null,
  since: null,
  ...change,
});
const row = (id: string, position: number, change: Partial<QueueRow> = {}): QueueRow => ({
  conversationId: id,
  userId: `u-${id}`,
  userName: id,
  position,
  estimatedWait: 3,
  estimatedWaitSeconds: { p50: 140, p90: 420 },
  queuedAt: `2026-11-23T09:00:${String(position).padStart(2, "0")}.000Z`,
  status: "waiting",
  priority: 0,
  effectivePriority: 0,
  skills: [],
  escalationReason: null,
  whyWaiting: "agents_at_capacity",
  ...change,
});

describe("the head line", () => {
  test("counts who waits, since when, and the places that are really free", () => {
    const head = headOf(
      [row("b", 2), row("a", 1, { status: "offered" })],
      [
        agent("ann", { free: 1, currentChats: 1 }),
        agent("bob", { status: "away", free: 2 }),
        agent("cem", { status: "not_responding" }),
        agent("dan", { presence: "gone" }),
        agent("eve", { presence: "grace", free: 2 }),
        agent("fay", { status: "offline" }),
      ],
    );
    expect(head).toMatchObject({ waiting: 2, offered: 1, online: 4, agents: 6, free: 1, carried: 1, notResponding: 1 });
    expect(head.oldestSince).toBe(Date.parse("2026-11-23T09:00:01.000Z"));
  });

  test("the estimate is that of the last in line, as a range", () => {
    const last = row("b", 2, { estimatedWaitSeconds: { p50: 300, p90: 900 } });
    expect(estimateOf([last, row("a", 1)], 0, 2)).toEqual({ kind: "range", p50: 300, p90: 900 });
  });

  test("an empty queue is no wait only while somebody is free", () => {
    expect(estimateOf([], 1, 1)).toEqual({ kind: "none" });
    expect(estimateOf([], 0, 1)).toEqual({ kind: "unknown", reason: "all_busy" });
    expect(estimateOf([], 0, 0)).toEqual({ kind: "unknown", reason: "no_agents" });
  });

  test("what the engine does not know is said, with its reason", () => {
    const unknown = row("a", 1, { estimatedWait: null, estimatedWaitSeconds: null, reason: "no_agents" });
    expect(estimateOf([unknown], 3, 3)).toEqual({ kind: "unknown", reason: "no_agents" });
  });

  test("a wait turns amber and then red", () => {
    expect([0, 119_999, 120_000, 300_000].map(waitTone)).toEqual(["plain", "plain", "waiting", "overdue"]);
  });
});

describe("agents", () => {
  test("full is derived, and a lost link goes before the status that was chosen", () => {
    expect(agentWord(agent("a", { free: 0 }))).toBe("full");
    expect(agentWord(agent("a", { presence: "grace" }))).toBe("reconnecting");
    expect(agentWord(agent("a", { presence: "gone" }))).toBe("gone");
    expect(agentWord(agent("a", { presence: "gone", status: "not_responding" }))).toBe("not_responding");
    expect(agentWord(agent("a", { status: "draining" }))).toBe("draining");
  });

  test("those who need a look stand first", () => {
    const list = [agent("off", { status: "offline" }), agent("full", { free: 0 }), agent("b"), agent("a")];
    const names = sortAgents([...list, agent("missed", { status: "not_responding" })]).map((one) => one.agentId);
    expect(names).toEqual(["missed", "a", "b", "full", "off"]);
  });

  test("to choose from, the one with most room comes first, and what speaks against the others is named", () => {
    const list = candidatesFor(
      [
        agent("gone", { presence: "gone", skills: ["de"] }),
        agent("over", { free: 0, skills: ["de"] }),
        agent("none"),
        agent("half", { free: 1, skills: ["de"] }),
        agent("best", { free: 2, teams: ["de"] }),
      ],
      ["de"],
    );
    expect(list.map(({ agent: { agentId } }) => agentId)).toEqual(["best", "half", "none", "over", "gone"]);
    expect(list[2]).toMatchObject({ missing: ["de"], over: false, reachable: true });
    expect(list[3]).toMatchObject({ missing: [], over: true });
    expect(list[4]).toMatchObject({ reachable: false });
  });
});

test("the queue stands in the order of service, whatever order it came in", () => {
  expect(sortQueue([row("c", 3), row("a", 1), row("b", 2)]).map((one) => one.conversationId)).toEqual(["a", "b", "c"]);
});

test("a snapshot and numbered changes make the board; a hole in the numbers fetches a new snapshot", async () => {
  const handlers = new Map<string, (data: never) => void>();
  const snapshots = [
    { queue: [row("a", 1)], agents: [agent("ann", { free: 0 })], number: 7 },
    { queue: [], agents: [agent("ann", { free: 2 })], number: 12 },
  ];
  let asked = 0;
  const client = {
    state: "connected",
    on: (type: string, handler: (data: never) => void) => {
      handlers.set(type, handler);
      return () => handlers.delete(type);
    },
    send: async (type: string) => {
      if (type !== "subscribe") return {};
      const { number, queue, agents } = snapshots[asked] ?? { number: 0, queue: [], agents: [] };
      asked += 1;
      return {
        topics: [
          { topic: "queue", number, queue },
          { topic: "agents", number, agents },
        ],
      };
    },
  } as unknown as Client;
  const watched = createQueue(client);
  const told = (update: TopicUpdate) => handlers.get("topic_update")?.(update as never);
  const head = () => headOf(watched.getSnapshot().queue ?? [], watched.getSnapshot().agents ?? []);
  const settled = () => new Promise((done) => setImmediate(done));

  watched.subscribe(() => {});
  await settled();
  expect(head()).toMatchObject({ waiting: 1, free: 0 });

  told({ topic: "queue", number: 8, queue: [row("a", 1), row("b", 2)] });
  told({ topic: "agents", number: 8, agent: agent("bob", { free: 1 }) });
  expect(head()).toMatchObject({ waiting: 2, free: 1, agents: 2 });

  // What is known already changes nothing; 10 without 9 is a hole.
  told({ topic: "queue", number: 8, queue: [] });
  expect(head().waiting).toBe(2);
  told({ topic: "queue", number: 10, queue: [row("x", 1)] });
  await settled();
  expect(asked).toBe(2);
  expect(head()).toMatchObject({ waiting: 0, free: 2, agents: 1 });
});
