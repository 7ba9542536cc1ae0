import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseNotices } from "../src/live/notices.ts";
import { conversationIn, homeOf } from "../src/live/place.ts";
import { fillCanned, matching, slashOf } from "../src/model/canned.ts";
import { factsOf, itemsOf, sourcesOf } from "../src/model/chat.ts";
import { fateOf } from "../src/model/closing.ts";
import { createDrafts } from "../src/model/drafts.ts";
import { actionOf, BINDINGS } from "../src/model/keys.ts";
import { countsOf, DRAWN, drawnFor, idsOf, nextUnanswered, settle, urgencyOf } from "../src/model/lists.ts";
import { alertStep, nextAlertAt } from "../src/model/offers.ts";
import { reduce } from "../src/model/reduce.ts";
import { defaults, readSettings } from "../src/model/settings.ts";
import { type DeskState, emptyDesk } from "../src/model/state.ts";
import { targetsOf } from "../src/model/transfer.ts";
import { agent, ME, NOW, overview, queueRow } from "./samples.ts";

const withRows = (...items: ReturnType<typeof overview>[]): DeskState =>
  items.reduce((state, item) => reduce(state, { type: "fetched", item }), emptyDesk(ME));

function memory(): Storage {
  const held = new Map<string, string>();
  return {
    get length() {
      return held.size;
    },
    key: (index) => [...held.keys()][index] ?? null,
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, value) => void held.set(key, value),
    removeItem: (key) => void held.delete(key),
    clear: () => held.clear(),
  };
}

describe("a long list", () => {
  test("draws whole steps, always a stretch below what is in sight, and the row that is open", () => {
    expect(drawnFor(10, 0)).toBe(DRAWN);
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(5000), (reached, chosen) => {
        const drawn = drawnFor(reached, chosen);
        expect(drawn % DRAWN).toBe(0);
        expect(drawn).toBeGreaterThan(Math.max(reached, chosen) + 20);
        expect(drawn).toBeLessThan(Math.max(reached, chosen) + 2 * DRAWN);
      }),
    );
  });
});

describe("lists", () => {
  const asked = {
    seq: 4,
    senderRole: "customer" as const,
    senderName: "Cleo",
    text: "?",
    createdAt: new Date(NOW).toISOString(),
  };

  test("mine are in the order of their assignment, whoever writes", () => {
    const state = withRows(
      overview("c1", { assignedAt: new Date(NOW - 1000).toISOString() }),
      overview("c2", { assignedAt: new Date(NOW - 9000).toISOString(), lastMessage: asked }),
      overview("c3", { status: "CLOSED" }),
      overview("c4", { assignedAgentId: "bob" }),
    );
    expect(idsOf(state, "mine")).toEqual(["c1", "c2"]);
    expect(countsOf(state)).toMatchObject({ mine: 2, unanswered: 1 });
    expect(nextUnanswered(state, null)).toBe("c2");
    expect(nextUnanswered(state, "c2")).toBeNull();
  });

  test("the queue is in the server's order, and knows its longest wait", () => {
    const state = reduce(withRows(), {
      type: "queue",
      queue: [queueRow("c2"), queueRow("c1", { queuedAt: new Date(NOW - 300_000).toISOString() })],
      agents: null,
    });
    expect(idsOf(state, "queue")).toEqual(["c2", "c1"]);
    expect(countsOf(state)).toMatchObject({ queue: 2, oldest: NOW - 300_000 });
  });

  test("a list that is held keeps every row where it is, and counts what is new", () => {
    expect(settle(["a", "b"], ["c", "b"], true)).toEqual({ shown: ["a", "b"], fresh: 1 });
    expect(settle(["a", "b"], ["c", "b"], false)).toEqual({ shown: ["c", "b"], fresh: 0 });
    expect(settle([], ["c"], true)).toEqual({ shown: ["c"], fresh: 0 });
    const before = ["a"];
    expect(settle(before, ["a"], false).shown).toBe(before);
  });

  test("while it is held, no change moves anything", () => {
    const ids = fc.uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"));
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom("a", "b", "c"), { minLength: 1 }), fc.array(ids), (first, later) => {
        let shown: readonly string[] = first;
        for (const wanted of later) shown = settle(shown, wanted, true).shown;
        expect(shown).toBe(first);
      }),
    );
  });

  test("a wait is calm, then soon, then late", () => {
    expect([0, 119_999, 120_000, 299_999, 300_000].map((ms) => urgencyOf(NOW, NOW + ms))).toEqual([
      "calm",
      "calm",
      "soon",
      "soon",
      "late",
    ]);
  });
});

describe("the alarm of an offer", () => {
  const offer = { since: NOW, until: NOW + 30_000 };
  test("has three steps and an end", () => {
    expect([0, 14_999, 15_000, 19_999, 20_000, 29_999, 30_000].map((ms) => alertStep(offer, NOW + ms))).toEqual([
      "first",
      "first",
      "again",
      "again",
      "last",
      "last",
      null,
    ]);
  });
  test("each next step is later, and there are few", () => {
    let now = NOW;
    const steps: number[] = [];
    for (let at = nextAlertAt(offer, now); at !== null; at = nextAlertAt(offer, now)) {
      expect(at).toBeGreaterThan(now);
      steps.push(at - NOW);
      now = at;
    }
    expect(steps).toEqual([15_000, 20_000, 30_000]);
  });
});

describe("transfer", () => {
  test("only those who can be reached are offered, and teams by them", () => {
    const agents = [
      agent(ME.id, { teams: ["billing"] }),
      agent("bob", { teams: ["billing"], free: 1 }),
      agent("cid", { teams: ["billing", "sales"], free: 3 }),
      agent("dan", { teams: ["tech"], free: 0 }),
      agent("eve", { teams: ["tech"], status: "away" }),
      agent("fay", { teams: ["tech"], presence: "grace" }),
    ];
    const { agents: there, teams } = targetsOf(agents, ME.id);
    expect(there.map(({ agentId }) => agentId)).toEqual(["cid", "bob"]);
    expect(teams).toEqual([
      { name: "billing", reachable: 2, free: 4 },
      { name: "sales", reachable: 1, free: 3 },
    ]);
    expect(targetsOf(null, ME.id)).toEqual({ agents: [], teams: [] });
  });
});

describe("ready answers", () => {
  const all = [
    { id: "1", shortcut: "hi", title: "Greeting", content: "Hello {{customer.name}}, I am {{ agent.name }}." },
    { id: "2", shortcut: "refund", title: "Refund", content: "We send the money back." },
    { id: "3", shortcut: "bye", title: "Say hi again", content: "…" },
  ];
  test("are found by the slash and one word", () => {
    expect(slashOf("/")).toBe("");
    expect(slashOf("/Ref")).toBe("ref");
    for (const text of ["", "a /hi", "/hi there", "/a/b", "//"]) expect(slashOf(text)).toBeNull();
  });
  test("a shortcut goes before a title, a title before the text", () => {
    expect(matching(all, "hi").map(({ id }) => id)).toEqual(["1", "3"]);
    expect(matching(all, "money").map(({ id }) => id)).toEqual(["2"]);
    expect(matching(all, "")).toHaveLength(3);
  });
  test("names are filled in as they are, also odd ones", () => {
    expect(fillCanned(all[0]?.content ?? "", { customer: "$& {{agent.name}}", agent: "Ann" })).toBe(
      "Hello $& Ann, I am Ann.",
    );
  });
});

describe("drafts", () => {
  test("survive a reload, are kept apart by agent, and go when they are empty", () => {
    const store = memory();
    const drafts = createDrafts("ann", store);
    drafts.set("c1", { text: "half a sen", note: false });
    drafts.set("c2", { text: "psst", note: true });
    drafts.set("c3", { text: "  ", note: false });
    const again = createDrafts("ann", store);
    expect(again.get("c1").text).toBe("half a sen");
    expect(again.get("c2").note).toBe(true);
    expect(again.ids().sort()).toEqual(["c1", "c2"]);
    expect(createDrafts("bob", store).ids()).toEqual([]);
    again.set("c1", { text: "", note: false });
    expect(createDrafts("ann", store).get("c1").text).toBe("");
    again.clear();
    expect(createDrafts("ann", store).ids()).toEqual([]);
  });
  test("a browser that keeps nothing, or keeps rubbish, costs no more than the reload", () => {
    const broken = {
      ...memory(),
      setItem: () => {
        throw new Error("full");
      },
    };
    const drafts = createDrafts("ann", broken);
    drafts.set("c1", { text: "a", note: false });
    expect(drafts.get("c1").text).toBe("a");
    const store = memory();
    store.setItem("switchboard.draft.ann.c1", "{");
    store.setItem("switchboard.draft.ann.c2", '{"text":7}');
    expect(createDrafts("ann", store).ids()).toEqual([]);
    expect(createDrafts("ann", null).ids()).toEqual([]);
  });
});

describe("keys", () => {
  const press = {
    key: "a",
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    isComposing: false,
    inText: false,
    ownArrows: false,
  };
  test("no key means two things", () => {
    const keys = BINDINGS.flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });
  test("letters belong to the field that is being written in, Ctrl+K does not", () => {
    expect(actionOf(press, true)).toBe("accept");
    expect(actionOf({ ...press, inText: true }, true)).toBeNull();
    expect(actionOf(press, false)).toBeNull();
    expect(actionOf({ ...press, ctrlKey: true }, true)).toBeNull();
    expect(actionOf({ ...press, key: "k", ctrlKey: true, inText: true }, false)).toBe("search");
    expect(actionOf({ ...press, isComposing: true }, true)).toBeNull();
    expect(actionOf({ ...press, key: "ArrowDown" }, true)).toBe("next");
    expect(actionOf({ ...press, key: "ArrowDown", ownArrows: true }, true)).toBeNull();
  });
});

describe("a close that can be taken back", () => {
  const closing = { conversationId: "c1", reason: "solved", at: NOW + 8000, seq: 4 };
  const row = (by: string, seq: number) => ({ lastSeq: seq, line: { by, seq } });
  test("waits, is done, and is dropped when the customer writes again", () => {
    expect(fateOf(closing, row("agent", 4), NOW)).toBe("wait");
    expect(fateOf(closing, row("agent", 4), NOW + 8000)).toBe("do");
    expect(fateOf(closing, row("customer", 5), NOW + 8000)).toBe("drop");
    expect(fateOf(closing, row("customer", 4), NOW)).toBe("wait");
    expect(fateOf(closing, undefined, NOW + 9000)).toBe("do");
  });
});

describe("a conversation as it is drawn", () => {
  const said = (seq: number, ms: number, more = {}) => ({
    key: `m${seq}`,
    messageId: `m${seq}`,
    seq,
    clientId: null,
    mine: false,
    mark: null,
    error: null,
    senderId: "cleo",
    senderName: "Cleo",
    senderRole: "customer" as const,
    content: `words ${seq}`,
    messageType: "text" as const,
    aiGenerated: false,
    replyTo: null,
    metadata: null,
    createdAt: new Date(NOW + ms).toISOString(),
    editedAt: null,
    deletedAt: null,
    ...more,
  });
  const note = (noteSeq: number, ms: number) => ({
    messageId: `n${noteSeq}`,
    conversationId: "c1",
    noteSeq,
    internal: true as const,
    senderId: "bob",
    senderName: "Bob",
    content: "psst",
    createdAt: new Date(NOW + ms).toISOString(),
  });
  const words = { removed: "gone", assistant: "Assistant", you: "You", system: "Switchboard" };

  test("notes stand between the messages that they were written between", () => {
    const items = itemsOf(
      { messages: [said(1, 0), said(2, 2000)], notes: [note(1, 1000), note(2, 3000)], streaming: null },
      words,
    );
    expect(items.map(({ key }) => key)).toEqual(["m1", "note-1", "m2", "note-2"]);
    expect(items[1]).toMatchObject({ side: "note", sender: { name: "Bob" } });
  });

  test("what the assistant is writing comes last, and a deleted message says so", () => {
    const items = itemsOf(
      {
        messages: [said(1, 0, { deletedAt: "x", content: "secret" })],
        notes: [],
        streaming: { messageId: "m2", text: "I am look" },
      },
      words,
    );
    expect(items[0]?.text).toBe("gone");
    expect(items[1]).toMatchObject({ key: "m2", streaming: true, sender: { kind: "assistant" } });
  });

  test("sources and facts are taken only in forms that are known", () => {
    expect(sourcesOf({ sources: ["A", { title: "B", url: "https://x" }, { id: "c" }, 7, null] })).toEqual([
      { title: "A" },
      { title: "B", url: "https://x" },
      { title: "c", url: null },
    ]);
    expect(sourcesOf(null)).toEqual([]);
    expect(factsOf({ plan: "pro", cart: { items: 2, tags: ["a", "b"] }, empty: "", nothing: null })).toEqual([
      { name: "plan", value: "pro" },
      { name: "cart › items", value: "2" },
      { name: "cart › tags", value: "a, b" },
    ]);
    expect(factsOf("just text")).toEqual([]);
  });
});

test("a page finds its engine and its conversation under any prefix", () => {
  const home = homeOf("https://host.example/help/console/assets/index-1.js");
  expect(home.engine.href).toBe("https://host.example/help/");
  expect(conversationIn("https://host.example/help/console/c/01a-2", home.console)).toBe("01a-2");
  expect(conversationIn("https://host.example/help/console/", home.console)).toBeNull();
  expect(conversationIn("https://host.example/help/console/c/a%2Fb", home.console)).toBeNull();
});

test("settings and notices that were kept are taken only where they are sound", () => {
  const store = memory();
  expect(readSettings(store)).toEqual(defaults);
  store.setItem("switchboard.console.settings", '{"volume":7,"theme":"pink","singleKeys":false}');
  expect(readSettings(store)).toEqual({ ...defaults, singleKeys: false });
  store.setItem("switchboard.console.settings", "[");
  expect(readSettings(store)).toEqual(defaults);
  const good = { id: "1", number: null, kind: "host", conversationId: null, name: "a", text: null, at: 1, read: false };
  expect(parseNotices(JSON.stringify([good, { ...good, kind: "x" }, 7, null]))).toEqual([good]);
  expect(parseNotices("{")).toEqual([]);
});
