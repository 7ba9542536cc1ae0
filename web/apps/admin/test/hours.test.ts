import type { Hours } from "@switchboard/client/staff";
import { describe, expect, test } from "vitest";
import { interval, isOpen, minuteOf, nextChange, overnight, problemsOf, timeText } from "../src/model/hours.ts";

const week = (intervals: Hours["weekly"][number]["intervals"], exceptions: Hours["exceptions"] = []): Hours => ({
  timeZone: "Europe/Berlin",
  weekly: Array.from({ length: 7 }, () => ({ intervals })),
  exceptions,
});
const at = (text: string) => Date.parse(text);

describe("times as they are typed", () => {
  test("a time of day is minutes from midnight, and back", () => {
    expect(["09:00", "9:05", "24:00", "24:01", "9", "12:60"].map(minuteOf)).toEqual([540, 545, 1440, null, null, null]);
    expect([540, 0, 1440, 1560].map(timeText)).toEqual(["09:00", "00:00", "00:00", "02:00"]);
  });

  test("an end that is not after the beginning is on the next day", () => {
    expect(interval(1320, 120)).toEqual({ fromMinute: 1320, toMinute: 1560 });
    expect(interval(540, 1020)).toEqual({ fromMinute: 540, toMinute: 1020 });
    expect(interval(0, 1440)).toEqual({ fromMinute: 0, toMinute: 1440 });
    expect(overnight(interval(1320, 120))).toBe(true);
    expect(overnight(interval(0, 1440))).toBe(false);
  });
});

describe("what is wrong with hours", () => {
  test("names the place: zone, overlap, date twice", () => {
    const hours = week(
      [interval(540, 720), interval(660, 1020)],
      [
        { date: "2026-12-25", name: "", intervals: [] },
        { date: "2026-12-25", name: "", intervals: [] },
        { date: "2026-02-30", name: "", intervals: [] },
      ],
    );
    const problems = problemsOf({ ...hours, timeZone: "Europe/Nowhere" });
    expect(problems[0]).toEqual({ path: "timeZone", code: "zone" });
    expect(problems).toContainEqual({ path: "weekly[0][1]", code: "overlap" });
    expect(problems).toContainEqual({ path: "exceptions[1].date", code: "twice" });
    expect(problems).toContainEqual({ path: "exceptions[2].date", code: "date" });
  });

  test("a lunch break and a night shift are fine", () => {
    expect(problemsOf(week([interval(540, 720), interval(780, 1020), interval(1320, 120)]))).toEqual([]);
  });
});

describe("what customers see", () => {
  test("open and closed go by the chatbot's clock, not this device's", () => {
    const hours = week([interval(540, 1020)]);
    expect(isOpen(hours, at("2026-11-23T08:00:00Z"))).toBe(true);
    expect(isOpen(hours, at("2026-11-23T07:59:00Z"))).toBe(false);
    expect(isOpen(hours, at("2026-11-23T16:00:00Z"))).toBe(false);
    expect(isOpen(null, at("2026-11-23T03:00:00Z"))).toBe(true);
  });

  test("the next change is told, across a night shift and a holiday", () => {
    const night = week([interval(1320, 120)]);
    expect(isOpen(night, at("2026-11-23T00:30:00Z"))).toBe(true);
    expect(nextChange(night, at("2026-11-23T00:30:00Z"))).toBe(at("2026-11-23T01:00:00Z"));
    const holiday = week([interval(540, 1020)], [{ date: "2026-11-24", name: "Day off", intervals: [] }]);
    expect(nextChange(holiday, at("2026-11-23T17:00:00Z"))).toBe(at("2026-11-25T08:00:00Z"));
  });

  test("an exception keeps what spills in from the day before", () => {
    const hours = week([interval(1320, 120)], [{ date: "2026-11-24", name: "", intervals: [] }]);
    expect(isOpen(hours, at("2026-11-24T00:30:00Z"))).toBe(true);
    expect(isOpen(hours, at("2026-11-24T21:30:00Z"))).toBe(false);
  });

  test("opening stays at nine over both changes of the clock", () => {
    const hours = week([interval(540, 1020)]);
    expect(nextChange(hours, at("2026-03-28T17:00:00Z"))).toBe(at("2026-03-29T07:00:00Z"));
    expect(nextChange(hours, at("2026-10-24T16:00:00Z"))).toBe(at("2026-10-25T08:00:00Z"));
  });

  test("around the clock never changes, and never open never opens", () => {
    expect(nextChange(week([interval(0, 1440)]), at("2026-11-23T12:00:00Z"))).toBeNull();
    expect(nextChange(week([]), at("2026-11-23T12:00:00Z"))).toBeNull();
  });
});
