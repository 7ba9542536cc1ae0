/** A conversation beside the view, to read: its messages, why it went to whom, and what can be done about it. */
import type {
  Conversation,
  ConversationSnapshot,
  QueueRow,
  SwitchboardError,
  TimelineMessage,
} from "@switchboard/client";
import type { Decision } from "@switchboard/client/staff";
import {
  Badge,
  BotIcon,
  Button,
  type ChatItem,
  CircleXIcon,
  CornerUpLeftIcon,
  DownloadIcon,
  ErrorState,
  FlagIcon,
  IconButton,
  MessageList,
  Skeleton,
  Tabs,
  tabPanelId,
  UserPlusIcon,
  useOlder,
  XIcon,
} from "@switchboard/design";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { asError } from "../live/board.ts";
import type { Overview } from "../live/calls.ts";
import { useBoard, useLoaded, useServerNow } from "../live/context.ts";
import { open } from "../live/place.ts";
import { inAWhile, isPending, toast } from "../live/toasts.ts";
import { n, t, texts, word } from "../texts.ts";
import { AssignDialog } from "./assign.tsx";
import { At, errorWords, Nothing, Reading, rangeWords, statusTone, Waited, Words } from "./parts.tsx";
import { PriorityDialog } from "./priority.tsx";

const KIND = { customer: "customer", agent: "agent", ai: "assistant", system: "system" } as const;

/** Customers on one side, everybody who answers on the other. */
function itemOf(message: TimelineMessage): ChatItem {
  const kind = KIND[message.senderRole];
  return {
    key: message.key,
    at: Date.parse(message.createdAt),
    side: kind === "system" ? "system" : kind === "customer" ? "them" : "me",
    sender: { id: message.senderId ?? kind, name: message.senderName || word("role", message.senderRole), kind },
    text: message.deletedAt ? t("conversation.removed") : message.content,
    ...(message.deletedAt ? { removed: true } : {}),
  };
}

function noteItemOf(note: ConversationSnapshot["notes"][number]): ChatItem {
  return {
    key: `note-${note.noteSeq}`,
    at: Date.parse(note.createdAt),
    side: "note",
    sender: { id: note.senderId ?? "", name: note.senderName, kind: "agent" },
    text: note.content,
  };
}

function useConversation(conversation: Conversation): ConversationSnapshot {
  const [snapshot, setSnapshot] = useState(() => conversation.getSnapshot());
  useEffect(() => {
    const stop = conversation.subscribe(() => setSnapshot(conversation.getSnapshot()));
    conversation.open().catch(() => {
      // The snapshot says why.
    });
    // An address that a customer left is in a note.
    conversation.loadNotes().catch(() => {});
    setSnapshot(conversation.getSnapshot());
    return () => {
      stop();
      conversation.leave();
    };
  }, [conversation]);
  return snapshot;
}

export function ConversationPanel({ id }: { id: string }) {
  const board = useBoard();
  const now = useServerNow(board);
  const conversation = useMemo(() => board.client.conversation(id), [board, id]);
  const snapshot = useConversation(conversation);
  const detail = useLoaded(() => board.calls.conversation(id), [id, board.changes.value, snapshot.status]);
  const [tab, setTab] = useState("messages");
  const title = useRef<HTMLHeadingElement>(null);
  const from = useRef<Element | null>(null);
  useEffect(() => {
    from.current = document.activeElement;
    title.current?.focus();
    return () => (from.current as HTMLElement | null)?.focus?.();
  }, []);
  const row = board.queue.value.queue?.find((one) => one.conversationId === id);
  const record = detail.value;
  const status = snapshot.status ?? record?.status ?? null;
  const agentId = snapshot.agent?.agentId ?? record?.assignedAgentId ?? null;
  const agentName =
    board.queue.value.agents?.find((agent) => agent.agentId === agentId)?.name ?? snapshot.agent?.agentName ?? agentId;
  return (
    <aside class="ad-panel" aria-label={t("conversation.label")}>
      <header class="ad-panel-head">
        <div class="ad-panel-title">
          <h2 tabIndex={-1} ref={title}>
            {record?.customerName ?? row?.userName ?? t("conversation.title")}
          </h2>
          <IconButton label={t("conversation.close_panel")} onClick={() => open(null)}>
            <XIcon />
          </IconButton>
        </div>
        <p class="ad-words">
          {status && <Badge tone={statusTone(status)}>{word("status", status)}</Badge>}
          {agentId && status !== "CLOSED" && (
            <Badge tone="connected">{t("conversation.with", { name: agentName ?? agentId })}</Badge>
          )}
          {row && (
            <span class="ad-inline">
              {t("conversation.place", { place: n(row.position) })}{" "}
              <Waited since={Date.parse(row.queuedAt)} now={now} />{" "}
              <span class="sb-soft">· {t("queue.still", { range: rangeWords(row.estimatedWaitSeconds) })}</span>
            </span>
          )}
        </p>
        {record && (
          <Doings
            record={record}
            status={status ?? record.status}
            agentId={agentId}
            waiting={row ?? null}
            onDone={detail.reload}
          />
        )}
      </header>
      <Tabs
        name="conversation"
        label={t("conversation.parts")}
        chosen={tab}
        onChoose={setTab}
        tabs={[
          { id: "messages", label: t("conversation.messages") },
          { id: "decisions", label: t("conversation.decisions") },
          { id: "facts", label: t("conversation.facts") },
        ]}
      />
      <div
        class="ad-panel-body"
        role="tabpanel"
        id={tabPanelId("conversation", tab)}
        aria-labelledby={`conversation-tab-${tab}`}
      >
        {tab === "messages" && <Messages snapshot={snapshot} conversation={conversation} now={now} />}
        {tab === "decisions" && <Decisions id={id} watch={`${board.changes.value} ${status}`} now={now} />}
        {tab === "facts" && (
          <Reading of={detail} rows={6}>
            {(value) => <Facts record={value} now={now} />}
          </Reading>
        )}
      </div>
    </aside>
  );
}

function Doings(props: {
  record: Overview;
  status: string;
  agentId: string | null;
  /** Its entry in the queue. */
  waiting: QueueRow | null;
  onDone: () => void;
}) {
  const board = useBoard();
  const { record, status, agentId, waiting } = props;
  const [assigning, setAssigning] = useState(false);
  const [ranking, setRanking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<SwitchboardError | null>(null);
  const key = `close ${record.id}`;
  const act = async (work: () => Promise<void>, done: string) => {
    setBusy(true);
    setError(null);
    try {
      await work();
      toast(done, "connected");
      props.onDone();
    } catch (cause) {
      setError(asError(cause));
    }
    setBusy(false);
  };
  if (status === "CLOSED") return null;
  const owned = status === "AGENT_ASSIGNED" || status === "WRAP_UP";
  const close = () =>
    inAWhile(key, t("conversation.closing", { name: record.customerName }), t("action.undo"), () => {
      board.calls.close(record.id, "").then(
        () => board.changes.value++,
        (cause) => toast(errorWords(asError(cause)), "overdue"),
      );
    });
  return (
    <>
      <div class="ad-doings">
        <Button small kind="primary" icon={<UserPlusIcon small />} onClick={() => setAssigning(true)}>
          {t(owned ? "conversation.reassign" : "conversation.assign")}
        </Button>
        {waiting && (
          <Button small icon={<FlagIcon small />} onClick={() => setRanking(true)}>
            {t("queue.priority")} <span class="sb-num">{n(waiting.priority)}</span>
          </Button>
        )}
        {owned && (
          <Button
            small
            busy={busy}
            icon={<CornerUpLeftIcon small />}
            onClick={() => act(() => board.calls.release(record.id, "queue"), t("conversation.pulled"))}
          >
            {t("conversation.pull")}
          </Button>
        )}
        {owned && (
          <Button
            small
            busy={busy}
            icon={<BotIcon small />}
            onClick={() => act(() => board.calls.release(record.id, "ai"), t("conversation.to_ai_done"))}
          >
            {t("conversation.to_ai")}
          </Button>
        )}
        <Button small icon={<CircleXIcon small />} disabled={isPending(key)} onClick={close}>
          {t("conversation.close")}
        </Button>
      </div>
      {error && (
        <p class="ad-form-error" role="alert">
          {errorWords(error)}
        </p>
      )}
      {ranking && waiting && (
        <PriorityDialog
          row={waiting}
          onClose={() => {
            setRanking(false);
            props.onDone();
          }}
        />
      )}
      {assigning && (
        <AssignDialog
          id={record.id}
          name={record.customerName}
          skills={record.skills}
          owner={agentId}
          onClose={() => setAssigning(false)}
        />
      )}
    </>
  );
}

function Messages({
  snapshot,
  conversation,
  now,
}: {
  snapshot: ConversationSnapshot;
  conversation: Conversation;
  now: number;
}) {
  const board = useBoard();
  const { hasOlder, loading, live, messages } = snapshot;
  const before = useOlder({
    load: () => conversation.loadOlder(),
    hasOlder,
    busy: loading,
    have: messages.length,
    wanted: live && messages.length < 20,
  });
  const items = useMemo(() => {
    const made = [...snapshot.messages.map(itemOf), ...snapshot.notes.map(noteItemOf)].sort((a, b) => a.at - b.at);
    if (snapshot.streaming) {
      made.push({
        key: snapshot.streaming.messageId,
        at: Date.now(),
        side: "me",
        sender: { id: "assistant", name: t("role.ai"), kind: "assistant" },
        text: snapshot.streaming.text,
        streaming: true,
      });
    }
    return made;
  }, [snapshot.messages, snapshot.notes, snapshot.streaming]);
  if (snapshot.error) return <ErrorState title={t("conversation.unreadable")}>{errorWords(snapshot.error)}</ErrorState>;
  if (!snapshot.live && items.length === 0) {
    return (
      <div class="ad-pad">
        <Skeleton label={t("state.loading")} rows={6} />
      </div>
    );
  }
  if (items.length === 0) return <Nothing title={t("conversation.empty")}>{t("conversation.empty_about")}</Nothing>;
  const save = async () => {
    if (!conversation.id) return;
    try {
      const text = await board.calls.transcript(conversation.id);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
      link.download = `conversation-${conversation.id}.txt`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    } catch (cause) {
      toast(errorWords(asError(cause)), "overdue");
    }
  };
  return (
    <>
      <MessageList
        items={items}
        words={texts}
        now={now}
        writing={snapshot.typing[0]?.userName ?? null}
        onOlder={before.more}
        start={
          before.failed && !loading ? (
            <div class="ad-older" role="status">
              <p class="sb-soft">{t("conversation.older_failed")}</p>
              <Button small onClick={before.again}>
                {t("action.again")}
              </Button>
            </div>
          ) : undefined
        }
      />
      <p class="ad-panel-foot">
        <span class="sb-soft">{t("conversation.read_only")}</span>
        <Button kind="plain" small icon={<DownloadIcon small />} onClick={save}>
          {t("conversation.transcript")}
        </Button>
      </p>
    </>
  );
}

export function DecisionLine({ decision, now }: { decision: Decision; now: number }) {
  const board = useBoard();
  const nameOf = (id: string) => board.queue.value.agents?.find((agent) => agent.agentId === id)?.name ?? id;
  return (
    <li class="ad-decision">
      <p class="ad-words">
        <strong>{word("outcome", decision.outcome)}</strong>
        {decision.agentId && <span>{nameOf(decision.agentId)}</span>}
        <Badge>{decision.rule}</Badge>
        {decision.manual && <Badge tone="accent">{t("decision.manual")}</Badge>}
        <span class="ad-push sb-soft">
          <At at={decision.at} now={now} />
        </span>
      </p>
      {decision.note && <p class="sb-soft">{decision.note}</p>}
      {decision.candidates.length > 0 && (
        <details>
          <summary>
            {t("decision.candidates", { count: decision.candidates.length + decision.candidatesLeftOut })}
          </summary>
          <ul class="ad-lines">
            {decision.candidates.map((one) => (
              <li key={one.agentId}>
                <span>{nameOf(one.agentId)}</span>
                <span class="sb-soft sb-num">{t("decision.free", { free: n(one.free), limit: n(one.limit) })}</span>
                <span class="ad-push">{one.passedOver ? word("passed", one.passedOver) : t("decision.chosen")}</span>
              </li>
            ))}
            {decision.candidatesLeftOut > 0 && (
              <li class="sb-soft">{t("decision.left_out", { count: decision.candidatesLeftOut })}</li>
            )}
          </ul>
        </details>
      )}
    </li>
  );
}

function Decisions({ id, watch, now }: { id: string; watch: string; now: number }) {
  const board = useBoard();
  const found = useLoaded(() => board.calls.decisions(id), [id, watch]);
  return (
    <Scrolling label={t("conversation.decisions")}>
      <Reading
        of={found}
        rows={6}
        empty={({ items }) =>
          items.length === 0 && <Nothing title={t("decision.empty")}>{t("decision.empty_about")}</Nothing>
        }
      >
        {({ items }) => (
          <ol class="ad-decisions">
            {[...items]
              .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
              .map((decision) => (
                <DecisionLine key={decision.decisionId} decision={decision} now={now} />
              ))}
          </ol>
        )}
      </Reading>
    </Scrolling>
  );
}

/** What is higher than its place, scrolled by the keys as well. */
function Scrolling({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="ad-scroll" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

function Facts({ record, now }: { record: Overview; now: number }) {
  const rating = typeof record.rating === "number" ? { score: record.rating, comment: null } : record.rating;
  const facts: [string, preact.ComponentChildren][] = [
    [t("facts.id"), <code key="id">{record.id}</code>],
    [t("facts.chatbot"), record.chatbotId ?? "–"],
    [t("facts.began"), <At key="b" at={record.createdAt} now={now} />],
    [t("facts.asked"), <At key="a" at={record.escalationRequestedAt ?? record.escalatedAt} now={now} />],
    [t("facts.reason"), record.escalationReason ?? "–"],
    [t("facts.assigned"), <At key="as" at={record.assignedAt} now={now} />],
    [t("facts.first_response"), <At key="f" at={record.firstResponseAt} now={now} />],
    [t("facts.closed"), record.closedAt ? <At key="c" at={record.closedAt} now={now} /> : "–"],
    [t("facts.close_reason"), record.closeReason ? word("close_reason", record.closeReason) : "–"],
    [t("facts.priority"), n(record.priority)],
    [t("facts.skills"), <Words key="s" list={record.skills} />],
    [t("facts.messages"), n(record.lastSeq)],
    [
      t("facts.rating"),
      rating
        ? `${t("rating.of_five", { score: n(rating.score) })}${rating.comment ? ` – ${rating.comment}` : ""}`
        : "–",
    ],
  ];
  const more = record.metadata && typeof record.metadata === "object" ? Object.entries(record.metadata) : [];
  return (
    <Scrolling label={t("conversation.facts")}>
      <dl class="ad-fact-list">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {more.map(([name, value]) => (
          <div key={`more ${name}`}>
            <dt>{name}</dt>
            <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </Scrolling>
  );
}
