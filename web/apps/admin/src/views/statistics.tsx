/** How it went: curves by hour, day or week, the sums, and each agent. */
import { Badge, type Column, Select, Table, Tabs, tabPanelId } from "@switchboard/design";
import { useMemo, useState } from "preact/hooks";
import { useBoard, useLoaded } from "../live/context.ts";
import { type AgentFigures, type BucketSize, CHARTS, chartOf, type Figures, rangeOf } from "../model/statistics.ts";
import { n, t } from "../texts.ts";
import { ChartFigure } from "./chart.tsx";
import { Card, Nothing, PageHead, Reading, span } from "./parts.tsx";

const BUCKETS: readonly BucketSize[] = ["hour", "day", "week"];
const permille = (value: number | null) => (value === null ? "–" : t("percent", { value: n(Math.round(value) / 10) }));
const score = (value: number | null) => (value === null ? "–" : n(value / 100));

export function StatisticsView() {
  const board = useBoard();
  const [bucket, setBucket] = useState<BucketSize>("hour");
  const [chatbotId, setChatbot] = useState("");
  const bots = useLoaded(() => board.calls.chatbots(), []);
  const report = useLoaded(
    () => board.calls.statistics({ ...rangeOf(bucket, Date.now()), bucket, chatbotId: chatbotId || undefined }),
    [bucket, chatbotId, board.today.value.at],
  );
  return (
    <>
      <PageHead
        title={t("nav.statistics")}
        tools={
          <Select
            quiet
            label={t("conversations.chatbot")}
            value={chatbotId}
            onChange={(event) => setChatbot(event.currentTarget.value)}
          >
            <option value="">{t("statistics.all_chatbots")}</option>
            {bots.value?.items.map((bot) => (
              <option key={bot.id} value={bot.id}>
                {bot.name}
              </option>
            ))}
          </Select>
        }
      />
      <Tabs
        name="statistics"
        label={t("statistics.range")}
        chosen={bucket}
        onChoose={(id) => setBucket(id as BucketSize)}
        tabs={BUCKETS.map((id) => ({ id, label: t(`statistics.${id}`) }))}
      />
      <div
        role="tabpanel"
        id={tabPanelId("statistics", bucket)}
        aria-labelledby={`statistics-tab-${bucket}`}
        class="ad-stack"
      >
        <h2 class="sb-hush">{t(`statistics.${bucket}`)}</h2>
        <Reading of={report} rows={12}>
          {(value) => (
            <>
              {value.truncated && <p class="ad-old">{t("statistics.truncated")}</p>}
              <Sums total={value.total} />
              <Charts report={value} />
              <Card title={t("statistics.agents")} flush>
                <AgentTable rows={value.agents} />
              </Card>
            </>
          )}
        </Reading>
      </div>
    </>
  );
}

function Charts({ report }: { report: import("../model/statistics.ts").Report }) {
  const charts = useMemo(() => CHARTS.map((id) => chartOf(report, id)), [report]);
  return (
    <div class="ad-charts">
      {charts.map((chart) => (
        <ChartFigure key={chart.id} chart={chart} bucket={report.bucket} />
      ))}
    </div>
  );
}

function Sums({ total }: { total: Figures }) {
  const sums: [string, string, string?][] = [
    [t("sums.arrivals"), n(total.arrivals), t("sums.escalations", { count: total.escalations })],
    [t("sums.wait"), span(total.waitMs.p50), t("sums.wait_p90", { time: span(total.waitMs.p90) })],
    [
      t("sums.first_response"),
      span(total.firstResponseMs.p50),
      t("sums.wait_p90", { time: span(total.firstResponseMs.p90) }),
    ],
    [t("sums.resolution"), span(total.resolutionMs.p50), t("sums.wait_p90", { time: span(total.resolutionMs.p90) })],
    [t("sums.solved"), permille(total.assistantOnlyPermille), t("sums.closed", { count: total.closed })],
    [t("sums.abandoned"), permille(total.abandonmentPermille), t("sums.abandoned_count", { count: total.abandoned })],
    [t("sums.rating"), score(total.ratings.meanHundredths), t("sums.ratings", { count: total.ratings.count })],
    [
      t("sums.coverage"),
      permille(total.forecast.p90CoveragePermille),
      total.forecast.samples ? t("sums.error", { time: span(total.forecast.maeMs) }) : t("sums.no_forecast"),
    ],
  ];
  return (
    <dl class="ad-sums">
      {sums.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="sb-num">{value}</dd>
          {note && <dd class="sb-soft">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}

function AgentTable({ rows }: { rows: readonly AgentFigures[] }) {
  const columns: Column<AgentFigures>[] = [
    { id: "name", head: t("agents.name"), cell: (row) => <strong>{row.name ?? row.agentId}</strong> },
    { id: "assigned", head: t("statistics.assigned"), number: true, cell: (row) => n(row.assigned) },
    { id: "response", head: t("sums.first_response"), number: true, cell: (row) => span(row.firstResponseMs.p50) },
    { id: "handling", head: t("statistics.handling"), number: true, cell: (row) => span(row.handlingMs.p50) },
    {
      id: "rating",
      head: t("sums.rating"),
      number: true,
      cell: (row) =>
        row.ratings.count ? (
          `${score(row.ratings.meanHundredths)} (${n(row.ratings.count)})`
        ) : (
          <Badge>{t("statistics.no_ratings")}</Badge>
        ),
    },
  ];
  return (
    <Table
      caption={t("statistics.agents")}
      dense
      rows={rows}
      columns={columns}
      keyOf={(row) => row.agentId}
      empty={<Nothing title={t("statistics.no_agents")}>{t("statistics.no_agents_about")}</Nothing>}
    />
  );
}
