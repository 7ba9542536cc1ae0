import { expect, test } from "vitest";
import { listed, noAlerts, told } from "../src/model/alerts.ts";

const since = "2026-11-23T09:00:00.000Z";
const later = "2026-11-23T09:05:00.000Z";
const long = { rule: "queue_length", severity: "warning" as const, message: "12 customers are waiting", since };
const down = { rule: "database_failures", severity: "critical" as const, message: "1 write failed", since: later };

test("critical alerts stand before warnings, the oldest first within", () => {
  const state = listed(noAlerts, [{ ...long, rule: "oldest_wait", since: later }, long, down], later);
  expect(state.active.map(({ rule }) => rule)).toEqual(["database_failures", "queue_length", "oldest_wait"]);
});

test("an alert that is told anew is replaced, not doubled", () => {
  let state = told(noAlerts, { ...long, timestamp: since });
  state = told(state, { ...long, message: "15 customers are waiting", timestamp: later });
  expect(state.active).toEqual([{ ...long, message: "15 customers are waiting" }]);
});

test("a cleared alert goes to those that are over, with both times", () => {
  let state = told(noAlerts, { ...long, timestamp: since });
  state = told(state, { ...long, severity: "cleared", timestamp: later });
  expect(state).toEqual({ active: [], cleared: [{ ...long, clearedAt: later }] });
  // Cleared twice is cleared once.
  expect(told(state, { ...long, severity: "cleared", timestamp: later })).toBe(state);
});

test("what the server no longer lists after a lost link is over", () => {
  const state = listed(listed(noAlerts, [long, down], since), [down], later);
  expect(state.active).toEqual([down]);
  expect(state.cleared).toEqual([{ ...long, clearedAt: later }]);
});
