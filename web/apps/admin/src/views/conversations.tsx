/** All conversations: filtered, searched, a page at a time. */
import type { SwitchboardError } from "@switchboard/client";
import { Badge, Button, type Column, Field, MessagesSquareIcon, Select, Table } from "@switchboard/design";
import { useEffect, useState } from "preact/hooks";
import { asError } from "../live/board.ts";
import type { ListQuery, Overview } from "../live/calls.ts";
import { useBoard, useLoaded, useServerNow, useWide } from "../live/context.ts";
import { open } from "../live/place.ts";
import { t, word } from "../texts.ts";
import { At, Card, errorWords, Nothing, PageHead, Reading, statusTone, Waited } from "./parts.tsx";

const STATUSES = ["ACTIVE", "WAITING_FOR_AGENT", "OFFERED", "AGENT_ASSIGNED", "WRAP_UP", "CLOSED"] as const;

/** A value, once it has been left alone for a while. */
function useCalm<T>(value: T, milliseconds: number): T {
  const [calm, setCalm] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setCalm(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return calm;
}

export function ConversationsView() {
  const board = useBoard();
  const now = useServerNow(board);
  const [search, setSearch] = useState("");
  const [status, setStatus] = useState("");
  const [chatbotId, setChatbot] = useState("");
  const [escalated, setEscalated] = useState(false);
  const [more, setMore] = useState<Overview[]>([]);
  const [cursor, setCursor] = useState<string | null>(null);
  const [moreError, setMoreError] = useState<SwitchboardError | null>(null);
  const q = useCalm(search.trim(), 250);
  const query: ListQuery = {
    view: "all",
    limit: 50,
    ...(q ? { q } : {}),
    ...(status ? { status } : {}),
    ...(chatbotId ? { chatbotId } : {}),
    ...(escalated ? { escalated } : {}),
  };
  const key = JSON.stringify(query);
  const changes = useCalm(board.changes.value, 400);
  const list = useLoaded(() => board.calls.conversations(query), [key, changes]);
  const bots = useLoaded(() => board.calls.chatbots(), []);
  useEffect(() => {
    setMore([]);
    setCursor(list.value?.nextCursor ?? null);
    setMoreError(null);
  }, [list.value]);
  const loadMore = async () => {
    if (!cursor) return;
    try {
      const page = await board.calls.conversations({ ...query, cursor });
      setMore((before) => [...before, ...page.items]);
      setCursor(page.nextCursor);
    } catch (cause) {
      setMoreError(asError(cause));
    }
  };
  const filtered = !!(q || status || chatbotId || escalated);
  const clear = () => {
    setSearch("");
    setStatus("");
    setChatbot("");
    setEscalated(false);
  };
  return (
    <>
      <PageHead title={t("nav.conversations")} />
      <Card title={t("conversations.title")} flush>
        <search class="ad-filters">
          <Field
            label={t("conversations.search")}
            type="search"
            placeholder={t("conversations.search_hint")}
            value={search}
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
          <Select
            label={t("conversations.status")}
            value={status}
            onChange={(event) => setStatus(event.currentTarget.value)}
          >
            <option value="">{t("filter.all")}</option>
            {STATUSES.map((one) => (
              <option key={one} value={one}>
                {word("status", one)}
              </option>
            ))}
          </Select>
          <Select
            label={t("conversations.chatbot")}
            value={chatbotId}
            onChange={(event) => setChatbot(event.currentTarget.value)}
          >
            <option value="">{t("filter.all")}</option>
            {bots.value?.items.map((bot) => (
              <option key={bot.id} value={bot.id}>
                {bot.name}
              </option>
            ))}
          </Select>
          <Select
            label={t("conversations.asked")}
            value={escalated ? "yes" : ""}
            onChange={(event) => setEscalated(event.currentTarget.value === "yes")}
          >
            <option value="">{t("filter.all")}</option>
            <option value="yes">{t("conversations.asked_yes")}</option>
          </Select>
        </search>
        <Reading
          of={list}
          rows={10}
          empty={({ items }) =>
            items.length === 0 &&
            (filtered ? (
              <Nothing
                title={t("conversations.no_match")}
                action={<Button onClick={clear}>{t("filter.clear")}</Button>}
              >
                {t("conversations.no_match_about")}
              </Nothing>
            ) : (
              <Nothing title={t("conversations.empty")} icon={<MessagesSquareIcon />}>
                {t("conversations.empty_about")}
              </Nothing>
            ))
          }
        >
          {({ items }) => (
            <>
              <ConversationsTable rows={[...items, ...more]} now={now} />
              {moreError && <p class="ad-form-error ad-pad">{errorWords(moreError)}</p>}
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

function ConversationsTable({ rows, now }: { rows: readonly Overview[]; now: number }) {
  const board = useBoard();
  const wide = useWide(1100);
  const middling = useWide(640);
  const names = board.queue.value.agents;
  const agent = (row: Overview) =>
    row.assignedAgentName ??
    names?.find((one) => one.agentId === row.assignedAgentId)?.name ??
    row.assignedAgentId ??
    "–";
  const columns: (Column<Overview> | false)[] = [
    {
      id: "who",
      head: t("queue.who"),
      cell: (row) => (
        <span class="ad-who">
          <strong>{row.customerName}</strong>
          <small class="ad-clip">{row.lastMessage?.text ?? row.escalationReason ?? ""}</small>
        </span>
      ),
    },
    {
      id: "status",
      head: t("conversations.status"),
      cell: (row) => (
        <span class="ad-words">
          <Badge tone={statusTone(row.status)}>{word("status", row.status)}</Badge>
          {row.waitingSince && <Waited since={Date.parse(row.waitingSince)} now={now} />}
        </span>
      ),
    },
    middling && { id: "agent", head: t("conversations.agent"), cell: agent },
    wide && { id: "bot", head: t("conversations.chatbot"), cell: (row) => row.chatbotId ?? "–" },
    wide && {
      id: "rating",
      head: t("facts.rating"),
      number: true,
      cell: (row) => (typeof row.rating === "number" ? t("rating.of_five", { score: row.rating }) : "–"),
    },
    { id: "at", head: t("conversations.last"), number: true, cell: (row) => <At at={row.lastMessageAt} now={now} /> },
  ];
  return (
    <Table
      caption={t("conversations.title")}
      dense
      rows={rows}
      columns={columns.filter((column) => column !== false)}
      keyOf={(row) => row.id}
      onOpen={(row) => open(row.id)}
    />
  );
}
