import {
  Avatar,
  ago,
  Badge,
  Button,
  CheckIcon,
  Count,
  classes,
  EmptyState,
  ErrorState,
  HandIcon,
  HistoryIcon,
  HourglassIcon,
  InboxIcon,
  MessagesSquareIcon,
  PencilIcon,
  Skeleton,
  SparklesIcon,
  Tabs,
  TriangleAlertIcon,
  tabPanelId,
  timeOf,
} from "@switchboard/design";
import { memo } from "preact/compat";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { home } from "../home.ts";
import { addressOf } from "../live/place.ts";
import { slashOf } from "../model/canned.ts";
import { countsOf, DRAWN, drawnFor, idsOf, type Settled, settle } from "../model/lists.ts";
import type { ListName, Row } from "../model/state.ts";
import type { QueueRow } from "../model/wire.ts";
import { closedBecause, n, seconds, t, useFrame, Waiting, words } from "./frame.tsx";

/** What a row is taken to be high before any was measured, px. */
const ROW_HEIGHT = 72;
const LISTS: readonly ListName[] = ["mine", "queue", "all"];

export function Lists() {
  const { desk, ui } = useFrame();
  const state = desk.state.value;
  const counts = useMemo(() => countsOf(state), [state]);
  const tab = ui.tab.value;
  return (
    <nav class="lists" aria-label={t("list.region")}>
      <h2 class="sb-hush">{t("list.title")}</h2>
      <Tabs
        name="list"
        label={t("list.which")}
        chosen={tab}
        onChoose={(id) => {
          ui.tab.value = id as ListName;
        }}
        tabs={LISTS.map((id) => ({
          id,
          label: (
            <span class="tab-label">
              {t(`list.${id}`)}
              {id === "mine" && counts.unread > 0 && (
                <span class="tab-dot">
                  <span class="sb-hush">{t("list.has_unread", { count: counts.unread })}</span>
                </span>
              )}
            </span>
          ),
          ...(id === "all" ? {} : { count: id === "mine" ? counts.mine : counts.queue }),
        }))}
      />
      {tab === "queue" && counts.oldest !== null && (
        <p class="list-summary">
          <HourglassIcon small /> {t("queue.oldest")} <Waiting since={counts.oldest} label={t("wait.queue")} />
        </p>
      )}
      <List key={tab} name={tab} />
    </nav>
  );
}

/** The rows of a list as they are shown: still while they are held. */
function useSettled(name: ListName, held: boolean): Settled {
  const { desk } = useFrame();
  const state = desk.state.value;
  const wanted = useMemo(() => idsOf(state, name), [state, name]);
  const before = useRef<readonly string[]>([]);
  const settled = settle(before.current, wanted, held);
  before.current = settled.shown;
  return settled;
}

function List({ name }: { name: ListName }) {
  const { desk, ui } = useFrame();
  const [over, setOver] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  const [drawn, setDrawn] = useState(DRAWN);
  const rowHeight = useRef(ROW_HEIGHT);
  const [, again] = useState(0);
  const release = useRef(false);
  const box = useRef<HTMLDivElement>(null);
  const held = (over || scrolled) && !release.current;
  release.current = false;
  const { shown, fresh } = useSettled(name, held);
  const state = desk.state.value;
  const load = state.lists[name];
  const stale = !desk.queueNow.value.live && desk.link.value.state !== "connected";
  const queue = useMemo(() => new Map(state.queue?.map((entry) => [entry.conversationId, entry])), [state.queue]);
  const drafted = useMemo(
    () => new Set(ui.drafts.ids().filter((id) => slashOf(ui.drafts.get(id).text) === null)),
    [ui.drafted.value],
  );
  const known = shown.flatMap((id) => state.rows.get(id) ?? []);
  // Hundreds of rows are not drawn for the few that are in sight; the one that is open is always there for the keys.
  const chosenAt = known.findIndex(({ id }) => id === ui.selected.value);
  const first = known.slice(0, Math.max(drawn, chosenAt < 0 ? 0 : drawnFor(0, chosenAt)));

  useEffect(() => {
    // A pointer that left the window says nothing about it.
    const gone = () => setOver(false);
    document.addEventListener("mouseleave", gone);
    return () => document.removeEventListener("mouseleave", gone);
  }, []);

  return (
    <div
      class="list"
      role="tabpanel"
      id={tabPanelId("list", name)}
      aria-labelledby={`list-tab-${name}`}
      onPointerEnter={(event) => event.pointerType === "mouse" && setOver(true)}
      onPointerLeave={() => setOver(false)}
    >
      {stale && known.length > 0 && (
        <p class="list-summary">
          <HistoryIcon small />{" "}
          {t("list.as_of", { time: timeOf(desk.queueNow.value.updatedAt ?? seconds.peek(), words.language) })}
        </p>
      )}
      {fresh > 0 && (
        <div class="fresh">
          <Button
            small
            kind="primary"
            onClick={() => {
              release.current = true;
              box.current?.scrollTo({ top: 0 });
              again((nth) => nth + 1);
            }}
          >
            {t("list.fresh", { count: fresh })}
          </Button>
        </div>
      )}
      <div
        class={classes("rows", stale && "stale")}
        ref={box}
        tabIndex={-1}
        onScroll={(event) => {
          const at = event.currentTarget;
          setScrolled(at.scrollTop > 40);
          const list = at.querySelector("ul");
          if (list && first.length > 0) rowHeight.current = Math.max(40, list.offsetHeight / first.length);
          setDrawn(drawnFor(Math.ceil((at.scrollTop + at.clientHeight) / rowHeight.current), 0));
          if (at.scrollHeight - at.scrollTop - at.clientHeight < 400 && name === "all") void desk.loadMore(name);
        }}
      >
        {load.phase === "loading" && known.length === 0 ? (
          <Skeleton label={t("list.loading")} rows={6} />
        ) : load.phase === "failed" && known.length === 0 ? (
          <ErrorState
            title={t("list.failed")}
            action={<Button onClick={() => void desk.load(name)}>{t("again")}</Button>}
          >
            {t("list.failed_hint")}
          </ErrorState>
        ) : known.length === 0 ? (
          <Empty name={name} />
        ) : (
          <ul>
            {first.map((row) => (
              <Item
                key={row.id}
                row={row}
                list={name}
                entry={queue.get(row.id) ?? null}
                chosen={ui.selected.value === row.id}
                draft={drafted.has(row.id) ? ui.drafts.get(row.id).text : null}
                me={state.me.id}
                select={ui.select}
              />
            ))}
          </ul>
        )}
        {known.length > first.length && (
          // Their place, so that the scroll bar tells how many there are.
          <div aria-hidden="true" style={{ height: `${(known.length - first.length) * rowHeight.current}px` }} />
        )}
      </div>
    </div>
  );
}

function Empty({ name }: { name: ListName }) {
  const { desk, ui } = useFrame();
  const state = desk.state.value;
  if (name === "mine") {
    const waiting = countsOf(state).queue;
    const away = state.self !== null && state.self.status !== "available";
    return (
      <EmptyState
        title={t("empty.mine")}
        icon={<MessagesSquareIcon />}
        action={
          waiting > 0 ? (
            <Button onClick={() => (ui.tab.value = "queue")}>{t("empty.to_queue", { count: waiting })}</Button>
          ) : undefined
        }
      >
        {away ? t("empty.mine_away") : t("empty.mine_hint")}
      </EmptyState>
    );
  }
  if (name === "queue")
    return (
      <EmptyState title={t("empty.queue")} icon={<CheckIcon />}>
        {t("empty.queue_hint")}
      </EmptyState>
    );
  return (
    <EmptyState title={t("empty.all")} icon={<InboxIcon />}>
      {t("empty.all_hint")}
    </EmptyState>
  );
}

interface ItemProps {
  row: Row;
  list: ListName;
  entry: QueueRow | null;
  chosen: boolean;
  draft: string | null;
  me: string;
  select: (id: string, how?: { focus?: boolean }) => void;
}

const Item = memo(function Item({ row, list, entry, chosen, draft, me, select }: ItemProps) {
  const own = row.agentId === me;
  const waits = row.status === "WAITING_FOR_AGENT" || row.status === "OFFERED";
  const gone = (list === "queue" && !waits) || (list === "mine" && (!own || row.status === "CLOSED"));
  const unread = own ? row.unread : 0;
  return (
    <li class={classes("row", chosen && "chosen", gone && "gone", unread > 0 && "news")}>
      <a
        href={addressOf(home.console, row.id)}
        aria-current={chosen ? "true" : undefined}
        data-row={row.id}
        onClick={(event) => {
          if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
          event.preventDefault();
          // A press of Enter goes on to the answer, a click does too unless it was to look.
          select(row.id, { focus: event.detail === 0 });
        }}
      >
        <Avatar name={row.customerName || "?"} size={32} />
        <span class="row-body">
          <span class="row-top">
            <span class="row-name">{row.customerName || t("customer.unnamed")}</span>
            <span class="row-when">
              <When row={row} list={list} own={own} waits={waits} entry={entry} />
            </span>
          </span>
          <span class="row-line">
            <span class="row-text">
              <Preview row={row} draft={draft} me={me} />
            </span>
            {unread > 0 && <Count value={unread} label={t("list.unread", { count: unread })} />}
          </span>
          <Badges row={row} list={list} own={own} waits={waits} gone={gone} entry={entry} />
        </span>
      </a>
    </li>
  );
});

function When(props: { row: Row; list: ListName; own: boolean; waits: boolean; entry: QueueRow | null }) {
  const { row, own, waits, entry } = props;
  const since = entry ? Date.parse(entry.queuedAt) : row.waitingSince;
  if (waits && since !== null) return <Waiting since={since} label={t("wait.queue")} />;
  if (own && row.askedAt !== null && row.status !== "CLOSED")
    return <Waiting since={row.askedAt} label={t("wait.answer")} />;
  return <span class="sb-soft">{ago(row.lastAt, seconds.value, words.language)}</span>;
}

function Preview({ row, draft, me }: { row: Row; draft: string | null; me: string }) {
  if (row.typing) return <em>{t("list.typing")}</em>;
  if (draft !== null)
    return (
      <>
        <PencilIcon small /> {t("list.draft")} {draft}
      </>
    );
  if (!row.line) return <>{row.reason ?? t("list.nothing")}</>;
  const { by, text, name } = row.line;
  if (by === "system" && row.reason) return <>{row.reason}</>;
  const who =
    by === "customer" || by === "system"
      ? ""
      : by === "ai"
        ? t("who.assistant")
        : row.agentId === me && row.agentName === name
          ? t("who.you")
          : name;
  return (
    <>
      {who && <span class="row-who">{who}: </span>}
      {text}
    </>
  );
}

function Badges(props: {
  row: Row;
  list: ListName;
  own: boolean;
  waits: boolean;
  gone: boolean;
  entry: QueueRow | null;
}) {
  const { row, list, own, waits, gone, entry } = props;
  const badges = [];
  if (row.status === "CLOSED")
    badges.push(
      <Badge key="closed" icon={<CheckIcon small />}>
        {closedBecause(row.closeReason)}
      </Badge>,
    );
  else if (waits) {
    badges.push(
      <Badge key="escalated" tone="waiting" icon={<TriangleAlertIcon small />}>
        {row.status === "OFFERED" ? t("row.offered") : t("row.escalated")}
      </Badge>,
    );
    if (entry && list === "queue")
      badges.push(
        <span key="place" class="sb-soft sb-num">
          {t("row.place", { place: n(entry.position) })}
        </span>,
      );
    for (const skill of entry?.skills ?? []) badges.push(<Badge key={`skill-${skill}`}>{skill}</Badge>);
  } else if (row.agentId !== null && !own)
    badges.push(
      <Badge key="agent" tone={gone ? "plain" : "connected"}>
        {row.agentName ? t(gone ? "row.taken_by" : "row.with", { name: row.agentName }) : t("row.with_colleague")}
      </Badge>,
    );
  else if (row.agentId === null)
    badges.push(
      row.escalated ? (
        <Badge key="asked" tone="waiting" icon={<HandIcon small />}>
          {t("row.asked")}
        </Badge>
      ) : (
        <Badge key="assistant" tone="assistant" icon={<SparklesIcon small />}>
          {t("row.assistant")}
        </Badge>
      ),
    );
  else if (row.customerHere === false) badges.push(<Badge key="left">{t("row.left")}</Badge>);
  if (badges.length === 0) return null;
  return <span class="row-badges">{badges}</span>;
}
