import type { CookieSession } from "@switchboard/client/session";
import {
  BellIcon,
  BotIcon,
  CalendarIcon,
  ChartLineIcon,
  Count,
  classes,
  Dialog,
  IconButton,
  type InboxIcon,
  KeyRoundIcon,
  LayoutDashboardIcon,
  LogOutIcon,
  MegaphoneIcon,
  Menu,
  MenuIcon,
  MessagesSquareIcon,
  MoonIcon,
  ScrollTextIcon,
  ShieldCheckIcon,
  StickyNoteIcon,
  SunIcon,
  UsersRoundIcon,
} from "@switchboard/design";
import { type Appearance, appearance, setAppearance } from "../live/appearance.ts";
import { useBoard } from "../live/context.ts";
import { linkTo, place, show } from "../live/place.ts";
import type { View } from "../model/place.ts";
import { t } from "../texts.ts";
import { Mark } from "./login.tsx";

const ICON: Record<View, typeof InboxIcon> = {
  board: LayoutDashboardIcon,
  conversations: MessagesSquareIcon,
  alerts: BellIcon,
  statistics: ChartLineIcon,
  decisions: ScrollTextIcon,
  audit: ShieldCheckIcon,
  agents: UsersRoundIcon,
  chatbots: BotIcon,
  hours: CalendarIcon,
  canned: StickyNoteIcon,
  announcements: MegaphoneIcon,
  tokens: KeyRoundIcon,
};
const GROUPS: readonly (readonly ["live" | "reports" | "settings", readonly View[]])[] = [
  ["live", ["board", "conversations", "alerts"]],
  ["reports", ["statistics", "decisions", "audit"]],
  ["settings", ["agents", "chatbots", "hours", "canned", "announcements", "tokens"]],
];

function Links({ onGo }: { onGo?: () => void }) {
  const board = useBoard();
  const alerts = board.alerts.value.active.length;
  const waiting = board.queue.value.queue?.length ?? 0;
  return (
    <>
      {GROUPS.map(([group, views]) => (
        <div key={group} class="ad-nav-group">
          <p id={`nav-${group}`}>{t(`nav.${group}`)}</p>
          <ul aria-labelledby={`nav-${group}`}>
            {views.map((view) => {
              const Icon = ICON[view];
              return (
                <li key={view}>
                  <a
                    href={linkTo(view)}
                    class={classes(place.value.view === view && "ad-here")}
                    aria-current={place.value.view === view ? "page" : undefined}
                    onClick={(event) => {
                      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
                      event.preventDefault();
                      show(view);
                      onGo?.();
                    }}
                  >
                    <Icon />
                    <span>{t(`nav.${view}`)}</span>
                    {view === "alerts" && (
                      <Count value={alerts} label={t("nav.alert_count", { count: alerts })} tone="overdue" />
                    )}
                    {view === "board" && (
                      <Count value={waiting} label={t("nav.waiting_count", { count: waiting })} tone="waiting" />
                    )}
                  </a>
                </li>
              );
            })}
          </ul>
        </div>
      ))}
    </>
  );
}

export function NavBar({ onMenu, session }: { onMenu: () => void; session: CookieSession }) {
  const choose = (value: Appearance, label: string) => ({
    id: value,
    label,
    checked: appearance.value === value,
    onSelect: () => setAppearance(value),
  });
  return (
    <header class="ad-side">
      <div class="ad-brand">
        <IconButton label={t("nav.menu")} class="ad-menu-button" onClick={onMenu}>
          <MenuIcon />
        </IconButton>
        <Mark />
        <span>{t("brand")}</span>
      </div>
      <nav aria-label={t("nav.label")} class="ad-nav">
        <Links />
      </nav>
      <div class="ad-me">
        <div class="ad-me-name">
          <strong>{session.user?.name}</strong>
          <span class="sb-soft">{t("nav.role")}</span>
        </div>
        <Menu
          label={t("appearance.label")}
          up
          items={[
            choose("auto", t("appearance.auto")),
            choose("light", t("appearance.light")),
            choose("dark", t("appearance.dark")),
          ]}
        >
          {appearance.value === "dark" ? <MoonIcon /> : <SunIcon />}
        </Menu>
        <IconButton label={t("nav.logout")} onClick={() => session.logout().catch(() => location.reload())}>
          <LogOutIcon />
        </IconButton>
      </div>
    </header>
  );
}

export function NavDrawer({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} title={t("brand")} closeLabel={t("action.close_dialog")} onClose={onClose}>
      <nav aria-label={t("nav.label")} class="ad-nav ad-nav-drawer">
        <Links onGo={onClose} />
      </nav>
    </Dialog>
  );
}
