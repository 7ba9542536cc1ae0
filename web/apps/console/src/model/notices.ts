/** What the bell keeps: what happened at this desk, and the host application's notifications, which the server keeps. */
import type { HostEvent } from "@switchboard/client";
import type { StoredNotification } from "@switchboard/client/notifications";
import type { DeskState, Notice, NoticeKind } from "./state.ts";

/** The most notices of this browser's own that are kept. */
const KEPT = 50;

/** The newest first; of the desk's own only the newest are kept, those of the server are the server's to keep. */
function ordered(notices: readonly Notice[]): Notice[] {
  let own = 0;
  return [...notices]
    .sort((a, b) => b.at - a.at || (b.number ?? 0) - (a.number ?? 0))
    .filter((notice) => notice.number !== null || ++own <= KEPT);
}

/** Something happened at this desk. */
export function note(
  state: DeskState,
  kind: NoticeKind,
  at: number,
  about: { conversationId?: string | null; name?: string | null; text?: string | null; id?: string },
): DeskState {
  const conversationId = about.conversationId ?? null;
  const notice: Notice = {
    id: about.id ?? `${at}-${state.notices.length}-${kind}-${conversationId ?? ""}`,
    number: null,
    kind,
    conversationId,
    name: about.name ?? (conversationId ? state.rows.get(conversationId)?.customerName : undefined) ?? "",
    text: about.text ?? null,
    at,
    read: conversationId !== null && conversationId === state.watching,
  };
  return { ...state, notices: ordered([notice, ...state.notices]) };
}

/** What a host says, in a person's words: its title or what it is called, and its text. */
function words(type: string, data: unknown) {
  const fields = (typeof data === "object" && data !== null ? data : {}) as Record<string, unknown>;
  const text = (key: string) => (typeof fields[key] === "string" ? (fields[key] as string) : null);
  const title = text("title") ?? type.replace(/_/g, " ");
  return {
    name: title.charAt(0).toUpperCase() + title.slice(1),
    text: text("message") ?? text("body") ?? text("text"),
    conversationId: text("conversationId"),
  };
}

/**
 * An event of the host application, for the bell. A `notification` is the server's and comes with its number; any other
 * is kept here. The same event again changes nothing. `offset`: the server's clock minus this browser's.
 */
export function hostNotice(
  state: DeskState,
  type: string,
  data: unknown,
  at: number,
  event?: HostEvent,
  offset = 0,
): DeskState {
  if (event && state.notices.some(({ id }) => id === event.id)) return state;
  if (type !== "notification" || event?.number === undefined)
    return note(state, "host", at, { ...words(type, data), ...(event && { id: event.id }) });
  const notice: Notice = {
    id: event.id,
    number: event.number,
    kind: "host",
    ...words(type, data),
    at: Math.min(Date.parse(event.createdAt) - offset, at),
    read: false,
  };
  return { ...state, notices: ordered([notice, ...state.notices]), storedUnread: state.storedUnread + 1 };
}

/**
 * A page of what the server keeps. The first one takes the place of what was known when it was asked for; `asked` is the
 * newest number of that moment, null for a further page.
 */
export function stored(
  state: DeskState,
  page: { items: readonly StoredNotification[]; nextCursor: string | null; unread: number },
  asked: number | null,
  offset: number,
): DeskState {
  const listed = page.items.map(
    (item): Notice => ({
      id: item.id,
      number: item.number,
      kind: "host",
      ...words("notification", item.data),
      at: Date.parse(item.createdAt) - offset,
      read: item.read,
    }),
  );
  const ids = new Set(listed.map(({ id }) => id));
  const others = state.notices.filter((notice) => !ids.has(notice.id));
  if (asked === null) return { ...state, notices: ordered([...listed, ...others]), storedCursor: page.nextCursor };
  // It came while the list was under way.
  const came = others.filter((notice) => notice.number !== null && notice.number > asked);
  const own = others.filter((notice) => notice.number === null);
  return {
    ...state,
    notices: ordered([...came, ...listed, ...own]),
    storedCursor: page.nextCursor,
    storedUnread: page.unread + came.filter((notice) => !notice.read).length,
  };
}

/** How many are unread at the server, and what was read on one of the person's devices. */
export function counted(state: DeskState, data: { unread: number; readId?: string; readUpTo?: number }): DeskState {
  const { unread, readId, readUpTo = 0 } = data;
  const notices = state.notices.map((notice) =>
    notice.number !== null && !notice.read && (notice.id === readId || notice.number <= readUpTo)
      ? { ...notice, read: true }
      : notice,
  );
  const same = notices.every((notice, place) => notice === state.notices[place]);
  if (same && unread === state.storedUnread) return state;
  return { ...state, notices: same ? state.notices : notices, storedUnread: unread };
}

/** Everything that is known was seen. */
export function allRead(state: DeskState): DeskState {
  const known = newestStored(state) > 0;
  if (state.notices.every((notice) => notice.read) && !(known && state.storedUnread > 0)) return state;
  return {
    ...state,
    notices: state.notices.map((notice) => (notice.read ? notice : { ...notice, read: true })),
    storedUnread: known ? 0 : state.storedUnread,
  };
}

/** This browser's own were read or changed elsewhere; those of the server stay as they are. */
export function withOwn(state: DeskState, own: readonly Notice[]): DeskState {
  return { ...state, notices: ordered([...own, ...state.notices.filter((notice) => notice.number !== null)]) };
}

/** The number of the newest notification of the server that is known here; 0 when there is none. */
export const newestStored = ({ notices }: Pick<DeskState, "notices">): number =>
  notices.reduce((most, notice) => Math.max(most, notice.number ?? 0), 0);

/** What the bell counts. */
export const unreadNotices = ({ notices, storedUnread }: Pick<DeskState, "notices" | "storedUnread">): number =>
  notices.filter((notice) => notice.number === null && !notice.read).length + storedUnread;
