import { describe, expect, it } from "vitest";
import { cardOf, type Known } from "../src/handover.ts";

const now = 1_000_000;
const nothing: Known = {
  escalation: null,
  requested: false,
  status: "ACTIVE",
  agent: false,
  hadAgent: false,
  asking: false,
  waitingSince: null,
  now,
};
const place = (more: object = {}, since = now) =>
  ({
    status: "QUEUED",
    position: 3,
    estimatedWait: 4,
    estimatedWaitSeconds: { p50: 240, p90: 600 },
    since,
    ...more,
  }) as NonNullable<Known["escalation"]>;
const card = (more: Partial<Known>) => cardOf({ ...nothing, ...more });

describe("The hand-over card", () => {
  it("is not there while nobody asks for a human", () => {
    expect(card({})).toEqual({ kind: "none" });
  });
  it("offers a human when the assistant or the customer's words ask for one", () => {
    expect(card({ requested: true }).kind).toBe("offer");
  });
  it("says that it connects from the click until the server has answered", () => {
    expect(card({ requested: true, asking: true }).kind).toBe("connecting");
    expect(card({ status: "WAITING_FOR_AGENT" }).kind).toBe("connecting");
    expect(card({ status: "OFFERED" }).kind).toBe("connecting");
  });
  it("shows the place and a range", () => {
    expect(card({ escalation: place() })).toEqual({
      kind: "waiting",
      position: 3,
      wait: { low: 240, high: 600 },
      late: false,
      done: 0,
      nobody: false,
      asked: false,
      again: false,
    });
  });
  it("counts down from when the estimate was made", () => {
    expect(card({ escalation: place({}, now - 60_000) })).toMatchObject({ wait: { low: 180, high: 540 }, late: false });
  });
  it("falls back to the far end of the range once the near one is over", () => {
    expect(card({ escalation: place({}, now - 300_000) })).toMatchObject({ wait: { low: 300 }, late: false });
  });
  it("admits that the estimate was wrong", () => {
    expect(card({ escalation: place({}, now - 600_000) })).toMatchObject({ wait: null, late: true, done: null });
  });
  it("never invents a wait that the server does not know", () => {
    const escalation = place({ estimatedWait: null, estimatedWaitSeconds: null, reason: "too_few_samples" });
    expect(card({ escalation })).toMatchObject({ wait: null, late: false, done: null, nobody: false });
  });
  it("says that nobody is there", () => {
    const escalation = place({ estimatedWait: null, estimatedWaitSeconds: null, reason: "no_agents" });
    expect(card({ escalation })).toMatchObject({ kind: "waiting", nobody: true });
  });
  it("knows how much of the way is gone, also over a new estimate", () => {
    const waited = card({
      escalation: place({ estimatedWaitSeconds: { p50: 60, p90: 60 } }),
      waitingSince: now - 60_000,
    });
    expect(waited).toMatchObject({ done: 0.5 });
  });
  it("is not upset by a clock that was set back", () => {
    expect(card({ escalation: place({}, now + 60_000), waitingSince: now + 60_000 })).toMatchObject({
      wait: { low: 240, high: 600 },
      done: 0,
    });
  });
  it("tells that an agent is being asked, and that there was one before", () => {
    expect(card({ escalation: place({ status: "OFFERED" }), hadAgent: true })).toMatchObject({
      asked: true,
      again: true,
    });
  });
  it.each([
    ["OUTSIDE_HOURS", true],
    ["NO_AGENTS", false],
    ["QUEUE_FULL", false],
    ["EXPIRED", false],
  ])("for %s says whether it is closed, and what can be done instead", (status, closed) => {
    const escalation = { status, policy: "offline_message", nextOpening: null, since: now } as NonNullable<
      Known["escalation"]
    >;
    expect(card({ escalation })).toEqual({ kind: "away", closed, opens: null, leave: true, assistant: false });
    const ai = { ...escalation, policy: "ai" } as NonNullable<Known["escalation"]>;
    expect(card({ escalation: ai })).toMatchObject({ leave: false, assistant: true });
  });
  it("goes when an agent is there, when it was canceled, and when the conversation is over", () => {
    const escalation = place();
    expect(card({ escalation, agent: true }).kind).toBe("none");
    expect(card({ escalation, status: "CLOSED" }).kind).toBe("none");
    expect(card({ escalation, status: "WRAP_UP" }).kind).toBe("none");
    expect(card({ escalation: { status: "CANCELED", since: now } }).kind).toBe("none");
  });
});
