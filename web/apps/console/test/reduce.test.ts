import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { callsFor } from "../src/model/effects.ts";
import { hostNotice } from "../src/model/notices.ts";
import { type DeskAction, type DeskEvent, reduce } from "../src/model/reduce.ts";
import { type DeskState, emptyDesk } from "../src/model/state.ts";
import { agent, ME, message, NOW, offer, overview, queueRow } from "./samples.ts";

const at = (type: DeskEvent["type"], data: unknown, now = NOW): DeskAction => ({
  type: "event",
  event: { type, data } as DeskEvent,
  at: now,
  offset: 0,
});
const run = (actions: readonly DeskAction[], from: DeskState = emptyDesk(ME)) => actions.reduce(reduce, from);
const listed = (...items: ReturnType<typeof overview>[]): DeskAction => ({
  type: "listed",
  list: "mine",
  items,
  cursor: null,
  more: false,
});
const row = (state: DeskState, id = "c1") => {
  const found = state.rows.get(id);
  if (!found) throw new Error(`no row ${id}`);
  return found;
};

describe("messages", () => {
  test("a customer's message raises the unread count and starts the wait for an answer", () => {
    const state = run([listed(overview("c1")), at("new_message", message("c1", 5, "customer"))]);
    expect(row(state)).toMatchObject({ unread: 1, askedAt: NOW, lastSeq: 5 });
    expect(row(state).line?.text).toBe("words 5");
  });

  test("a second message of the customer leaves the beginning of the wait where it was", () => {
    const state = run([
      listed(overview("c1")),
      at("new_message", message("c1", 5, "customer")),
      at(
        "new_message",
        message("c1", 6, "customer", { createdAt: new Date(NOW + 60_000).toISOString() }),
        NOW + 60_000,
      ),
    ]);
    expect(row(state)).toMatchObject({ unread: 2, askedAt: NOW });
  });

  test("an answer of an agent ends the wait; one of the assistant does not", () => {
    const asked = run([listed(overview("c1")), at("new_message", message("c1", 5, "customer"))]);
    expect(row(run([at("ai_message", message("c1", 6, "ai"))], asked)).askedAt).toBe(NOW);
    expect(row(run([at("new_message", message("c1", 6, "agent"))], asked)).askedAt).toBeNull();
  });

  test("one's own message from another window reads everything", () => {
    const state = run([
      listed(overview("c1")),
      at("new_message", message("c1", 5, "customer")),
      at("new_message", message("c1", 6, "agent", { senderId: ME.id })),
    ]);
    expect(row(state).unread).toBe(0);
  });

  test("a message that comes twice, or late, changes nothing", () => {
    const once = run([listed(overview("c1")), at("new_message", message("c1", 6, "customer"))]);
    expect(run([at("new_message", message("c1", 6, "customer"))], once)).toBe(once);
    expect(run([at("new_message", message("c1", 5, "customer"))], once)).toBe(once);
  });

  test("what somebody is looking at is not unread, and a system line never is", () => {
    const state = run([
      listed(overview("c1")),
      { type: "watching", id: "c1" },
      at("new_message", message("c1", 5, "customer")),
      { type: "watching", id: null },
      at("new_message", message("c1", 6, "system")),
    ]);
    expect(row(state).unread).toBe(0);
    expect(row(state).line?.seq).toBe(5);
  });

  test("reading in another window reads here, as far as it went", () => {
    const state = run([
      listed(overview("c1")),
      at("new_message", message("c1", 5, "customer")),
      at("new_message", message("c1", 6, "customer")),
      at("message_read", { conversationId: "c1", userId: ME.id, seq: 5, messageId: null, readAt: "" }),
    ]);
    expect(row(state).unread).toBe(1);
    const all = run(
      [at("message_read", { conversationId: "c1", userId: ME.id, seq: 6, messageId: null, readAt: "" })],
      state,
    );
    expect(row(all).unread).toBe(0);
  });

  test("somebody else's reading changes nothing here", () => {
    const state = run([listed(overview("c1")), at("new_message", message("c1", 5, "customer"))]);
    expect(
      run([at("message_read", { conversationId: "c1", userId: "cleo", seq: 5, messageId: null, readAt: "" })], state),
    ).toBe(state);
  });

  test("an older answer of the server does not take back a newer line", () => {
    const state = run([
      listed(overview("c1")),
      at("new_message", message("c1", 9, "customer")),
      listed(overview("c1", { lastSeq: 4 })),
    ]);
    expect(row(state)).toMatchObject({ lastSeq: 9 });
    expect(row(state).line?.text).toBe("words 9");
  });

  test("an older answer of the server does not bring back a wait that is over", () => {
    const asked = {
      seq: 4,
      senderRole: "customer" as const,
      senderName: "Cleo",
      text: "?",
      createdAt: new Date(NOW).toISOString(),
    };
    const state = run([
      listed(overview("c1", { lastMessage: asked })),
      at("new_message", message("c1", 5, "agent", { senderId: ME.id })),
      listed(overview("c1", { lastMessage: asked, unread: 1 })),
    ]);
    expect(row(state)).toMatchObject({ askedAt: null, unread: 0 });
  });

  test("an answer that an event has overtaken neither reopens a conversation nor takes a new one away", () => {
    const open = run([listed(overview("c1"))]);
    const closed = run([at("conversation_closed", { conversationId: "c1", reason: "solved" })], open);
    const late = run(
      [
        { type: "wanted", id: "c1" },
        { type: "fetched", item: overview("c1"), asked: open.rows },
      ],
      closed,
    );
    expect(row(late).status).toBe("CLOSED");
    expect([...late.wanted]).toEqual(["c1"]);
    const mine = run([{ type: "fetched", item: overview("c2", { assignedAgentId: null }) }], open);
    const taken = run([{ type: "assigned", conversationId: "c2", agentId: ME.id, agentName: "Ann", at: NOW }], mine);
    const list: DeskAction = {
      type: "listed",
      list: "mine",
      items: [overview("c1")],
      cursor: null,
      more: false,
      asked: mine.rows,
    };
    expect(row(run([list], taken), "c2").agentId).toBe(ME.id);
  });

  test("a conversation that is not known is asked for", () => {
    expect([...run([at("new_message", message("c7", 1, "customer"))]).wanted]).toEqual(["c7"]);
    expect(
      run([at("new_message", message("c7", 1, "customer")), { type: "fetched", item: overview("c7") }]).wanted.size,
    ).toBe(0);
  });
});

describe("assignments", () => {
  test("an assignment is a row, a notice and a sound", () => {
    const before = run([
      { type: "fetched", item: overview("c1", { assignedAgentId: null, status: "WAITING_FOR_AGENT" }) },
    ]);
    const action = at("agent_notification", {
      type: "NEW_CONVERSATION_ASSIGNED",
      conversationId: "c1",
      userId: "cleo",
      userName: "Cleo",
      summary: "refund",
      timestamp: "",
    });
    const after = reduce(before, action);
    expect(row(after)).toMatchObject({ agentId: ME.id, status: "AGENT_ASSIGNED", waitingSince: null });
    expect(after.notices[0]).toMatchObject({ kind: "assigned", name: "Cleo", read: false });
    expect(callsFor(before, after, action)).toMatchObject([{ call: "notice", loud: true }]);
  });

  test("what this window takes itself is no news to it", () => {
    const action = at("agent_notification", {
      type: "NEW_CONVERSATION_ASSIGNED",
      conversationId: "c1",
      userId: "cleo",
      userName: "Cleo",
      summary: null,
      timestamp: "",
    });
    const state = run([{ type: "fetched", item: overview("c1") }, { type: "taking", id: "c1", on: true }, action]);
    expect(state.notices).toEqual([]);
  });

  test("what people write to each other is no conversation of the desk", () => {
    const updated = { conversationId: "p1", kind: "guest_staff", status: "ACTIVE", assignedAgentId: null } as const;
    const told = run([at("conversation_updated", updated), at("new_message", message("p1", 1, "customer"))]);
    expect([told.wanted.size, told.rows.has("p1")]).toEqual([0, false]);
    const item = { ...overview("p2"), kind: "staff_staff" };
    const fetched = run([at("new_message", message("p2", 1, "agent")), { type: "fetched", item }]);
    expect([fetched.wanted.size, fetched.rows.has("p2")]).toEqual([0, false]);
    expect(run([at("new_message", message("p2", 2, "agent"))], fetched).wanted.size).toBe(0);
  });

  test("a conversation that was passed on leaves, with a notice", () => {
    const state = run([
      listed(overview("c1")),
      at("agent_notification", {
        type: "CONVERSATION_UNASSIGNED",
        conversationId: "c1",
        reason: "transferred",
        timestamp: "",
      }),
    ]);
    expect(row(state).agentId).toBeNull();
    expect(state.notices[0]?.kind).toBe("transferred");
  });

  test("what was given away while the link was down is no longer mine after the list came", () => {
    const state = run([listed(overview("c1"), overview("c2")), listed(overview("c2"))]);
    expect(row(state, "c1").agentId).toBeNull();
    expect(row(state, "c2").agentId).toBe(ME.id);
  });

  test("a close in another window closes here", () => {
    const state = run([listed(overview("c1")), at("conversation_closed", { conversationId: "c1", reason: "solved" })]);
    expect(row(state)).toMatchObject({ status: "CLOSED", closeReason: "solved", unread: 0 });
  });
});

describe("offers", () => {
  const request = at("agent_notification", {
    type: "NEW_TRANSFER_REQUEST",
    transferRequestId: "o1",
    conversationId: "c1",
    reason: "refund",
    expiresAt: new Date(NOW + 30_000).toISOString(),
    timestamp: "",
  });
  const rescinded = (reason: string) =>
    at("agent_notification", {
      type: "TRANSFER_RESCINDED",
      transferRequestId: "o1",
      conversationId: "c1",
      reason,
      timestamp: "",
    });

  test("an offer stands until it is taken, and says what became of it", () => {
    const state = run([request]);
    expect(state.offers.get("o1")).toMatchObject({ until: NOW + 30_000, reason: "refund" });
    expect([...state.wanted]).toEqual(["c1"]);
    expect(run([rescinded("taken")], state).notices[0]?.kind).toBe("offer_taken");
    expect(run([rescinded("timed_out")], state).notices[0]?.kind).toBe("offer_missed");
    expect(run([rescinded("timed_out")], state).offers.size).toBe(0);
  });

  test("its end is told by this browser's clock", () => {
    const action = { ...request, offset: 5000 } as DeskAction;
    expect(run([action]).offers.get("o1")?.until).toBe(NOW + 25_000);
  });

  test("an offer that was answered here makes no second notice when the server takes it back", () => {
    const state = run([request, { type: "offer_done", id: "o1" }, rescinded("taken")]);
    expect(state.notices.map(({ kind }) => kind)).toEqual(["offered"]);
  });

  test("after a reload the open ones are there, and those that ended or are somebody else's are not", () => {
    const state = run([
      {
        type: "offers",
        offers: [
          offer("o1"),
          offer("o2", { status: "declined" }),
          offer("o3", { agentId: "bob" }),
          offer("o4", { expiresAt: new Date(NOW).toISOString() }),
        ],
        at: NOW,
        offset: 0,
      },
    ]);
    expect([...state.offers.keys()]).toEqual(["o1"]);
  });

  test("a transfer that nobody took is told to its owner, who keeps it", () => {
    const state = run([listed(overview("c1")), rescinded("not_taken")]);
    expect(state.notices[0]?.kind).toBe("transfer_refused");
    expect(row(state).agentId).toBe(ME.id);
  });

  test("taking the conversation by hand ends its offer", () => {
    const state = run([request, { type: "assigned", conversationId: "c1", agentId: ME.id, agentName: "Ann", at: NOW }]);
    expect(state.offers.size).toBe(0);
  });
});

describe("the agent itself", () => {
  test("its status and load come from the topic, the workload, and the other window", () => {
    const state = run([
      { type: "queue", queue: [], agents: [agent(ME.id, { currentChats: 2, reason: "Lunch", status: "away" })] },
    ]);
    expect(state.self).toEqual({ status: "away", reason: "Lunch", used: 2, limit: 5 });
    const more = run(
      [
        at("agent_notification", {
          type: "WORKLOAD_UPDATED",
          currentChats: 3,
          maxConcurrentChats: 5,
          isAvailable: false,
          status: "not_responding",
          timestamp: "",
        }),
      ],
      state,
    );
    expect(more.self).toEqual({ status: "not_responding", reason: null, used: 3, limit: 5 });
    const back = run(
      [at("staff_status_updated", { staffId: ME.id, isOnline: true, isAvailable: true, status: "available" })],
      more,
    );
    expect(back.self?.status).toBe("available");
  });

  test("queue rows that are not known are asked for once", () => {
    const state = run([{ type: "queue", queue: [queueRow("c8"), queueRow("c9")], agents: null }]);
    expect([...state.wanted]).toEqual(["c8", "c9"]);
  });
});

describe("the queue", () => {
  const topic = (...ids: string[]): DeskAction => ({
    type: "queue",
    queue: ids.map((id) => queueRow(id)),
    agents: null,
  });

  test("what comes back to it is a waiting row again", () => {
    const state = run([listed(overview("c1", { assignedAgentId: "bob" })), topic("c1")]);
    expect(row(state)).toMatchObject({ status: "WAITING_FOR_AGENT", agentId: null, waitingSince: NOW - 90_000 });
    expect(run([topic("c1")], state).rows).toBe(state.rows);
  });

  test("what leaves it is asked about, and belongs to somebody else when it is not shown any more", () => {
    const state = run([listed(overview("c1", { assignedAgentId: null })), topic("c1"), topic()]);
    expect([...state.wanted]).toEqual(["c1"]);
    const gone = run([{ type: "unfetchable", id: "c1" }], state);
    expect(row(gone)).toMatchObject({ status: "AGENT_ASSIGNED", agentId: null, waitingSince: null });
    expect(row(run([{ type: "unwanted", id: "c1" }], state)).status).toBe("WAITING_FOR_AGENT");
  });
});

describe("notices", () => {
  test("a host's event is a notice with its own words", () => {
    const state = hostNotice(emptyDesk(ME), "booking_created", { title: "New booking", message: "Room 12" }, NOW);
    expect(state.notices[0]).toMatchObject({ kind: "host", name: "New booking", text: "Room 12" });
    expect(hostNotice(emptyDesk(ME), "order_ready", null, NOW).notices[0]?.name).toBe("Order ready");
  });

  test("at most fifty are kept, the newest first", () => {
    let state = emptyDesk(ME);
    for (let nth = 0; nth < 60; nth++) state = hostNotice(state, "notification", { title: `n${nth}` }, NOW + nth);
    expect(state.notices).toHaveLength(50);
    expect(state.notices[0]?.name).toBe("N59");
    expect(reduce(state, { type: "notices_read" }).notices.every(({ read }) => read)).toBe(true);
  });
});

test("whatever order events come in, unread is never below zero and own messages are never counted", () => {
  const event = fc.oneof(
    fc
      .record({
        seq: fc.integer({ min: 1, max: 20 }),
        by: fc.constantFrom("customer", "agent", "ai", "system" as const),
      })
      .map(({ seq, by }) =>
        at("new_message", message("c1", seq, by as never, by === "agent" ? { senderId: ME.id } : {})),
      ),
    fc
      .integer({ min: 0, max: 25 })
      .map((seq) => at("message_read", { conversationId: "c1", userId: ME.id, seq, messageId: null, readAt: "" })),
    fc.constantFrom<DeskAction>(
      { type: "watching", id: "c1" },
      { type: "watching", id: null },
      { type: "read", id: "c1" },
    ),
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (actions) => {
      const state = run([listed(overview("c1", { lastSeq: 0, unread: 0 })), ...actions]);
      const { unread, lastSeq } = row(state);
      expect(unread).toBeGreaterThanOrEqual(0);
      expect(unread).toBeLessThanOrEqual(lastSeq);
    }),
  );
});
