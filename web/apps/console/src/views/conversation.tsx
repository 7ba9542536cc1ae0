import type { Conversation, ConversationSnapshot } from "@switchboard/client";
import {
  ArrowLeftIcon,
  ArrowRightLeftIcon,
  Avatar,
  Banner,
  BotIcon,
  Button,
  CheckIcon,
  ChevronDownIcon,
  CircleXIcon,
  CornerUpLeftIcon,
  classes,
  EllipsisIcon,
  EmptyState,
  ErrorState,
  HandIcon,
  IconButton,
  KeyHint,
  Menu,
  MessageList,
  MessagesSquareIcon,
  PanelRightIcon,
  Skeleton,
  StatusDot,
  TimerIcon,
  UserCheckIcon,
  useOlder,
} from "@switchboard/design";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "preact/compat";
import { asError } from "../live/desk.ts";
import { itemsOf } from "../model/chat.ts";
import { countsOf } from "../model/lists.ts";
import type { Row } from "../model/state.ts";
import { closedBecause, Elapsed, failure, seconds, t, useFrame, Waiting, wordOr, words } from "./frame.tsx";
import { Reply } from "./reply.tsx";

export const CLOSE_REASONS = ["solved", "no_answer", "duplicate", "spam", "other"] as const;

/** So many messages are fetched without being asked for: less does not fill a screen, and what does not scroll never asks. */
const FILLS = 20;

/** A conversation's snapshot, drawn anew whenever it changed. */
export function useConversation(conversation: Conversation): ConversationSnapshot {
  return useSyncExternalStore(conversation.subscribe, conversation.getSnapshot);
}

/** What came before: when the reader comes near it, and by itself while it is little. */
export function useBefore(conversation: Conversation, snapshot: ConversationSnapshot) {
  const { hasOlder, loading, live, messages } = snapshot;
  return useOlder({
    load: () => conversation.loadOlder(),
    hasOlder,
    busy: loading,
    have: messages.length,
    wanted: live && messages.length < FILLS,
  });
}

/** Above the first message: more comes, or did not come. */
export function Before({ snapshot, older }: { snapshot: ConversationSnapshot; older: ReturnType<typeof useBefore> }) {
  if (!snapshot.hasOlder) return null;
  if (!older.failed || snapshot.loading) return <p class="older">{t("conversation.older")}</p>;
  return (
    <div class="older" role="status">
      <p>{t("conversation.older_failed")}</p>
      <Button small onClick={older.again}>
        {t("again")}
      </Button>
    </div>
  );
}

export function Middle() {
  const { desk, ui } = useFrame();
  const id = ui.selected.value;
  const row = id ? desk.state.value.rows.get(id) : undefined;
  useEffect(() => {
    if (id && !row) desk.know(id);
  }, [id, row]);
  if (!id) return <Nothing />;
  return (
    <section class="conversation" aria-label={t("conversation.region")}>
      <Open key={id} id={id} row={row} />
    </section>
  );
}

function Nothing() {
  const { desk } = useFrame();
  const { mine, queue } = countsOf(desk.state.value);
  return (
    <section class="conversation nothing" aria-label={t("conversation.region")}>
      <EmptyState title={t("conversation.none")} icon={<MessagesSquareIcon />}>
        {mine > 0
          ? t("conversation.none_mine")
          : queue > 0
            ? t("conversation.none_queue", { count: queue })
            : t("conversation.none_hint")}
      </EmptyState>
      <p class="key-tips">
        <KeyHint keys="J" /> <KeyHint keys="K" /> {t("tips.move")} <KeyHint keys="?" /> {t("tips.help")}
      </p>
    </section>
  );
}

function Open({ id, row }: { id: string; row: Row | undefined }) {
  const { desk } = useFrame();
  const conversation = useMemo(() => desk.conversation(id), [id]);
  const snapshot = useConversation(conversation);
  const older = useBefore(conversation, snapshot);
  const me = desk.state.value.me;
  const [newFrom, setNewFrom] = useState<string | null>(null);
  const marked = useRef(false);
  const atEnd = useRef(true);
  const closing = desk.closing.value.get(id);
  const mine = row?.agentId === me.id && row.status !== "CLOSED";

  useEffect(focusHeading, []);
  useEffect(() => {
    conversation.open().catch(() => {});
    conversation.loadNotes().catch(() => {});
    // What was closed to this agent a moment ago may be open now: it went back to the queue, or was offered.
  }, [conversation, mine, row?.status]);

  // Where reading begins: what came after it was last read, as it stood when it was opened.
  useEffect(() => {
    if (marked.current || snapshot.messages.length === 0 || !snapshot.live) return;
    marked.current = true;
    const first = snapshot.messages.find(
      (message) => !message.mine && message.senderRole !== "system" && (message.seq ?? 0) > snapshot.lastReadSeq,
    );
    if (first && snapshot.lastReadSeq > 0) setNewFrom(first.key);
  }, [snapshot]);

  const watching = desk.state.value.watching === id;
  const read = () => {
    if (mine && watching && atEnd.current) conversation.markRead();
  };
  useEffect(read, [snapshot.lastSeq, watching, mine]);

  const items = useMemo(
    () =>
      itemsOf(snapshot, {
        removed: t("message.removed"),
        assistant: t("who.assistant"),
        you: t("who.you"),
        system: t("who.system"),
      }),
    [snapshot.messages, snapshot.notes, snapshot.streaming],
  );
  const writing = snapshot.typing.filter(({ userId }) => userId !== me.id).map(({ userName }) => userName);

  if (snapshot.error && snapshot.messages.length === 0)
    return (
      <>
        <Head id={id} row={row} snapshot={snapshot} />
        <ErrorState
          title={t("conversation.failed")}
          action={<Button onClick={() => void conversation.open().catch(() => {})}>{t("again")}</Button>}
        >
          {snapshot.error.code === "not_found" ? t("conversation.not_yours") : failure(snapshot.error.code)}
        </ErrorState>
      </>
    );
  return (
    <>
      <Head id={id} row={row} snapshot={snapshot} />
      {row?.customerHere === false && mine && (
        <Banner icon={<CircleXIcon small />}>{t("conversation.customer_left")}</Banner>
      )}
      {snapshot.loading && items.length === 0 ? (
        <div class="waiting-messages">
          <Skeleton label={t("conversation.loading")} rows={5} />
        </div>
      ) : (
        <MessageList
          items={items}
          words={words}
          now={seconds.peek()}
          newFrom={newFrom}
          writing={writing.length > 0 ? writing.join(", ") : null}
          onRetry={(key) => {
            const message = snapshot.messages.find((one) => one.key === key);
            if (message?.clientId) conversation.retry(message.clientId);
          }}
          onOlder={older.more}
          onAtEnd={(end) => {
            atEnd.current = end;
            if (end) read();
          }}
          start={<Before snapshot={snapshot} older={older} />}
        />
      )}
      {closing ? (
        <div class="closing" role="status">
          <CheckIcon small />
          <p>
            {t("closing.now", { reason: wordOr("reason", closing.reason) })}{" "}
            <span class="sb-num">{Math.min(8, Math.max(1, Math.ceil((closing.at - seconds.value) / 1000)))}</span>
          </p>
          <Button small onClick={() => desk.keepOpen(id)}>
            {t("undo")}
          </Button>
        </div>
      ) : row?.status === "CLOSED" || snapshot.status === "CLOSED" ? (
        <Closed row={row} snapshot={snapshot} />
      ) : mine && row ? (
        <Reply conversation={conversation} row={row} />
      ) : row ? (
        <Take row={row} />
      ) : (
        <span />
      )}
    </>
  );
}

/** The focus was in something that is gone: it goes to the conversation's name rather than nowhere. */
function focusHeading(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === null || document.activeElement === document.body)
      document.querySelector<HTMLElement>(".conversation h2")?.focus();
  });
}

function Closed({ row, snapshot }: { row: Row | undefined; snapshot: ConversationSnapshot }) {
  const reason = row?.closeReason ?? snapshot.closeReason;
  useEffect(focusHeading, []);
  return (
    <p class="closed-line">
      <CheckIcon small /> {closedBecause(reason)}
      {row?.rating ? ` · ${t("row.rated", { score: row.rating })}` : ""}
    </p>
  );
}

function Take({ row }: { row: Row }) {
  const { desk, ui } = useFrame();
  const [busy, setBusy] = useState(false);
  const me = desk.state.value.me;
  const waits = row.status === "WAITING_FOR_AGENT" || row.status === "OFFERED";
  const offered = [...desk.state.value.offers.values()].some((offer) => offer.conversationId === row.id);
  if (offered) return <p class="take-line">{t("take.offered")}</p>;
  if (row.agentName) return <p class="take-line">{t("take.with", { name: row.agentName })}</p>;
  if (row.agentId !== null || row.status === "AGENT_ASSIGNED")
    return <p class="take-line">{t("take.with_colleague")}</p>;
  return (
    <div class="take">
      <p>{waits ? t("take.waits") : row.escalated ? t("take.asked") : t("take.assistant")}</p>
      {(waits || row.escalated) && me.role === "agent" && (
        <Button
          kind="primary"
          busy={busy}
          icon={<UserCheckIcon small />}
          onClick={() => {
            setBusy(true);
            void takeIt(desk, ui, row.id).finally(() => setBusy(false));
          }}
        >
          {t("take.go")}
        </Button>
      )}
    </div>
  );
}

/** Assigns a conversation to oneself, and says why not. */
export async function takeIt(
  desk: ReturnType<typeof useFrame>["desk"],
  ui: ReturnType<typeof useFrame>["ui"],
  id: string,
): Promise<void> {
  try {
    await desk.take(id);
    ui.tab.value = "mine";
    ui.select(id, { focus: true });
  } catch (error) {
    const { code, details } = asError(error);
    const name = typeof details.agentName === "string" ? details.agentName : null;
    ui.toast(code === "already_assigned" && name ? t("take.already", { name }) : failure(code), { tone: "overdue" });
  }
}

function Head({ id, row, snapshot }: { id: string; row: Row | undefined; snapshot: ConversationSnapshot }) {
  const { desk, ui } = useFrame();
  const me = desk.state.value.me;
  const heading = useRef<HTMLHeadingElement>(null);
  const name = row ? row.customerName || t("customer.unnamed") : t("conversation.region");
  const mine = row?.agentId === me.id && row.status !== "CLOSED";
  const waits = row?.status === "WAITING_FOR_AGENT" || row?.status === "OFFERED";
  const here = row?.customerHere ?? (row ? (snapshot.presence[row.customerId] ?? null) : null);
  const back = () => {
    ui.select(null);
    requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`)?.focus());
  };
  const fail = (error: unknown) => ui.toast(failure(asError(error).code), { tone: "overdue" });
  const release = (to: "ai" | "queue") => {
    desk
      .release(id, to)
      .then(() => ui.toast(t(`release.done.${to}`, { name })))
      .catch(fail);
  };
  return (
    <header class="conversation-head">
      <IconButton class="back" label={t("conversation.back")} onClick={back}>
        <ArrowLeftIcon />
      </IconButton>
      {row && <Avatar name={name} size={40} />}
      <div class="conversation-who">
        <h2 ref={heading} tabIndex={-1}>
          {name}
        </h2>
        <p class="conversation-facts">
          {here !== null && (
            <StatusDot state={here ? "on" : "off"} word={here ? t("customer.here") : t("customer.away")} />
          )}
          {row && waits && row.waitingSince !== null && (
            <span class="fact">
              <TimerIcon small /> <span class="fact-label">{t("conversation.waits")}</span>{" "}
              <Waiting since={row.waitingSince} label={t("wait.queue")} />
            </span>
          )}
          {row && mine && row.askedAt !== null && (
            <span class="fact">
              <TimerIcon small /> <span class="fact-label">{t("conversation.asked")}</span>{" "}
              <Waiting since={row.askedAt} label={t("wait.answer")} />
            </span>
          )}
          {row && mine && row.askedAt === null && row.assignedAt !== null && (
            <span class="fact">
              <TimerIcon small /> <span class="fact-label">{t("conversation.with_you")}</span>{" "}
              <Elapsed since={row.assignedAt} />
            </span>
          )}
          {row?.chatbotId && <span class="fact via">{t("conversation.via", { chatbot: row.chatbotId })}</span>}
        </p>
      </div>
      <div class="conversation-acts">
        {mine && (
          <>
            <Button
              small
              class="wide-only"
              icon={<ArrowRightLeftIcon small />}
              onClick={() => (ui.dialog.value = "transfer")}
              aria-keyshortcuts="t"
            >
              {t("transfer.open")}
            </Button>
            <span data-key="close">
              <Menu
                label={t("close.open")}
                wide
                items={CLOSE_REASONS.map((reason) => ({
                  id: reason,
                  label: wordOr("reason", reason),
                  onSelect: () => desk.close(id, reason),
                }))}
              >
                <CheckIcon small />
                <span>{t("close.open")}</span>
                <ChevronDownIcon small />
              </Menu>
            </span>
            <Menu
              label={t("conversation.more")}
              items={[
                {
                  id: "transfer",
                  label: t("transfer.open_long"),
                  icon: <ArrowRightLeftIcon small />,
                  onSelect: () => (ui.dialog.value = "transfer"),
                },
                {
                  id: "queue",
                  label: t("release.queue"),
                  icon: <CornerUpLeftIcon small />,
                  onSelect: () => release("queue"),
                },
                { id: "ai", label: t("release.ai"), icon: <BotIcon small />, onSelect: () => release("ai") },
              ]}
            >
              <EllipsisIcon />
            </Menu>
          </>
        )}
        <IconButton
          label={t("panel.toggle")}
          pressed={ui.settings.value.panel}
          class="panel-toggle"
          onClick={() => togglePanel(ui)}
        >
          <PanelRightIcon />
        </IconButton>
      </div>
      {row?.escalated && row.reason && (
        <p class={classes("conversation-reason", waits && "sb-tone-waiting")}>
          <HandIcon small />
          <span>
            <b>{t("conversation.reason")}</b> {row.reason}
          </span>
        </p>
      )}
    </header>
  );
}

/** Beside the conversation where there is room, over it where there is not, a page of its own on a phone. */
export function togglePanel(ui: ReturnType<typeof useFrame>["ui"]): void {
  if (matchMedia("(max-width: 1099px)").matches) ui.pane.value = ui.pane.value === "panel" ? "conversation" : "panel";
  else ui.change({ panel: !ui.settings.value.panel });
}
