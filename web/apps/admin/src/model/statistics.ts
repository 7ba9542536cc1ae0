/** Reports of the server into series to draw and rows to read. Pure. */
export interface Spread {
  count: number;
  p50: number | null;
  p90: number | null;
}
export interface Figures {
  arrivals: number;
  escalations: number;
  assigned: number;
  closed: number;
  assistantOnly: number;
  assistantOnlyPermille: number | null;
  waitMs: Spread;
  predictedP50Ms: Spread;
  predictedP90Ms: Spread;
  forecast: {
    samples: number;
    maeMs: number | null;
    biasMs: number | null;
    p90Samples: number;
    p90CoveragePermille: number | null;
  };
  abandoned: number;
  canceled: number;
  expired: number;
  abandonmentPermille: number | null;
  firstResponseMs: Spread;
  resolutionMs: Spread;
  ratings: {
    "1": number;
    "2": number;
    "3": number;
    "4": number;
    "5": number;
    count: number;
    meanHundredths: number | null;
  };
}
export interface AgentFigures {
  agentId: string;
  name: string | null;
  assigned: number;
  handlingMs: Spread;
  firstResponseMs: Spread;
  ratings: Figures["ratings"];
}
export type BucketSize = "hour" | "day" | "week";
export interface Report {
  from: string;
  to: string;
  bucket: BucketSize;
  timeZone: string;
  truncated: boolean;
  total: Figures;
  buckets: (Figures & { start: string })[];
  agents: AgentFigures[];
}

export type ChartId = "arrivals" | "waits" | "forecast" | "assistant" | "abandonment" | "ratings";
export const CHARTS: readonly ChartId[] = ["arrivals", "waits", "forecast", "assistant", "abandonment", "ratings"];
/** How a value is written. */
export type Unit = "count" | "minutes" | "percent" | "score";
/** Told apart without colour: by dashes and by the sign at each value. */
export type Stroke = "solid" | "dashed" | "dotted";
export interface Series {
  id: string;
  values: (number | null)[];
  stroke: Stroke;
  mark: "circle" | "square" | "triangle";
}
export interface Chart {
  id: ChartId;
  unit: Unit;
  /** Seconds since 1970, start of each bucket. */
  at: number[];
  series: Series[];
  /** Nothing was counted: an empty chart says so rather than drawing a line at zero. */
  empty: boolean;
}

const minutes = (value: number | null) => (value === null ? null : Math.round(value / 6000) / 10);
const percent = (value: number | null) => (value === null ? null : value / 10);

const LINES: Record<ChartId, { unit: Unit; series: [string, (of: Figures) => number | null][] }> = {
  arrivals: {
    unit: "count",
    series: [
      ["arrivals", (of) => of.arrivals],
      ["escalations", (of) => of.escalations],
    ],
  },
  waits: {
    unit: "minutes",
    series: [
      ["p50", (of) => minutes(of.waitMs.p50)],
      ["p90", (of) => minutes(of.waitMs.p90)],
    ],
  },
  forecast: {
    unit: "minutes",
    series: [
      ["actual", (of) => minutes(of.waitMs.p50)],
      ["predicted", (of) => minutes(of.predictedP50Ms.p50)],
      ["predicted90", (of) => minutes(of.predictedP90Ms.p50)],
    ],
  },
  assistant: { unit: "percent", series: [["solved", (of) => percent(of.assistantOnlyPermille)]] },
  abandonment: { unit: "percent", series: [["abandoned", (of) => percent(of.abandonmentPermille)]] },
  ratings: {
    unit: "score",
    series: [["mean", (of) => (of.ratings.meanHundredths === null ? null : of.ratings.meanHundredths / 100)]],
  },
};
const STROKES: readonly Stroke[] = ["solid", "dashed", "dotted"];
const MARKS = ["circle", "square", "triangle"] as const;

export function chartOf(report: Report, id: ChartId): Chart {
  const { unit, series } = LINES[id];
  const made = series.map(([name, of], index): Series => {
    const [stroke = "solid", mark = "circle"] = [STROKES[index], MARKS[index]];
    return { id: name, stroke, mark, values: report.buckets.map(of) };
  });
  const empty = made.every(({ values }) =>
    values.every((value) => value === null || (unit === "count" && value === 0)),
  );
  return { id, unit, at: report.buckets.map(({ start }) => Date.parse(start) / 1000), series: made, empty };
}

/** The range that a choice of buckets shows: a day by hours, a month by days, half a year by weeks. */
export function rangeOf(bucket: BucketSize, now: number): { from: string; to: string } {
  const days = { hour: 1, day: 30, week: 182 }[bucket];
  return { from: new Date(now - days * 86_400_000).toISOString(), to: new Date(now).toISOString() };
}

/** Since midnight on this device's clock, by hours: the board's own report. */
export function todayOf(now: number): { from: string; to: string } {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  return { from: new Date(midnight).toISOString(), to: new Date(Math.max(now, midnight + 60_000)).toISOString() };
}
