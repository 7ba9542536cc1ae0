/** What was decided, and who changed what. */
import type { Decision } from "@switchboard/client/staff";
import { Badge, Button, type Column, Field, ScrollTextIcon, Select, ShieldCheckIcon, Table } from "@switchboard/design";
import { useEffect, useState } from "preact/hooks";
import type { AuditEntry, Calls } from "../live/calls.ts";
import { useBoard, useLoaded, useServerNow, useWide } from "../live/context.ts";
import { open } from "../live/place.ts";
import { t, word } from "../texts.ts";
import { At, Card, Nothing, PageHead, Reading } from "./parts.tsx";

interface Found extends Decision {
  conversationId: string;
  customerName: string;
}
/** Decisions are kept by conversation: those of the most recently active ones are put together. */
const CONVERSATIONS = 25;

async function recent(calls: Calls): Promise<Found[]> {
  const { items } = await calls.conversations({ view: "all", escalated: true, limit: CONVERSATIONS });
  const all = await Promise.all(
    items.map(async (item) => {
      const found = await calls.decisions(item.id);
      return found.items.map((one): Found => ({ ...one, conversationId: item.id, customerName: item.customerName }));
    }),
  );
  return all.flat().sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}

const OUTCOMES = [
  "assigned",
  "offered",
  "queued",
  "declined",
  "timed_out",
  "rescinded",
  "requeued",
  "transferred",
  "released",
  "outside_hours",
  "refused",
  "ended",
];

/** Who was not even there says least: it goes last. */
const telling = ({ passedOver }: Decision["candidates"][number]) =>
  passedOver === "not_connected" ? 2 : passedOver === "not_available" ? 1 : 0;

export function DecisionsView() {
  const board = useBoard();
  const now = useServerNow(board, 15_000);
  const found = useLoaded(() => recent(board.calls), []);
  const [outcome, setOutcome] = useState("");
  const [agent, setAgent] = useState("");
  const [manual, setManual] = useState("");
  const agents = board.queue.value.agents ?? [];
  const nameOf = (id: string | null) => agents.find((one) => one.agentId === id)?.name ?? id ?? "–";
  const wide = useWide(900);
  const middling = useWide(640);
  const columns: (Column<Found> | false)[] = [
    { id: "at", head: t("audit.at"), cell: (row) => <At at={row.at} now={now} /> },
    {
      id: "outcome",
      head: t("decision.outcome"),
      cell: (row) => (
        <span class="ad-words">
          <strong>{word("outcome", row.outcome)}</strong>
          {row.manual && <Badge tone="accent">{t("decision.manual")}</Badge>}
        </span>
      ),
    },
    { id: "who", head: t("queue.who"), cell: (row) => row.customerName },
    middling && { id: "agent", head: t("conversations.agent"), cell: (row) => nameOf(row.agentId) },
    wide && { id: "rule", head: t("decision.rule"), cell: (row) => <Badge>{row.rule}</Badge> },
    wide && {
      id: "passed",
      head: t("decision.passed"),
      cell: (row) => {
        const passed = row.candidates.filter((one) => one.passedOver).sort((a, b) => telling(a) - telling(b));
        return passed.length ? (
          <span class="ad-clip ad-long">
            {passed.map((one) => `${nameOf(one.agentId)}: ${word("passed", one.passedOver ?? "")}`).join(", ")}
          </span>
        ) : (
          "–"
        );
      },
    },
  ];
  return (
    <>
      <PageHead
        title={t("nav.decisions")}
        about={t("decisions.about", { count: CONVERSATIONS })}
        tools={
          <Button small busy={found.loading} onClick={found.reload}>
            {t("action.refresh")}
          </Button>
        }
      />
      <Card title={t("decisions.title")} flush>
        <div class="ad-filters">
          <Select
            label={t("decision.outcome")}
            value={outcome}
            onChange={(event) => setOutcome(event.currentTarget.value)}
          >
            <option value="">{t("filter.all")}</option>
            {OUTCOMES.map((one) => (
              <option key={one} value={one}>
                {word("outcome", one)}
              </option>
            ))}
          </Select>
          <Select
            label={t("conversations.agent")}
            value={agent}
            onChange={(event) => setAgent(event.currentTarget.value)}
          >
            <option value="">{t("filter.all")}</option>
            {agents.map((one) => (
              <option key={one.agentId} value={one.agentId}>
                {one.name}
              </option>
            ))}
          </Select>
          <Select label={t("decision.by")} value={manual} onChange={(event) => setManual(event.currentTarget.value)}>
            <option value="">{t("filter.all")}</option>
            <option value="no">{t("decision.by_rule")}</option>
            <option value="yes">{t("decision.by_hand")}</option>
          </Select>
        </div>
        <Reading
          of={found}
          rows={10}
          empty={(rows) =>
            rows.length === 0 && (
              <Nothing title={t("decisions.empty")} icon={<ScrollTextIcon />}>
                {t("decisions.empty_about")}
              </Nothing>
            )
          }
        >
          {(rows) => (
            <Table
              caption={t("decisions.title")}
              dense
              rows={rows.filter(
                (row) =>
                  (!outcome || row.outcome === outcome) &&
                  (!agent || row.agentId === agent) &&
                  (!manual || row.manual === (manual === "yes")),
              )}
              columns={columns.filter((column) => column !== false)}
              keyOf={(row) => row.decisionId}
              onOpen={(row) => open(row.conversationId)}
              empty={<Nothing title={t("conversations.no_match")}>{t("decisions.no_match_about")}</Nothing>}
            />
          )}
        </Reading>
      </Card>
    </>
  );
}

const ACTIONS = [
  "login.ok",
  "login.refused",
  "token.minted",
  "agent.created",
  "agent.changed",
  "agent.status_set",
  "agent.password_set",
  "agent.deactivated",
  "agent.activated",
  "chatbot.put",
  "chatbot.deleted",
  "canned_response.put",
  "canned_response.deleted",
  "conversation.assigned",
  "conversation.released",
  "conversation.transferred",
  "conversation.closed",
  "announcement.made",
];

export function AuditView() {
  const board = useBoard();
  const now = useServerNow(board, 15_000);
  const [action, setAction] = useState("");
  const [actor, setActor] = useState("");
  const [more, setMore] = useState<AuditEntry[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const query = { action: action || undefined, actor: actor.trim() || undefined };
  const found = useLoaded(() => board.calls.audit(query), [action, actor.trim()]);
  useEffect(() => {
    setMore([]);
    setCursor(found.value?.nextCursor ?? null);
  }, [found.value]);
  const loadMore = async () => {
    if (!cursor) return;
    const page = await board.calls.audit({ ...query, cursor }).catch(() => null);
    if (!page) return found.reload();
    setMore((before) => [...before, ...page.items]);
    setCursor(page.nextCursor);
  };
  const wide = useWide(900);
  const middling = useWide(640);
  const agents = board.queue.value.agents ?? [];
  const me = board.link.value.identity?.userId;
  const nameOf = (id: string | null) =>
    id === null ? null : id === me ? t("audit.you") : (agents.find((one) => one.agentId === id)?.name ?? id);
  const columns: (Column<AuditEntry> | false)[] = [
    { id: "at", head: t("audit.at"), cell: (row) => <At at={row.at} now={now} /> },
    { id: "action", head: t("audit.action"), cell: (row) => <strong>{word("audit_action", row.action)}</strong> },
    { id: "actor", head: t("audit.actor"), cell: (row) => nameOf(row.actorId) ?? word("role", row.actorRole) },
    middling && {
      id: "subject",
      head: t("audit.subject"),
      cell: (row) => <span class="ad-clip">{nameOf(row.subject)}</span>,
    },
    wide && {
      id: "details",
      head: t("audit.details"),
      cell: (row) => <span class="ad-clip sb-soft">{detailsOf(row.details)}</span>,
    },
  ];
  return (
    <>
      <PageHead title={t("nav.audit")} about={t("audit.about")} />
      <Card title={t("audit.title")} flush>
        <div class="ad-filters">
          <Select label={t("audit.action")} value={action} onChange={(event) => setAction(event.currentTarget.value)}>
            <option value="">{t("filter.all")}</option>
            {ACTIONS.map((one) => (
              <option key={one} value={one}>
                {word("audit_action", one)}
              </option>
            ))}
          </Select>
          <Field
            label={t("audit.actor_id")}
            value={actor}
            placeholder={t("filter.all")}
            onInput={(event) => setActor(event.currentTarget.value)}
          />
        </div>
        <Reading
          of={found}
          rows={10}
          empty={({ items }) =>
            items.length === 0 && (
              <Nothing title={t("audit.empty")} icon={<ShieldCheckIcon />}>
                {t("audit.empty_about")}
              </Nothing>
            )
          }
        >
          {({ items }) => (
            <>
              <Table
                caption={t("audit.title")}
                dense
                rows={[...items, ...more]}
                columns={columns.filter((column) => column !== false)}
                keyOf={(row) => row.id}
                onOpen={(row) => row.action.startsWith("conversation.") && open(row.subject)}
              />
              {cursor && (
                <p class="ad-more">
                  <Button small onClick={loadMore}>
                    {t("action.more")}
                  </Button>
                </p>
              )}
            </>
          )}
        </Reading>
      </Card>
    </>
  );
}

function detailsOf(details: unknown): string {
  if (!details || typeof details !== "object") return "–";
  return Object.entries(details)
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
