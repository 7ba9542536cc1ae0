import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../src/protocol.ts";
import { createTimeline } from "../src/timeline.ts";
import { clientOf, createFakeServer, pass, texts, virtualTime } from "./setup.ts";

virtualTime();

const message = (seq: number): Message => ({
  messageId: `m${seq}`,
  conversationId: "c",
  seq,
  senderId: seq % 3 === 0 ? "cleo" : "ann",
  senderName: "",
  senderRole: "agent",
  content: `line ${seq}`,
  messageType: "text",
  aiGenerated: false,
  metadata: null,
  createdAt: "2026-11-23T09:00:00.000Z",
});

const viewer = { userId: "cleo", readUpTo: 0, deliveredUpTo: 0 };

describe("a timeline", () => {
  it("is rising, without holes and without doubles, whatever comes in whichever order", () => {
    const happening = fc.oneof(
      fc.record({ kind: fc.constant("add" as const), seq: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant("begin" as const), seq: fc.integer({ min: 0, max: 40 }) }),
      fc.record({ kind: fc.constant("older" as const), seq: fc.integer({ min: 0, max: 10 }) }),
      fc.record({ kind: fc.constant("reset" as const), seq: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 120 }), (happenings) => {
        const timeline = createTimeline();
        let fresh: number[] = [];
        for (const { kind, seq } of happenings) {
          if (kind === "add") fresh.push(...timeline.add(message(seq)).map((one) => one.seq));
          if (kind === "begin") fresh.push(...timeline.begin(seq).map((one) => one.seq));
          if (kind === "reset") {
            timeline.reset();
            fresh = [];
          }
          if (kind === "older") {
            const to = timeline.base() ?? 0;
            const from = Math.max(1, to - seq + 1);
            timeline.prepend(Array.from({ length: to - from + 1 }, (_, place) => message(from + place)));
          }
          const shown = timeline.list(viewer, [], "customer").map((one) => one.seq ?? 0);
          const first = shown[0] ?? 0;
          expect(shown).toEqual(shown.map((_, place) => first + place));
          // Each is announced once, in rising order.
          expect(fresh).toEqual([...new Set(fresh)].sort((a, b) => a - b));
        }
        // Once everything is there, nothing is waited for any more.
        timeline.begin(0);
        for (let seq = 1; seq <= 40; seq += 1) timeline.add(message(seq));
        expect([timeline.gap(), timeline.last()]).toEqual([false, 40]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a client over a bad link", () => {
  it("shows in the end exactly what the server stored, in its order, and its own messages once", async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("say" as const) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("send" as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("quiet" as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("cut" as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant("lose" as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("mute" as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.integer(), async (steps, seed) => {
        const server = createFakeServer();
        const stored = server.open({ customerId: "cleo", id: "c" });
        const { client } = clientOf(server);
        const rung: string[] = [];
        client.on("message", ({ message: one }) => rung.push(one.content));
        await client.connect();
        await pass();
        const conversation = client.conversation("c");
        let state = seed >>> 0;
        const draw = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          return state / 2 ** 32;
        };
        const typed: string[] = [];
        let count = 0;
        for (const one of steps) {
          count += 1;
          if (one.kind === "say") server.say("c", `said ${count}`);
          if (one.kind === "quiet") server.sayQuietly("c", `said ${count}`);
          if (one.kind === "send") {
            typed.push(`typed ${count}`);
            conversation.send(`typed ${count}`);
          }
          if (one.kind === "cut") server.cut();
          if (one.kind === "mute") server.mute(true);
          if (one.kind === "lose") server.lose(() => draw() < one.share);
          if (one.kind === "pass") await pass(one.ms);
          // What is shown is at any moment a piece of what is stored, and then what is on its way.
          const shown = conversation.getSnapshot().messages;
          const numbers = shown.flatMap((other) => other.seq ?? []);
          expect(numbers).toEqual(numbers.map((_, place) => (numbers[0] ?? 0) + place));
          const own = shown.flatMap((other) => (other.mine ? other.content : []));
          expect(own).toEqual([...new Set(own)]);
        }
        server.lose();
        server.mute(false);
        await pass(120_000);
        expect(texts(conversation.getSnapshot().messages)).toEqual(texts(stored.messages));
        expect(stored.messages.filter((one) => one.senderId === "cleo").map((one) => one.content)).toEqual(typed);
        expect(conversation.getSnapshot().live).toBe(true);
        expect(rung).toEqual(stored.messages.filter((one) => one.senderId !== "cleo").map((one) => one.content));
        client.destroy();
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
