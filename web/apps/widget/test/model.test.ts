import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Availability } from "@switchboard/client";
import type { VisitorMessage, VisitorTalk } from "@switchboard/client/visitor";
import { createTexts } from "@switchboard/design/i18n";
import { describe, expect, it } from "vitest";
import { checkForm, firstUnread, lineOf, reachOf, type State, viewOf } from "../src/model.ts";
import type { Texts } from "../src/words.ts";

const read = (path: string): Record<string, string> =>
  JSON.parse(readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8"));
const words = (language: string) => ({
  ...read(`../../../packages/design/src/words/${language}.json`),
  ...read(`../src/words/${language}.json`),
});
const texts: Texts = createTexts("en", words("en"), {});
const now = new Date(2026, 10, 23, 12).getTime();

const availability: Availability = {
  open: true,
  nextOpening: null,
  onlineAgents: 1,
  availableAgents: 1,
  freeUnits: 1,
  waiting: 0,
  position: 0,
};
const state = (more: Partial<State> = {}): State => ({
  settings: {
    chatbotId: "default",
    name: "Support",
    greeting: "Hello!",
    preChat: [],
    languages: [],
    poweredBy: "",
    assistant: true,
    availability,
    limits: { contentChars: 100 },
  },
  failed: null,
  step: "home",
  link: null,
  talk: null,
  asking: false,
  waitingSince: null,
  left: null,
  reach: null,
  stayed: false,
  trouble: false,
  now,
  ...more,
});
const message = (more: Partial<VisitorMessage>): VisitorMessage => ({
  key: "k",
  messageId: "m",
  seq: 1,
  mine: false,
  mark: null,
  senderId: null,
  senderName: "Support",
  senderRole: "ai",
  content: "Hello!",
  metadata: null,
  createdAt: new Date(now).toISOString(),
  ...more,
});
const talk = (more: Partial<VisitorTalk> = {}) =>
  ({
    id: "c",
    status: "ACTIVE",
    messages: [],
    streaming: null,
    typist: null,
    escalation: null,
    requested: null,
    agent: null,
    unread: 0,
    lastRead: 0,
    ...more,
  }) as unknown as VisitorTalk;
const items = (conversation: VisitorTalk) => viewOf(state({ talk: conversation }), texts).items;

describe("The panel", () => {
  it("greets before anything is said, and only once after", () => {
    expect(viewOf(state(), texts).items.map(({ text }) => text)).toEqual(["Hello!"]);
    expect(items(talk({ messages: [message({})] })).map(({ key }) => key)).toEqual(["k"]);
  });
  it("keeps the greeting while one's first message is on its way", () => {
    const mine = message({ key: "a", seq: null, mine: true, mark: "queued", senderRole: "customer", content: "Hi" });
    expect(items(talk({ messages: [mine] })).map(({ text, mark }) => [text, mark])).toEqual([
      ["Hello!", undefined],
      ["Hi", "queued"],
    ]);
  });
  it("shows what the assistant is writing, and its sources", () => {
    const streaming = { messageId: "s", text: "It is" };
    expect(items(talk({ messages: [message({})], streaming })).at(-1)).toMatchObject({
      text: "It is",
      streaming: true,
    });
    const metadata = { sources: [{ id: "1", title: "Delivery" }, null, { title: 7, url: 3 }] };
    expect(items(talk({ messages: [message({ metadata })] }))[0]?.sources).toEqual([
      { title: "Delivery", url: null },
      { title: "", url: null },
      { title: "7", url: null },
    ]);
  });
  it("says in the header who one is talking to", () => {
    const head = (more: Partial<State>) => {
      const view = viewOf(state(more), texts);
      return [view.title, view.head.word, view.state];
    };
    expect(head({})).toEqual(["Support", "Answers at once", "none"]);
    const agent = { agentId: "ann", agentName: "Ann" };
    expect(head({ talk: talk({ status: "AGENT_ASSIGNED", agent }) })).toEqual(["Ann", "Connected", "agent"]);
    expect(head({ talk: talk({ status: "WAITING_FOR_AGENT" }) })).toEqual([
      "Support",
      "Waiting for an agent",
      "waiting",
    ]);
    expect(head({ talk: talk({ status: "CLOSED", agent }) })).toEqual(["Support", "Closed", "closed"]);
  });
  it("does not call the first moments of a link a lost one", () => {
    const link = (more: object) => ({ online: true, attempts: 0, state: "connecting", ...more }) as State["link"];
    expect(viewOf(state({ link: link({}) }), texts).offline).toBe(false);
    for (const lost of [{ attempts: 1 }, { online: false }, { state: "error" }])
      expect(viewOf(state({ link: link(lost) }), texts).offline).toBe(true);
  });
  it("lets a person be asked for until one is, or the conversation is over", () => {
    const person = (more: Partial<State>) => viewOf(state(more), texts).person;
    expect(person({ talk: talk() })).toBe(true);
    expect(person({ talk: talk({ status: "WAITING_FOR_AGENT" }) })).toBe(false);
    expect(person({ talk: talk({ status: "CLOSED" }) })).toBe(false);
    expect(person({})).toBe(false);
  });
  it("shows a removed message as removed, whatever it said", () => {
    const gone = message({ deletedAt: new Date(now).toISOString(), content: "secret" });
    expect(items(talk({ messages: [gone] }))[0]).toMatchObject({ removed: true, text: "This message was removed." });
  });
  it("finds where the unread ones begin", () => {
    const three = [1, 2, 3].map((seq) => message({ key: `k${seq}`, seq, mine: seq === 2 }));
    expect(firstUnread(talk({ messages: three, lastRead: 1, unread: 1 }))).toBe("k3");
    expect(firstUnread(talk({ messages: three, lastRead: 3 }))).toBeNull();
    expect(firstUnread(null)).toBeNull();
  });
});

describe("Lines of the engine", () => {
  it("are said in the reader's language", () => {
    const german: Texts = createTexts("de", words("de"), {});
    expect(lineOf("Ann joined the conversation.", texts)).toBe("You're now connected to Ann");
    expect(lineOf("Ann joined the conversation.", german)).toBe("Sie sind jetzt mit Ann verbunden");
    expect(lineOf("Ann left. Reconnecting you to another agent.", texts)).toBe("Ann left the conversation.");
    expect(lineOf("Still there? This conversation closes in 2 minutes.", german)).toContain("2 Minuten");
    expect(lineOf("Conversation closed by the customer.", texts)).toBe("This conversation is closed.");
    expect(lineOf("Anything else", german)).toBe("Anything else");
  });
});

describe("Whether a human would come", () => {
  const reach = (more: Partial<Availability>) => reachOf({ ...availability, ...more }, texts, now);
  it("is said as now, a wait, nobody, or the next opening", () => {
    expect(reach({})).toEqual({ here: true, dot: "on", text: "Available now" });
    const busy = { freeUnits: 0, waiting: 2, estimatedWaitSeconds: { p50: 120, p90: 400 } };
    expect(reach(busy)).toEqual({ here: true, dot: "away", text: "2 people are waiting. 2–7 minutes." });
    expect(reach({ onlineAgents: 0, availableAgents: 0, freeUnits: 0 })).toMatchObject({
      here: false,
      text: "No one is available right now.",
    });
    const closed = reach({ open: false, nextOpening: new Date(2026, 10, 24, 9).toISOString() });
    expect(closed).toMatchObject({ here: false, dot: "off" });
    expect(closed.text).toMatch(/closed right now\. Back Tuesday.*9:00/);
    expect(reach({ open: false }).text).toBe("We're closed right now.");
  });
});

describe("A form", () => {
  const fields = [
    { key: "name", label: "Name", kind: "text" as const, required: true },
    { key: "email", label: "E-mail", kind: "email" as const, required: false },
  ];
  it("says which field is wrong, and how", () => {
    expect(checkForm(fields, { name: " ", email: "no" })).toEqual({ name: "required", email: "email.wrong" });
    expect(checkForm(fields, { name: "Robin" })).toBe(null);
    expect(checkForm(fields, { name: "Robin", email: "r@example.com" })).toBe(null);
  });
});

it.each(["en", "de", "es", "ar"])("%s has every key with every plural of its language", (language) => {
  const stem = (key: string) => key.replace(/_(zero|one|two|few|many|other)$/, "");
  const own = words(language);
  const english = words("en");
  expect(new Set(Object.keys(own).map(stem))).toEqual(new Set(Object.keys(english).map(stem)));
  for (const key of new Set(
    Object.keys(english)
      .filter((one) => one !== stem(one))
      .map(stem),
  ))
    for (const category of new Intl.PluralRules(language).resolvedOptions().pluralCategories)
      expect(own).toHaveProperty([`${key}_${category}`]);
  for (const [key, sentence] of Object.entries(english)) {
    const slots = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, slot]) => slot).sort();
    if (key === stem(key)) expect(slots(own[key] ?? "")).toEqual(slots(sentence));
  }
});
