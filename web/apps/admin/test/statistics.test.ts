import { describe, expect, test } from "vitest";
import { chartOf, type Figures, type Report, rangeOf, todayOf } from "../src/model/statistics.ts";

const spread = (p50: number | null, p90: number | null = p50) => ({ count: p50 === null ? 0 : 1, p50, p90 });
const figures = (change: Partial<Figures> = {}): Figures => ({
  arrivals: 0,
  escalations: 0,
  assigned: 0,
  closed: 0,
  assistantOnly: 0,
  assistantOnlyPermille: null,
  waitMs: spread(null),
  predictedP50Ms: spread(null),
  predictedP90Ms: spread(null),
  forecast: { samples: 0, maeMs: null, biasMs: null, p90Samples: 0, p90CoveragePermille: null },
  abandoned: 0,
  canceled: 0,
  expired: 0,
  abandonmentPermille: null,
  firstResponseMs: spread(null),
  resolutionMs: spread(null),
  ratings: { "1": 0, "2": 0, "3": 0, "4": 0, "5": 0, count: 0, meanHundredths: null },
  ...change,
});
const report = (...buckets: Partial<Figures>[]): Report => ({
  from: "2026-11-23T08:00:00Z",
  to: "2026-11-23T10:00:00Z",
  bucket: "hour",
  timeZone: "UTC",
  truncated: false,
  total: figures(),
  buckets: buckets.map((bucket, index) => ({ ...figures(bucket), start: `2026-11-23T0${8 + index}:00:00Z` })),
  agents: [],
});

describe("charts", () => {
  test("a bucket without a value is a gap, never a zero", () => {
    const chart = chartOf(report({ waitMs: spread(90_000, 240_000) }, {}), "waits");
    expect(chart.series.map(({ values }) => values)).toEqual([
      [1.5, null],
      [4, null],
    ]);
    expect(chart.at[1]).toBe(Date.parse("2026-11-23T09:00:00Z") / 1000);
  });

  test("the lines of a chart can be told apart without colour", () => {
    const { series } = chartOf(report({}), "forecast");
    expect(new Set(series.map(({ stroke }) => stroke)).size).toBe(3);
    expect(new Set(series.map(({ mark }) => mark)).size).toBe(3);
  });

  test("predicted stands beside actual", () => {
    const one = { waitMs: spread(60_000), predictedP50Ms: spread(120_000), predictedP90Ms: spread(300_000) };
    expect(chartOf(report(one), "forecast").series.map(({ id, values }) => [id, values[0]])).toEqual([
      ["actual", 1],
      ["predicted", 2],
      ["predicted90", 5],
    ]);
  });

  test("shares are of a hundred, ratings of five", () => {
    const one = figures({
      assistantOnlyPermille: 635,
      abandonmentPermille: 91,
      ratings: { ...figures().ratings, count: 2, meanHundredths: 450 },
    });
    expect(chartOf(report(one), "assistant").series[0]?.values).toEqual([63.5]);
    expect(chartOf(report(one), "abandonment").series[0]?.values).toEqual([9.1]);
    expect(chartOf(report(one), "ratings").series[0]?.values).toEqual([4.5]);
  });

  test("nothing counted is empty, and a counted zero is not", () => {
    expect(chartOf(report({}, {}), "arrivals").empty).toBe(true);
    expect(chartOf(report({}, {}), "waits").empty).toBe(true);
    expect(chartOf(report({ abandonmentPermille: 0 }), "abandonment").empty).toBe(false);
  });
});

test("ranges fit what the server allows", () => {
  const now = Date.parse("2026-11-23T09:30:00Z");
  const days = (bucket: "hour" | "day" | "week") => {
    const { from, to } = rangeOf(bucket, now);
    return (Date.parse(to) - Date.parse(from)) / 86_400_000;
  };
  expect([days("hour"), days("day"), days("week")]).toEqual([1, 30, 182]);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  expect(Date.parse(todayOf(midnight).to)).toBeGreaterThan(Date.parse(todayOf(midnight).from));
});
