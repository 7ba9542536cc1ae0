import {
  ago,
  Banner,
  BellIcon,
  Button,
  ChevronDownIcon,
  CircleHelpIcon,
  Count,
  clock,
  EllipsisVerticalIcon,
  EmptyState,
  HeadsetIcon,
  IconButton,
  KeyHint,
  LogOutIcon,
  Menu,
  type MenuItem,
  Meter,
  SearchIcon,
  SettingsIcon,
  StatusDot,
  TriangleAlertIcon,
  useOutside,
} from "@switchboard/design";
import { useEffect, useRef, useState } from "preact/hooks";
import { asError } from "../live/desk.ts";
import { unreadNotices } from "../model/notices.ts";
import type { Notice } from "../model/state.ts";
import { failure, seconds, t, useFrame, wordOr, words } from "./frame.tsx";

const DOTS = { available: "on", away: "away", draining: "busy", offline: "off", not_responding: "away" } as const;
const REASONS = ["lunch", "break", "meeting", "training"] as const;

export function TopBar() {
  const { desk, ui, logOut } = useFrame();
  const { me } = desk.state.value;
  return (
    <header class="topbar">
      <span class="brand" aria-hidden="true">
        <HeadsetIcon />
      </span>
      <h1 class="sb-hush">{t("desk.title")}</h1>
      {me.role === "agent" ? (
        <>
          <Status />
          <Capacity />
        </>
      ) : (
        <span class="who">{me.name}</span>
      )}
      <span class="gap" />
      <button type="button" class="find" onClick={() => (ui.dialog.value = "search")}>
        <SearchIcon small />
        <span>{t("search.open")}</span>
        <KeyHint keys="Ctrl K" />
      </button>
      <IconButton class="find-small" label={t("search.open")} onClick={() => (ui.dialog.value = "search")}>
        <SearchIcon />
      </IconButton>
      <Bell />
      <IconButton class="wide-only" label={t("help.open")} onClick={() => (ui.dialog.value = "help")}>
        <CircleHelpIcon />
      </IconButton>
      <Menu
        label={t("desk.menu", { name: me.name })}
        items={[
          {
            id: "settings",
            label: t("settings.open"),
            icon: <SettingsIcon small />,
            onSelect: () => (ui.dialog.value = "settings"),
          },
          {
            id: "help",
            label: t("help.open"),
            icon: <CircleHelpIcon small />,
            onSelect: () => (ui.dialog.value = "help"),
          },
          null,
          { id: "out", label: t("desk.log_out"), icon: <LogOutIcon small />, onSelect: logOut },
        ]}
      >
        <EllipsisVerticalIcon />
      </Menu>
    </header>
  );
}

function Status() {
  const { desk, ui } = useFrame();
  const self = desk.state.value.self;
  const choose = (status: "available" | "away" | "draining" | "offline", reason?: string) =>
    desk
      .setStatus(status, reason)
      .catch((error: unknown) => ui.toast(failure(asError(error).code), { tone: "overdue" }));
  const status = self?.status ?? "offline";
  const item = (id: "available" | "draining" | "offline"): MenuItem => ({
    id,
    label: <Choice title={wordOr("status", id)} hint={t(`status.hint.${id}`)} />,
    checked: status === id,
    onSelect: () => void choose(id),
  });
  const away = (reason: (typeof REASONS)[number] | null): MenuItem => ({
    id: `away-${reason ?? ""}`,
    label: reason ? t("status.away_for", { reason: t(`status.reason.${reason}`) }) : t("status.away"),
    checked: status === "away" && (self?.reason ?? null) === (reason ? t(`status.reason.${reason}`) : null),
    onSelect: () => void choose("away", reason ? t(`status.reason.${reason}`) : undefined),
  });
  const word = self ? wordOr("status", status) : t("status.unknown");
  return (
    <div class="status" data-key="status">
      <Menu
        label={t("status.label", { status: word })}
        wide
        atStart
        items={[item("available"), null, away(null), ...REASONS.map(away), null, item("draining"), item("offline")]}
      >
        <span class="sb-hush">{t("status.yours")} </span>
        <StatusDot state={self ? DOTS[status] : "off"} word={self?.reason ? `${word}: ${self.reason}` : word} />
        <ChevronDownIcon small />
      </Menu>
    </div>
  );
}

function Choice({ title, hint }: { title: string; hint: string }) {
  return (
    <span class="choice">
      {title}
      <small>{hint}</small>
    </span>
  );
}

function Capacity() {
  const { desk } = useFrame();
  const { self } = desk.state.value;
  if (!self) return null;
  const full = self.used >= self.limit;
  return (
    <span class="capacity">
      <span class="sb-num" aria-hidden="true">
        {self.used}/{self.limit}
      </span>
      <Meter
        label={t("capacity.label")}
        value={self.used}
        most={self.limit}
        tone={full ? "waiting" : "accent"}
        words={t(full ? "capacity.full" : "capacity.words", { used: self.used, limit: self.limit })}
      />
      {full && <span class="capacity-full">{t("capacity.full_short")}</span>}
    </span>
  );
}

/** A notice's sentence. */
export function noticeText(notice: Notice): string {
  if (notice.kind === "host") return notice.text ? `${notice.name}: ${notice.text}` : notice.name;
  const name = notice.name || t("customer.unnamed");
  return t(`notice.${notice.kind}`, { name });
}

function Bell() {
  const { desk, ui } = useFrame();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const { notices, storedCursor } = desk.state.value;
  const unread = unreadNotices(desk.state.value);
  const close = () => {
    setOpen(false);
    desk.seenNotices();
  };
  // The button may be gone afterwards, and the focus with it.
  const older = () =>
    desk
      .loadOlderNotices()
      .then(() => box.current?.querySelector<HTMLElement>(".bell-list")?.focus({ preventScroll: true }));
  useOutside(box, open, close);
  useEffect(() => {
    if (open) box.current?.querySelector<HTMLElement>(".bell-list")?.focus();
  }, [open]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape belongs to the list inside
    <div
      class="bell"
      ref={box}
      data-key="bell"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        event.stopPropagation();
        close();
        box.current?.querySelector("button")?.focus();
      }}
    >
      <IconButton
        label={unread > 0 ? t("bell.unread", { count: unread }) : t("bell.label")}
        aria-expanded={open}
        onClick={() => {
          if (open) return close();
          setOpen(true);
          void desk.loadNotices();
        }}
      >
        <BellIcon />
        <span class="bell-count" aria-hidden="true">
          {unread > 0 && <Count value={unread} label="" tone="overdue" />}
        </span>
      </IconButton>
      {open && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section class="bell-list" aria-label={t("bell.label")} tabIndex={0}>
          <h2>{t("bell.label")}</h2>
          {notices.length === 0 ? (
            <EmptyState title={t("bell.empty")} icon={<BellIcon />}>
              {t("bell.empty_hint")}
            </EmptyState>
          ) : (
            <ul>
              {notices.map((notice) => {
                const inside = (
                  <>
                    <span class="bell-text">{noticeText(notice)}</span>
                    {notice.text &&
                      notice.kind !== "host" &&
                      notice.kind !== "unassigned" &&
                      notice.kind !== "transferred" && <span class="bell-more">{notice.text}</span>}
                    <span class="bell-at">{ago(notice.at, seconds.value, words.language)}</span>
                  </>
                );
                const id = notice.conversationId;
                return (
                  <li key={notice.id} class={notice.read ? undefined : "unread"}>
                    {!notice.read && <span class="sb-hush">{t("bell.new")} </span>}
                    {id ? (
                      <button
                        type="button"
                        onClick={() => {
                          close();
                          desk.know(id);
                          ui.select(id, { focus: true });
                        }}
                      >
                        {inside}
                      </button>
                    ) : (
                      <div>{inside}</div>
                    )}
                  </li>
                );
              })}
            </ul>
          )}
          {storedCursor && (
            <div class="bell-older">
              <Button small kind="plain" onClick={() => void older()}>
                {t("bell.older")}
              </Button>
            </div>
          )}
        </section>
      )}
    </div>
  );
}

/** Offline, reconnecting, not responding: what happened, what is safe, what to do. */
export function Banners() {
  const { desk, ui } = useFrame();
  const link = desk.link.value;
  const { self, me } = desk.state.value;
  const unsent = link.queued;
  return (
    <div class="banners">
      {link.state !== "connected" && (link.attempts > 0 || !link.online) && link.state !== "error" && (
        <Banner
          tone="waiting"
          action={
            <Button small onClick={() => void desk.client.connect().catch(() => {})}>
              {t("link.now")}
            </Button>
          }
        >
          {link.online ? t("link.lost") : t("link.offline")}
          {unsent > 0 ? ` ${t("link.unsent", { count: unsent })}` : ` ${t("link.safe")}`}
          {link.retryAt !== null && link.retryAt > seconds.value && (
            <span class="sb-num"> {t("link.retry", { time: clock(link.retryAt - seconds.value + 999) })}</span>
          )}
        </Banner>
      )}
      {link.state === "error" && (
        <Banner
          tone="overdue"
          icon={<TriangleAlertIcon small />}
          action={
            <Button small onClick={() => void desk.client.connect().catch(() => {})}>
              {t("link.again")}
            </Button>
          }
        >
          {failure(link.error?.code ?? "internal")}
        </Banner>
      )}
      {me.role === "agent" && self?.status === "not_responding" && (
        <Banner
          tone="overdue"
          icon={<TriangleAlertIcon small />}
          action={
            <Button
              small
              kind="primary"
              onClick={() =>
                void desk
                  .setStatus("available")
                  .catch((error: unknown) => ui.toast(failure(asError(error).code), { tone: "overdue" }))
              }
            >
              {t("status.back")}
            </Button>
          }
        >
          {t("status.not_responding_hint")}
        </Banner>
      )}
    </div>
  );
}
