/** Login, then the frame: navigation, the banner of a lost link, the view, the panel of a conversation. */
import { useComputed, useSignal } from "@preact/signals";
import { Banner, Button, Dialog, KeyHint, ToastRegion, timeOf, XIcon } from "@switchboard/design";
import { useEffect, useMemo, useState } from "preact/hooks";
import { type Board, createBoard } from "../live/board.ts";
import { BoardContext, useBoard, useServerNow } from "../live/context.ts";
import { go, home, open, place, show } from "../live/place.ts";
import { adminSession } from "../live/session.ts";
import { dismiss, hold, toasts } from "../live/toasts.ts";
import { language, n, t } from "../texts.ts";
import { AlertsView } from "./alerts.tsx";
import { BoardView } from "./board.tsx";
import { ConversationPanel } from "./conversation.tsx";
import { ConversationsView } from "./conversations.tsx";
import { Login } from "./login.tsx";
import { NavBar, NavDrawer } from "./nav.tsx";
import { AuditView, DecisionsView } from "./records.tsx";
import { AgentsView } from "./settings/agents.tsx";
import { AnnouncementsView } from "./settings/announcements.tsx";
import { CannedView } from "./settings/canned.tsx";
import { ChatbotsView } from "./settings/chatbots.tsx";
import { HoursView } from "./settings/hours.tsx";
import { TokensView } from "./settings/tokens.tsx";
import { StatisticsView } from "./statistics.tsx";

const session = adminSession(home.engine);
const VIEW = {
  board: BoardView,
  conversations: ConversationsView,
  statistics: StatisticsView,
  alerts: AlertsView,
  decisions: DecisionsView,
  audit: AuditView,
  agents: AgentsView,
  chatbots: ChatbotsView,
  hours: HoursView,
  canned: CannedView,
  announcements: AnnouncementsView,
  tokens: TokensView,
} as const;

export function App() {
  const [phase, setPhase] = useState<"looking" | "away" | "out" | "in">("looking");
  const notice = useSignal<string | null>(null);
  useEffect(() => {
    const look = () => {
      const { user } = session;
      if (user && user.role !== "admin") {
        notice.value = t("login.not_admin");
        session.logout().catch(() => {});
        setPhase("out");
      } else setPhase(user ? "in" : "out");
    };
    const stop = session.subscribe(look);
    session.restore().then(look, () => setPhase("away"));
    return stop;
  }, [notice]);
  if (phase === "looking") return <main class="ad-login" aria-busy="true" />;
  if (phase === "away") {
    return (
      <main class="ad-login">
        <div class="ad-login-box">
          <h1>{t("away.title")}</h1>
          <p class="sb-soft">{t("away.about")}</p>
          <Button kind="primary" onClick={() => location.reload()}>
            {t("action.again")}
          </Button>
        </div>
      </main>
    );
  }
  return phase === "in" ? <Inside /> : <Login session={session} notice={notice.value} />;
}

function Inside() {
  const [board, setBoard] = useState<Board | null>(null);
  useEffect(() => {
    const made = createBoard(home.engine, session);
    setBoard(made);
    return () => made.stop();
  }, []);
  if (!board) return null;
  return (
    <BoardContext.Provider value={board}>
      <Frame />
    </BoardContext.Provider>
  );
}

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && !!target.closest("input, textarea, select, [contenteditable]");

function Frame() {
  const board = useBoard();
  const [drawer, setDrawer] = useState(false);
  const [help, setHelp] = useState(false);
  const { view, conversation, wall } = place.value;
  const connected = useComputed(() => board.link.value.state === "connected");
  useEffect(() => {
    document.documentElement.toggleAttribute("data-wall", wall && view === "board");
  }, [wall, view]);
  useEffect(() => {
    const waiting = board.queue.value.queue?.length ?? 0;
    document.title = waiting
      ? t("title.waiting", { count: waiting, view: t(`nav.${view}`) })
      : t("title.plain", { view: t(`nav.${view}`) });
  }, [board.queue.value.queue, view]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape" && place.value.conversation && !document.querySelector("dialog[open]")) open(null);
      else if (event.key === "Escape" && place.value.wall && !document.fullscreenElement) setWall(false);
      if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
      if (document.querySelector("dialog[open]")) return;
      const to = { b: "board", c: "conversations", s: "statistics", l: "alerts" }[event.key] as
        | "board"
        | "conversations"
        | "statistics"
        | "alerts"
        | undefined;
      if (to) show(to);
      else if (event.key === "w") setWall(!place.value.wall);
      else if (event.key === "?") setHelp(true);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    const left = () => {
      if (!document.fullscreenElement && place.value.wall) go({ wall: false }, true);
    };
    document.addEventListener("fullscreenchange", left);
    return () => document.removeEventListener("fullscreenchange", left);
  }, []);
  const Shown = VIEW[view];
  const wallNow = wall && view === "board";
  return (
    <div class="ad-frame">
      <a class="ad-skip" href="#main">
        {t("nav.skip")}
      </a>
      {!wallNow && <NavBar onMenu={() => setDrawer(true)} session={session} />}
      <main id="main" class="ad-main" tabIndex={-1}>
        <LostLink />
        <div class={connected.value ? "ad-view" : "ad-view ad-stale"}>
          <Shown />
        </div>
        {wallNow && (
          <Button class="ad-unwall" small icon={<XIcon small />} onClick={() => setWall(false)}>
            {t("wall.leave")}
          </Button>
        )}
      </main>
      {conversation && <ConversationPanel key={conversation} id={conversation} />}
      <NavDrawer open={drawer} onClose={() => setDrawer(false)} />
      <Dialog open={help} title={t("keys.title")} closeLabel={t("action.close_dialog")} onClose={() => setHelp(false)}>
        <dl class="ad-keys">
          {(["b", "c", "s", "l", "w", "t", "?"] as const).map((key) => (
            <div key={key}>
              <dt>
                <KeyHint keys={key} />
              </dt>
              <dd>{t(`keys.${key === "?" ? "help" : key}`)}</dd>
            </div>
          ))}
          <div>
            <dt>
              <KeyHint keys="Enter" />
            </dt>
            <dd>{t("keys.enter")}</dd>
          </div>
          <div>
            <dt>
              <KeyHint keys="Esc" />
            </dt>
            <dd>{t("keys.escape")}</dd>
          </div>
        </dl>
      </Dialog>
      <ToastRegion
        label={t("toasts.label")}
        closeLabel={t("action.dismiss")}
        toasts={toasts.value}
        onClose={dismiss}
        onHold={hold}
      />
    </div>
  );
}

/** Full screen where the browser can; big figures in any case. */
export function setWall(on: boolean): void {
  go({ wall: on, view: "board", conversation: null }, true);
  if (on) document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
}

function LostLink() {
  const board = useBoard();
  const link = board.link.value;
  const now = useServerNow(board) - link.clockOffset;
  const since = useMemo(() => (link.state === "connected" ? null : Date.now()), [link.state === "connected"]);
  const at = board.queue.value.updatedAt;
  if (link.state === "connected" || (since !== null && now - since < 1500)) return null;
  const dated = at === null ? t("link.lost") : t("link.lost_at", { time: timeOf(at, language) });
  const next =
    link.state === "error"
      ? t("link.error")
      : link.retryAt !== null && link.retryAt > now
        ? t("link.next", {
            count: Math.ceil((link.retryAt - now) / 1000),
            seconds: n(Math.ceil((link.retryAt - now) / 1000)),
          })
        : t("link.trying");
  return (
    <Banner
      tone={link.state === "error" ? "overdue" : "waiting"}
      action={
        <Button kind="plain" small onClick={() => board.client.connect().catch(() => {})}>
          {t("action.again")}
        </Button>
      }
    >
      {dated} {next}
    </Banner>
  );
}
