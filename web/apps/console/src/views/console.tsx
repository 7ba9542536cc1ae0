import { ToastRegion } from "@switchboard/design";
import { useEffect } from "preact/hooks";
import { actionOf, type KeyAction } from "../model/keys.ts";
import { nextUnanswered } from "../model/lists.ts";
import { byDeadline } from "../model/offers.ts";
import { Middle, takeIt, togglePanel } from "./conversation.tsx";
import { Dialogs } from "./dialogs.tsx";
import { failure, t, useFrame } from "./frame.tsx";
import { Lists } from "./list.tsx";
import { acceptOffer, Offers } from "./offers.tsx";
import { Panel } from "./panel.tsx";
import { Banners, noticeText, TopBar } from "./topbar.tsx";

export function Console() {
  const frame = useFrame();
  const { ui } = frame;
  useKeys();
  useTitle();
  useToasts();
  useWatching();
  useTheme();
  useAnnouncedOffers();
  const panel = ui.settings.value.panel;
  return (
    <div class="console" data-pane={ui.pane.value} data-panel={panel ? "open" : "shut"}>
      <TopBar />
      <Banners />
      <main class="columns" id="main">
        <Lists />
        <Middle />
        <Panel />
      </main>
      <Offers />
      <Dialogs />
      <div class="sb-hush" role="alert">
        {ui.announced.value}
      </div>
      <ToastRegion
        label={t("toasts.label")}
        closeLabel={t("toasts.close")}
        toasts={ui.toasts.value}
        onClose={ui.dropToast}
        onHold={ui.holdToasts}
      />
    </div>
  );
}

const TEXT = "input:not([type=radio],[type=checkbox],[type=range]), textarea, select, [contenteditable]";
const OWN_ARROWS = "[role=menu], [role=tablist], [role=log], [role=radiogroup], input, .offer-history";

function press(keyed: string): void {
  document.querySelector<HTMLElement>(`[data-key="${keyed}"] button`)?.click();
}

/** Moves the focus along the rows of the list. */
function step(by: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(".rows [data-row]")];
  const focused = rows.indexOf(document.activeElement as HTMLElement);
  const current = focused >= 0 ? focused : rows.findIndex((row) => row.getAttribute("aria-current"));
  const row = rows[Math.min(rows.length - 1, Math.max(0, current < 0 ? 0 : current + by))];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

function useKeys(): void {
  const { desk, ui } = useFrame();
  useEffect(() => {
    let nth = 0;
    const run = (action: KeyAction): boolean => {
      const state = desk.state.peek();
      const id = ui.selected.peek();
      const row = id ? state.rows.get(id) : undefined;
      const mine = row?.agentId === state.me.id && row.status !== "CLOSED" && !desk.closing.peek().has(row.id);
      const offer = byDeadline(state.offers.values())[0];
      switch (action) {
        case "next":
          step(1);
          return true;
        case "previous":
          step(-1);
          return true;
        case "unanswered": {
          const next = nextUnanswered(state, id);
          if (next) {
            ui.tab.value = "mine";
            ui.select(next, { focus: true });
          } else ui.toast(t("list.all_answered"), { key: "answered" });
          return true;
        }
        case "mine":
        case "queue":
        case "all":
          ui.tab.value = action;
          ui.pane.value = matchMedia("(max-width: 719px)").matches ? "list" : ui.pane.value;
          return true;
        case "search":
        case "help":
          ui.dialog.value = action;
          return true;
        case "accept":
          if (offer) void acceptOffer(desk, ui, offer.id);
          return offer !== undefined;
        case "decline":
          document.querySelector<HTMLElement>(".offer footer .sb-menu button")?.click();
          return offer !== undefined;
        case "take":
          if (row && !mine && row.agentId === null && row.status !== "CLOSED") void takeIt(desk, ui, row.id);
          return true;
        case "reply":
        case "note":
        case "canned":
          if (mine) ui.compose.value = { mode: action, nth: --nth };
          return mine;
        case "transfer":
          if (mine) ui.dialog.value = "transfer";
          return mine;
        case "close":
          if (mine) press("close");
          return mine;
        case "panel":
          togglePanel(ui);
          return true;
        case "bell":
          press("bell");
          return true;
      }
    };
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const target = event.target as Element | null;
      const single = ui.settings.peek().singleKeys;
      // Nothing has the focus and an offer stands: its default is to accept.
      const offer = byDeadline(desk.state.peek().offers.values())[0];
      if (event.key === "Enter" && offer && (target === document.body || target === null) && single) {
        event.preventDefault();
        void acceptOffer(desk, ui, offer.id);
        return;
      }
      if (event.key === "Escape" && ui.pane.peek() === "panel") {
        ui.pane.value = "conversation";
        document.querySelector<HTMLElement>(".panel-toggle")?.focus();
        return;
      }
      const action = actionOf(
        {
          key: event.key,
          ctrlKey: event.ctrlKey,
          metaKey: event.metaKey,
          altKey: event.altKey,
          isComposing: event.isComposing,
          inText: target?.closest(TEXT) != null,
          ownArrows: target?.closest(OWN_ARROWS) != null,
        },
        single,
      );
      if (action && run(action)) event.preventDefault();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, [desk, ui]);
}

function useTitle(): void {
  const { desk } = useFrame();
  const state = desk.state.value;
  const offer = byDeadline(state.offers.values())[0];
  let unread = 0;
  for (const row of state.rows.values()) if (row.agentId === state.me.id) unread += row.unread;
  const title = offer
    ? t("title.offer", { name: state.rows.get(offer.conversationId)?.customerName || t("customer.unnamed") })
    : unread > 0
      ? t("title.unread", { count: unread })
      : t("desk.title");
  useEffect(() => {
    document.title = title;
  }, [title]);
}

function useToasts(): void {
  const { desk, ui } = useFrame();
  useEffect(
    () =>
      desk.onCall((call) => {
        if (call.call === "notice") {
          const id = call.notice.conversationId;
          const gone = ["offer_taken", "offer_missed", "offer_canceled", "transferred", "unassigned"].includes(
            call.notice.kind,
          );
          if (id && id === ui.selected.peek() && call.notice.kind === "customer_left") return;
          ui.toast(noticeText(call.notice), {
            tone: ["offer_missed", "transfer_refused"].includes(call.notice.kind)
              ? "waiting"
              : call.notice.kind === "assigned"
                ? "connected"
                : "plain",
            ...(id && !gone
              ? { action: { label: t("toasts.open"), onSelect: () => ui.select(id, { focus: true }) } }
              : {}),
          });
        } else if (call.call === "kept_open")
          ui.toast(t("closing.kept_open", { name: call.name }), { tone: "waiting" });
        else if (call.call === "not_closed")
          ui.toast(`${t("closing.failed", { name: call.name })} ${failure(call.code)}`, { tone: "overdue" });
      }),
    [desk, ui],
  );
}

/** Somebody looks at a conversation when it is chosen, on the screen, and the window has the focus. */
function useWatching(): void {
  const { desk, ui } = useFrame();
  const id = ui.selected.value;
  const shown = ui.pane.value !== "list" || !matchMedia("(max-width: 719px)").matches;
  useEffect(() => {
    const look = () => desk.watch(shown && !document.hidden && document.hasFocus() ? id : null);
    look();
    addEventListener("focus", look);
    addEventListener("blur", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      removeEventListener("focus", look);
      removeEventListener("blur", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [desk, id, shown]);
}

function useTheme(): void {
  const { ui } = useFrame();
  const { theme } = ui.settings.value;
  useEffect(() => {
    const root = document.documentElement;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
  }, [theme]);
}

/** An offer is said once when it comes; its countdown is not read aloud every second. */
function useAnnouncedOffers(): void {
  const { desk, ui } = useFrame();
  const { offers, rows } = desk.state.value;
  const newest = byDeadline(offers.values()).at(-1);
  const row = newest && rows.get(newest.conversationId);
  const name = row?.customerName || t("customer.unnamed");
  useEffect(() => {
    // Who it is may come a moment after the offer itself.
    ui.announced.value =
      newest && row
        ? t("offer.announced", {
            name,
            reason: newest.note ?? newest.reason ?? "",
            seconds: Math.max(1, Math.ceil((newest.until - Date.now()) / 1000)),
          })
        : "";
  }, [newest?.id, name, row !== undefined]);
}
