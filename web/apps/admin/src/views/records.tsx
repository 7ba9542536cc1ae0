/** What was decided, and who changed what. */
import type { Page } from "@switchboard/client";
import type { Decision, LoggedDecision } from "@switchboard/client/staff";
import { Badge, Button, type Column, Field, ScrollTextIcon, Select, ShieldCheckIcon, Table } from "@switchboard/design";
import { useState } from "preact/hooks";
import type { AuditEntry } from "../live/calls.ts";
import { useBoard, useLoaded, useServerNow, useWide } from "../live/context.ts";
import { open } from "../live/place.ts";
import { t, word } from "../texts.ts";
import { At, Card, Nothing, PageHead, Reading } from "./parts.tsx";

/** Pages of a log, read anew when something in `watch` changes; `more` is null at the end. */
function usePages<T>(read: (cursor?: string) => Promise<Page<T>>, watch: readonly unknown[]) {
  const first = useLoaded(() => read(), watch);
  const [rest, setRest] = useState<{ of: unknown; items: T[]; cursor: string | null } | null>(null);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const begun = first.value;
  // What was read on from an older first page does not fit behind a newer one.
  const on = rest && rest.of === begun ? rest : null;
  const cursor = on ? on.cursor : (begun?.nextCursor ?? null);
  const more = async () => {
    if (!cursor || busy) return;
    setBusy(true);
    setFailed(false);
    try {
      const page = await read(cursor);
      setRest({ of: begun, items: [...(on?.items ?? []), ...page.items], cursor: page.nextCursor });
    } catch {
      setFailed(true);
    }
    setBusy(false);
  };
  const items = begun ? [...begun.items, ...(on?.items ?? [])] : null;
  return { of: { ...first, value: items }, more: cursor ? more : null, busy, failed };
}

function More({ more, busy, failed }: { more: (() => void) | null; busy: boolean; failed: boolean }) {
  if (!more) return null;
  return (
    <p class="ad-more">
      {failed && <span role="alert">{t("state.failed")} </span>}
      <Button small busy={busy} onClick={more}>
        {t(failed ? "action.again" : "action.more")}
      </Button>
    </p>
  );
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
  "prioritized",
  "outside_hours",
  "refused",
  "ended",
];
const RULES = Array.from({ length: 16 }, (_, at) => `R${at + 1}`);

/** Who was not even there says least: it goes last. */
const telling = ({ passedOver }: Decision["candidates"][number]) =>
  passedOver === "not_connected" ? 2 : passedOver === "not_available" ? 1 : 0;

export function DecisionsView() {
  const board = useBoard();
  const now = useServerNow(board, 15_000);
  const [outcome, setOutcome] = useState("");
  const [agent, setAgent] = useState("");
  const [manual, setManual] = useState("");
  const [rule, setRule] = useState("");
  const filtered = outcome !== "" || agent !== "" || manual !== "" || rule !== "";
  const found = usePages<LoggedDecision>(
    (cursor) =>
      board.calls.decisionLog({
        outcome: outcome || undefined,
        agent: agent || undefined,
        rule: rule || undefined,
        manual: manual === "" ? undefined : manual === "yes",
        limit: 50,
        cursor,
      }),
    [outcome, agent, manual, rule],
  );
  const agents = board.queue.value.agents ?? [];
  const nameOf = (id: string | null) => agents.find((one) => one.agentId === id)?.name ?? id ?? "–";
  const wide = useWide(900);
  const middling = useWide(640);
  const columns: (Column<LoggedDecision> | false)[] = [
    { id: "at", head: t("audit.at"), cell: (row) => <At at={row.at} now={now} /> },
    {
      id: "outcome",
      head: t("decision.outcome"),
      cell: (row) => (
        <span class="ad-who">
          <span class="ad-words">
            <strong>{word("outcome", row.outcome)}</strong>
            {row.manual && <Badge tone="accent">{t("decision.manual")}</Badge>}
          </span>
          {!middling && (
            <small>
              {row.userName}
              {row.agentId && ` · ${nameOf(row.agentId)}`}
            </small>
          )}
        </span>
      ),
    },
    middling && { id: "who", head: t("queue.who"), cell: (row) => row.userName },
    middling && { id: "agent", head: t("conversations.agent"), cell: (row) => nameOf(row.agentId) },
    wide && { id: "rule", head: t("decision.rule"), cell: (row) => <Badge>{row.rule}</Badge> },
    wide && {
      id: "passed",
      head: t("decision.passed"),
      cell: (row) => {
        if (row.note) return <span class="ad-clip ad-long">{row.note}</span>;
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
        about={t("decisions.about")}
        tools={
          <Button small busy={found.of.loading} onClick={found.of.reload}>
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
          <Select label={t("decision.rule")} value={rule} onChange={(event) => setRule(event.currentTarget.value)}>
            <option value="">{t("filter.all")}</option>
            {RULES.map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </Select>
        </div>
        <Reading
          of={found.of}
          rows={10}
          empty={(rows) =>
            rows.length === 0 &&
            (filtered ? (
              <Nothing title={t("conversations.no_match")}>{t("decisions.no_match_about")}</Nothing>
            ) : (
              <Nothing title={t("decisions.empty")} icon={<ScrollTextIcon />}>
                {t("decisions.empty_about")}
              </Nothing>
            ))
          }
        >
          {(rows) => (
            <>
              <Table
                caption={t("decisions.title")}
                dense
                rows={rows}
                columns={columns.filter((column) => column !== false)}
                keyOf={(row) => row.decisionId}
                onOpen={(row) => open(row.conversationId)}
              />
              <More {...found} />
            </>
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
  "conversation.prioritized",
  "conversation.closed",
  "announcement.made",
];

export function AuditView() {
  const board = useBoard();
  const now = useServerNow(board, 15_000);
  const [action, setAction] = useState("");
  const [actor, setActor] = useState("");
  const query = { action: action || undefined, actor: actor.trim() || undefined };
  const found = usePages<AuditEntry>((cursor) => board.calls.audit({ ...query, cursor }), [action, actor.trim()]);
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
          of={found.of}
          rows={10}
          empty={(rows) =>
            rows.length === 0 && (
              <Nothing title={t("audit.empty")} icon={<ShieldCheckIcon />}>
                {t("audit.empty_about")}
              </Nothing>
            )
          }
        >
          {(rows) => (
            <>
              <Table
                caption={t("audit.title")}
                dense
                rows={rows}
                columns={columns.filter((column) => column !== false)}
                keyOf={(row) => row.id}
                onOpen={(row) => row.action.startsWith("conversation.") && open(row.subject)}
              />
              <More {...found} />
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
