/** A chart by uPlot, readable without colour: dashes, a sign at each value, a name at the end; a table one key away. */
import { Button, type Column, classes, Table, TableIcon } from "@switchboard/design";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { dark } from "../live/appearance.ts";
import type { BucketSize, Chart, Series, Unit } from "../model/statistics.ts";
import { language, n, t, word } from "../texts.ts";

const DASH = { solid: [], dashed: [7, 5], dotted: [2, 4] } as const;
const COLOURS = ["--sb-accent-text", "--sb-waiting-mark", "--sb-assistant-mark"];

/** "4", "3.5 min", "71 %". */
export function valueWords(unit: Unit, value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (unit === "minutes") return t("unit.minutes", { value: n(value) });
  if (unit === "percent") return t("percent", { value: n(value) });
  return n(unit === "score" ? Math.round(value * 100) / 100 : value);
}

function bucketWords(seconds: number, bucket: BucketSize, long = false): string {
  const at = new Date(seconds * 1000);
  if (bucket === "hour") {
    return long
      ? at.toLocaleString(language, { weekday: "short", hour: "numeric", minute: "2-digit" })
      : at.toLocaleTimeString(language, { hour: "numeric" });
  }
  const text = at.toLocaleDateString(language, { day: "numeric", month: "short" });
  return bucket === "week" && long ? t("chart.week_of", { date: text }) : text;
}

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#666";

/** The path of a series' sign around a point, `r` its radius. */
function sign(path: Path2D, mark: Series["mark"], x: number, y: number, r: number): void {
  if (mark === "square") path.rect(x - r, y - r, 2 * r, 2 * r);
  else if (mark === "triangle") {
    path.moveTo(x, y - r * 1.25);
    path.lineTo(x + r * 1.2, y + r);
    path.lineTo(x - r * 1.2, y + r);
    path.closePath();
  } else {
    path.moveTo(x + r, y);
    path.arc(x, y, r, 0, 2 * Math.PI);
  }
}

function signs(u: uPlot, chart: Chart, colours: readonly string[], ground: string): void {
  const ratio = devicePixelRatio || 1;
  const { ctx } = u;
  ctx.save();
  ctx.setLineDash([]);
  for (const [index, series] of chart.series.entries()) {
    const colour = colours[index] ?? "#666";
    for (const [place, value] of series.values.entries()) {
      const at = chart.at[place];
      if (value === null || at === undefined) continue;
      const x = u.valToPos(at, "x", true);
      const y = u.valToPos(value, "y", true);
      // At zero a sign at every hour is only noise.
      if (value === 0 && chart.unit === "count") continue;
      const path = new Path2D();
      sign(path, series.mark, x, y, 3.4 * ratio);
      ctx.fillStyle = index === 0 ? colour : ground;
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1.6 * ratio;
      ctx.fill(path);
      ctx.stroke(path);
    }
  }
  ctx.restore();
}

function Canvas({
  chart,
  bucket,
  height,
  onPoint,
}: {
  chart: Chart;
  bucket: BucketSize;
  height: number;
  onPoint: (at: number | null) => void;
}) {
  const box = useRef<HTMLDivElement>(null);
  const point = useRef(onPoint);
  point.current = onPoint;
  const isDark = dark.value;
  useEffect(() => {
    const host = box.current;
    if (!host) return;
    void isDark;
    const colours = COLOURS.map(token);
    const [soft, line, ground] = [token("--sb-text-soft"), token("--sb-line"), token("--sb-surface")];
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const axis = { stroke: soft, font, grid: { stroke: line, width: 1 }, ticks: { show: false } };
    const [one = 0, two = one + 3600] = chart.at;
    const step = two - one;
    const bars = uPlot.paths.bars?.({ size: [0.6, 28], radius: 0.15 });
    const plot = new uPlot(
      {
        width: Math.max(host.clientWidth, 80),
        height,
        padding: [12, 12, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
        scales: {
          x: { range: (_u, low, high) => [low - step / 2, high + step / 2] },
          y: {
            range: (_u, _low, high) => [
              chart.unit === "score" ? 1 : 0,
              chart.unit === "score" ? 5 : Math.max(high * 1.12, chart.unit === "percent" ? 10 : 4),
            ],
          },
        },
        axes: [
          {
            ...axis,
            size: 30,
            grid: { show: false },
            space: 56,
            values: (_u, marks) => marks.map((at) => bucketWords(at, bucket)),
          },
          {
            ...axis,
            size: 44,
            space: 32,
            values: (_u, marks) =>
              marks.map((value) => (chart.unit === "percent" ? t("percent", { value: n(value) }) : n(value))),
          },
        ],
        series: [
          {},
          ...chart.series.map((series, index): uPlot.Series => {
            const colour = colours[index] ?? soft;
            const isBar = chart.unit === "count" && index === 0 && bars;
            return {
              label: series.id,
              stroke: colour,
              width: isBar ? 0 : 2,
              dash: [...DASH[series.stroke]],
              points: { show: false },
              // A gap is a gap: nothing was counted there.
              spanGaps: false,
              ...(isBar ? { paths: bars, fill: token("--sb-accent") } : {}),
            };
          }),
        ],
        hooks: {
          draw: [
            (u) =>
              signs(
                u,
                chart.unit === "count"
                  ? { ...chart, series: chart.series.map((s, i) => (i === 0 ? { ...s, values: [] } : s)) }
                  : chart,
                colours,
                ground,
              ),
          ],
          setCursor: [(u) => point.current(u.cursor.idx ?? null)],
        },
      },
      [chart.at, ...chart.series.map(({ values }) => values)] as uPlot.AlignedData,
      host,
    );
    const watch = new ResizeObserver(() => {
      if (host.clientWidth > 0) plot.setSize({ width: host.clientWidth, height });
    });
    watch.observe(host);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [chart, bucket, height, isDark]);
  return <div ref={box} class="ad-canvas" aria-hidden="true" style={{ height: `${height}px` }} />;
}

function Swatch({ series, index, bar }: { series: Series; index: number; bar: boolean }) {
  const dash = DASH[series.stroke].join(" ");
  return (
    <svg class={`ad-swatch ad-series-${index}`} viewBox="0 0 28 12" aria-hidden="true">
      {bar ? (
        <rect x="6" y="1" width="16" height="10" rx="2" class="ad-fill" />
      ) : (
        <>
          <path d="M0 6h28" stroke-dasharray={dash || undefined} />
          {series.mark === "circle" ? (
            <circle cx="14" cy="6" r="3.6" class="ad-fill" />
          ) : series.mark === "square" ? (
            <rect x="10.6" y="2.6" width="6.8" height="6.8" class="ad-hollow" />
          ) : (
            <path d="M14 1.5 18.4 9.6H9.6Z" class="ad-hollow" />
          )}
        </>
      )}
    </svg>
  );
}

export function ChartFigure({
  chart,
  bucket,
  today,
  height = 216,
}: {
  chart: Chart;
  bucket: BucketSize;
  today?: boolean;
  height?: number;
}) {
  const [table, setTable] = useState(false);
  const [point, setPoint] = useState<number | null>(null);
  const title = t(
    today ? (`chart.${chart.id}_today` as "chart.arrivals_today") : (`chart.${chart.id}` as "chart.arrivals"),
  );
  const shown = point ?? lastOf(chart);
  const rows = useMemo(
    () => chart.at.map((at, index) => ({ at, values: chart.series.map(({ values }) => values[index] ?? null) })),
    [chart],
  );
  const columns: Column<(typeof rows)[number]>[] = [
    { id: "at", head: t("chart.when"), cell: (row) => bucketWords(row.at, bucket, true) },
    ...chart.series.map(
      (series, index): Column<(typeof rows)[number]> => ({
        id: series.id,
        head: word("series", series.id),
        number: true,
        cell: (row) => valueWords(chart.unit, row.values[index]),
      }),
    ),
  ];
  return (
    <figure
      class="ad-card ad-chart"
      aria-label={title}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the key for the table needs a place to be pressed
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key === "t" && event.target === event.currentTarget) setTable(!table);
      }}
    >
      <figcaption class="ad-card-head">
        <h2>{title}</h2>
        <div class="ad-tools">
          <Button
            kind="plain"
            small
            aria-pressed={table}
            icon={<TableIcon small />}
            aria-label={t(table ? "chart.as_chart_of" : "chart.as_table_of", { title })}
            onClick={() => setTable(!table)}
          >
            {t(table ? "chart.as_chart" : "chart.as_table")}
          </Button>
        </div>
      </figcaption>
      {chart.empty ? (
        <p class="ad-chart-empty sb-soft">{t("chart.empty")}</p>
      ) : table ? (
        <div class="ad-chart-table">
          <Table dense caption={title} rows={rows} columns={columns} keyOf={(row) => String(row.at)} />
        </div>
      ) : (
        <>
          <p class="ad-legend">
            {chart.series.map((series, index) => (
              <span key={series.id} class={classes("ad-legend-one")}>
                <Swatch series={series} index={index} bar={chart.unit === "count" && index === 0} />
                {word("series", series.id)}
                <strong class="sb-num">{shown === null ? "–" : valueWords(chart.unit, series.values[shown])}</strong>
              </span>
            ))}
            {shown !== null && chart.at[shown] !== undefined && (
              <span class="sb-soft sb-num">{bucketWords(chart.at[shown], bucket, true)}</span>
            )}
          </p>
          <Canvas chart={chart} bucket={bucket} height={height} onPoint={setPoint} />
          <p class="sb-hush">{summary(chart)}</p>
        </>
      )}
    </figure>
  );
}

function lastOf(chart: Chart): number | null {
  for (let index = chart.at.length - 1; index >= 0; index -= 1) {
    if (
      chart.series.some(
        ({ values }) =>
          values[index] !== null && values[index] !== undefined && (chart.unit !== "count" || values[index] !== 0),
      )
    )
      return index;
  }
  return null;
}

/** The curve in a sentence, for those who hear it. */
function summary(chart: Chart): string {
  return chart.series
    .map(({ id, values }) => {
      const known = values.filter((value): value is number => value !== null);
      if (!known.length) return t("chart.summary_none", { series: word("series", id) });
      return t("chart.summary", {
        series: word("series", id),
        low: valueWords(chart.unit, Math.min(...known)),
        high: valueWords(chart.unit, Math.max(...known)),
      });
    })
    .join(" ");
}
