/** The live board: head figures, queue, agents, today's curves. */
import type { Agent, QueueRow } from "@switchboard/client";
import {
  Badge,
  BellIcon,
  BotIcon,
  Button,
  CircleCheckIcon,
  type Column,
  classes,
  FlagIcon,
  HourglassIcon,
  IconButton,
  InboxIcon,
  Maximize2Icon,
  MegaphoneIcon,
  Skeleton,
  Table,
  TimerIcon,
  TriangleAlertIcon,
  UserPlusIcon,
  UsersRoundIcon,
} from "@switchboard/design";
import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useBoard, useServerNow, useWide } from "../live/context.ts";
import { open, place, show } from "../live/place.ts";
import { headOf, sortAgents, sortQueue } from "../model/board.ts";
import { chartOf } from "../model/statistics.ts";
import { n, t, word } from "../texts.ts";
import { AgentDialog } from "./agent.tsx";
import { setWall } from "./app.tsx";
import { AssignDialog, QueueMessageDialog } from "./assign.tsx";
import { ChartFigure } from "./chart.tsx";
import { AgentState, At, Card, estimateWords, Load, Nothing, Reading, rangeWords, Waited, Words } from "./parts.tsx";
import { PriorityDialog } from "./priority.tsx";

export function BoardView() {
  const board = useBoard();
  const { queue, agents } = board.queue.value;
  const [assigning, setAssigning] = useState<QueueRow | null>(null);
  const [ranking, setRanking] = useState<QueueRow | null>(null);
  const [editing, setEditing] = useState<string | null>(null);
  const [message, setMessage] = useState(false);
  const wall = place.value.wall;
  return (
    <>
      <div class="ad-board-head">
        <h1 class={wall ? "sb-hush" : undefined}>{t("nav.board")}</h1>
        {!wall && (
          <div class="ad-tools">
            <Button small icon={<MegaphoneIcon small />} onClick={() => setMessage(true)}>
              {t("queue.message")}
            </Button>
            <Button small icon={<Maximize2Icon small />} onClick={() => setWall(true)}>
              {t("wall.enter")}
            </Button>
          </div>
        )}
      </div>
      <HeadLine />
      <div class="ad-board">
        <Card title={t("queue.title")} count={queue?.length} flush class="ad-queue">
          {queue === null ? <Coming /> : <QueueTable rows={queue} onAssign={setAssigning} onRank={setRanking} />}
        </Card>
        <Card title={t("agents.title")} count={agents?.length} flush class="ad-agents">
          {agents === null ? <Coming /> : <AgentsTable rows={agents} onEdit={setEditing} />}
        </Card>
      </div>
      <Today />
      {assigning && (
        <AssignDialog
          id={assigning.conversationId}
          name={assigning.userName}
          skills={assigning.skills}
          onClose={() => setAssigning(null)}
        />
      )}
      {ranking && <PriorityDialog row={ranking} onClose={() => setRanking(null)} />}
      {editing && <AgentDialog id={editing} onClose={() => setEditing(null)} />}
      {message && <QueueMessageDialog onClose={() => setMessage(false)} />}
    </>
  );
}

const Coming = () => (
  <div class="ad-pad">
    <Skeleton label={t("state.loading")} rows={6} />
  </div>
);

function Tile(props: {
  icon: ComponentChildren;
  label: string;
  figure: ComponentChildren;
  note?: ComponentChildren;
  tone?: "plain" | "waiting" | "overdue" | "connected" | "assistant";
  onOpen?: (() => void) | undefined;
}) {
  const inside = (
    <>
      <span class="ad-tile-label">
        {props.icon}
        {props.label}
      </span>
      <span class="ad-figure sb-num">{props.figure}</span>
      <span class="ad-tile-note">{props.note}</span>
    </>
  );
  const name = classes("ad-tile", `sb-tone-${props.tone ?? "plain"}`);
  return (
    <li>
      {props.onOpen ? (
        <button type="button" class={name} onClick={props.onOpen}>
          {inside}
        </button>
      ) : (
        <div class={name}>{inside}</div>
      )}
    </li>
  );
}

function HeadLine() {
  const board = useBoard();
  const now = useServerNow(board);
  const { queue, agents } = board.queue.value;
  const head = useMemo(() => (queue && agents ? headOf(queue, agents) : null), [queue, agents]);
  const today = board.today.value;
  const solved = today.value?.total.assistantOnlyPermille ?? null;
  const alerts = board.alerts.value.active;
  if (!head) {
    return (
      <div class="ad-pad">
        <Skeleton label={t("state.loading")} rows={2} />
      </div>
    );
  }
  const estimate = estimateWords(head.estimate);
  const waited = head.oldestSince === null ? 0 : now - head.oldestSince;
  const oldest =
    head.oldestSince === null ? "plain" : waited > 300_000 ? "overdue" : waited > 120_000 ? "waiting" : "plain";
  const first = alerts[0];
  return (
    <ul class="ad-tiles" aria-label={t("head.label")}>
      <Tile
        icon={<HourglassIcon small />}
        label={t("head.waiting")}
        figure={n(head.waiting)}
        tone={head.waiting ? "waiting" : "plain"}
        note={head.offered ? t("head.offered", { count: head.offered }) : t("head.nobody_offered")}
      />
      <Tile
        icon={<TimerIcon small />}
        label={t("head.oldest")}
        figure={head.oldestSince === null ? "–" : <Waited since={head.oldestSince} now={now} plain />}
        tone={oldest}
        note={
          head.oldestSince === null
            ? t("head.nobody_waits")
            : oldest === "plain"
              ? t("head.on_time")
              : t(oldest === "overdue" ? "wait.overdue" : "wait.long")
        }
      />
      <Tile
        icon={<InboxIcon small />}
        label={t("head.estimate")}
        figure={
          <>
            {estimate.figure}
            {estimate.unit && <small> {estimate.unit}</small>}
          </>
        }
        note={estimate.note}
      />
      <Tile
        icon={<UsersRoundIcon small />}
        label={t("head.agents")}
        figure={
          <>
            {n(head.online)}
            <small>/{n(head.agents)}</small>
          </>
        }
        tone={head.notResponding ? "overdue" : head.online ? "connected" : "plain"}
        note={
          head.notResponding
            ? t("head.not_responding", { count: head.notResponding })
            : t("head.free", { count: head.free })
        }
      />
      <Tile
        icon={<BotIcon small />}
        label={t("head.solved")}
        figure={solved === null ? "–" : t("percent", { value: n(Math.round(solved / 10)) })}
        tone="assistant"
        note={
          today.value
            ? solved === null
              ? t("head.solved_none")
              : t("head.solved_of", { count: today.value.total.closed })
            : t("head.solved_unknown")
        }
      />
      <Tile
        icon={alerts.length ? <TriangleAlertIcon small /> : <BellIcon small />}
        label={t("head.alerts")}
        figure={n(alerts.length)}
        tone={alerts.length ? "overdue" : "connected"}
        note={first ? first.message : t("head.no_alerts")}
        onOpen={() => show("alerts")}
      />
    </ul>
  );
}

interface QueueTableProps {
  rows: readonly QueueRow[];
  onAssign: (row: QueueRow) => void;
  onRank: (row: QueueRow) => void;
}

function QueueTable({ rows, onAssign, onRank }: QueueTableProps) {
  const board = useBoard();
  const now = useServerNow(board);
  const sorted = useMemo(() => sortQueue(rows), [rows]);
  const [beside, broad] = [useWide(1400), useWide(1900)];
  const tablet = useWide(900);
  const middling = useWide(640);
  // Beside the agents there is less room than below them: what belongs together stands in one column.
  const tight = !middling || (beside && !broad);
  const wall = place.value.wall;
  const still = (row: QueueRow) => (
    <span title={row.reason ? word("reason", row.reason) : undefined}>{rangeWords(row.estimatedWaitSeconds)}</span>
  );
  const why = (row: QueueRow) =>
    row.status === "offered" ? (
      <Badge tone="accent">{t("why.offered")}</Badge>
    ) : (
      <span class="ad-why">{word("why", row.whyWaiting)}</span>
    );
  const who: Column<QueueRow> = {
    id: "who",
    head: t("queue.who"),
    cell: (row) => (
      <span class="ad-who">
        <strong>{row.userName}</strong>
        {row.escalationReason && <small class="ad-clip">{row.escalationReason}</small>}
        {!tablet && <small>{why(row)}</small>}
        {!tablet && row.priority > 0 && <small>{t("queue.priority_is", { priority: n(row.priority) })}</small>}
      </span>
    ),
  };
  const columns: (Column<QueueRow> | false)[] = [
    { id: "place", head: t("queue.place"), cell: (row) => n(row.position), number: true },
    who,
    {
      id: "waited",
      head: t("queue.waited"),
      number: true,
      cell: (row) => (
        <span class="ad-two-lines">
          <Waited since={Date.parse(row.queuedAt)} now={now} />
          {tight && <small>{t("queue.still", { range: rangeWords(row.estimatedWaitSeconds) })}</small>}
        </span>
      ),
    },
    !tight && { id: "estimate", head: t("queue.estimate"), number: true, cell: still },
    tablet && {
      id: "priority",
      head: t("queue.priority"),
      number: true,
      cell: (row) =>
        row.effectivePriority > row.priority ? (
          <span title={t("queue.aged", { base: n(row.priority), now: n(row.effectivePriority) })}>
            {n(row.priority)} <small class="sb-soft">↑{n(row.effectivePriority)}</small>
          </span>
        ) : (
          n(row.priority)
        ),
    },
    middling && !tight && { id: "needs", head: t("queue.needs"), cell: (row) => <Words list={row.skills} /> },
    tablet && !tight && { id: "why", head: t("queue.why"), cell: why },
    middling &&
      tight && {
        id: "why",
        head: t("queue.needs_why"),
        cell: (row) => (
          <span class="ad-needs">
            {row.skills.length > 0 && <Words list={row.skills} most={2} />}
            {why(row)}
          </span>
        ),
      },
    !wall &&
      middling && {
        id: "do",
        head: <span class="sb-hush">{t("table.actions")}</span>,
        cell: (row) => (
          <span class="ad-row-acts">
            <IconButton
              small
              label={t("priority.change", { name: row.userName })}
              onClick={(event) => {
                event.stopPropagation();
                onRank(row);
              }}
            >
              <FlagIcon small />
            </IconButton>
            {tight ? (
              <IconButton
                small
                label={t("queue.assign_name", { name: row.userName })}
                onClick={(event) => {
                  event.stopPropagation();
                  onAssign(row);
                }}
              >
                <UserPlusIcon small />
              </IconButton>
            ) : (
              <Button
                small
                icon={<UserPlusIcon small />}
                aria-label={t("queue.assign_name", { name: row.userName })}
                onClick={(event) => {
                  event.stopPropagation();
                  onAssign(row);
                }}
              >
                {t("action.assign")}
              </Button>
            )}
          </span>
        ),
      },
  ];
  return (
    <Table
      caption={t("queue.caption")}
      dense
      rows={sorted}
      columns={columns.filter((column) => column !== false)}
      keyOf={(row) => row.conversationId}
      onOpen={(row) => open(row.conversationId)}
      empty={
        <Nothing title={t("queue.empty")} icon={<CircleCheckIcon />}>
          {t("queue.empty_about")}
        </Nothing>
      }
    />
  );
}

/** What an agent is, and since when. */
function Standing({ agent, now }: { agent: Agent; now: number }) {
  return (
    <span class="ad-two-lines">
      <AgentState agent={agent} />
      {agent.since && (
        <small>
          {t("agents.since")} <At at={agent.since} now={now} />
        </small>
      )}
    </span>
  );
}

function AgentsTable({ rows, onEdit }: { rows: readonly Agent[]; onEdit: (id: string) => void }) {
  const board = useBoard();
  const now = useServerNow(board, 15_000);
  const sorted = useMemo(() => sortAgents(rows), [rows]);
  const middling = useWide(640);
  // Beside the queue there is room for the skills only on a broad screen; below it there is again.
  const [beside, broad] = [useWide(1400), useWide(1800)];
  const skills = middling && (!beside || broad) && !place.value.wall;
  const columns: (Column<Agent> | false)[] = [
    {
      id: "name",
      head: t("agents.name"),
      cell: (agent) => (
        <span class="ad-who">
          <strong>{agent.name}</strong>
          {!middling && <Standing agent={agent} now={now} />}
          {agent.status === "not_responding" ? (
            <small class="ad-alarm">{t("agents.missed")}</small>
          ) : (
            agent.reason && <small class="ad-clip">{agent.reason}</small>
          )}
        </span>
      ),
    },
    middling && { id: "status", head: t("agents.status"), cell: (agent) => <Standing agent={agent} now={now} /> },
    { id: "load", head: t("agents.load"), cell: (agent) => <Load agent={agent} /> },
    middling && {
      id: "last",
      head: t("agents.last_assigned"),
      cell: (agent) => <At at={agent.lastAssignedAt} now={now} />,
    },
    skills && {
      id: "skills",
      head: t("agents.skills"),
      cell: (agent) => <Words list={[...agent.skills, ...agent.teams]} most={3} />,
    },
  ];
  return (
    <Table
      caption={t("agents.caption")}
      dense
      rows={sorted}
      columns={columns.filter((column) => column !== false)}
      keyOf={(agent) => agent.agentId}
      onOpen={(agent) => onEdit(agent.agentId)}
      empty={
        <Nothing
          title={t("agents.empty")}
          icon={<UsersRoundIcon />}
          action={
            <Button kind="primary" small onClick={() => show("agents")}>
              {t("agents.add")}
            </Button>
          }
        >
          {t("agents.empty_about")}
        </Nothing>
      }
    />
  );
}

function Today() {
  const board = useBoard();
  return (
    <Reading of={{ ...board.today.value, reload: () => void board.refreshToday() }} rows={6}>
      {(report) => (
        <div class="ad-charts">
          <ChartFigure chart={chartOf(report, "arrivals")} bucket="hour" today />
          <ChartFigure chart={chartOf(report, "waits")} bucket="hour" today />
          <ChartFigure chart={chartOf(report, "forecast")} bucket="hour" today />
        </div>
      )}
    </Reading>
  );
}
