import type { HostEvent } from "@switchboard/client";
import type { StoredNotification } from "@switchboard/client/notifications";
import { describe, expect, test } from "vitest";
import { hostNotice, newestStored, unreadNotices } from "../src/model/notices.ts";
import { type DeskAction, reduce } from "../src/model/reduce.ts";
import { type DeskState, emptyDesk } from "../src/model/state.ts";
import { ME, NOW } from "./samples.ts";

/** The server's clock is two seconds ahead. */
const OFFSET = 2_000;
const made = (number: number) => new Date(NOW + number * 1_000 + OFFSET).toISOString();

const event = (number: number, more: Partial<HostEvent> = {}): HostEvent => ({
  id: `e${number}`,
  number,
  priority: "normal",
  createdAt: made(number),
  ...more,
});

const item = (number: number, read = false): StoredNotification => ({
  ...event(number),
  number,
  createdAt: made(number),
  data: { title: `n${number}`, message: "Room 12" },
  read,
});

/** `asked`: the newest that was known when it was asked for; null for a further page. */
const page = (
  items: StoredNotification[],
  unread: number,
  { nextCursor = null, asked = 99 }: { nextCursor?: string | null; asked?: number | null } = {},
): DeskAction => ({ type: "stored", page: { items, unread, nextCursor }, asked, offset: OFFSET });

const count = (data: { unread: number; readId?: string; readUpTo?: number }): DeskAction => ({
  type: "event",
  event: { type: "notification_count", data },
  at: NOW,
  offset: OFFSET,
});

const live = (state: DeskState, number: number) =>
  hostNotice(state, "notification", item(number).data, NOW + number * 1_000, event(number), OFFSET);

const run = (actions: DeskAction[], state = emptyDesk(ME)) => actions.reduce(reduce, state);
const shown = ({ notices }: DeskState) => notices.map(({ name, read }) => `${name}${read ? "" : " *"}`);

describe("what the server keeps", () => {
  test("is listed with this desk's own, by time, and counted as the server counts it", () => {
    const own = hostNotice(emptyDesk(ME), "order_ready", { order: 4 }, NOW + 1_500);
    const state = run([page([item(2), item(1, true)], 7)], own);
    expect(shown(state)).toEqual(["N2 *", "Order ready *", "N1"]);
    expect(unreadNotices(state)).toBe(8);
    expect(state.notices[0]).toMatchObject({ number: 2, at: NOW + 2_000, text: "Room 12" });
  });

  test("comes live once, however often it is told, and before or after the list", () => {
    const once = live(live(emptyDesk(ME), 3), 3);
    expect([shown(once), unreadNotices(once)]).toEqual([["N3 *"], 1]);
    const listed = run([page([item(3)], 1)], once);
    expect([shown(listed), unreadNotices(listed)]).toEqual([["N3 *"], 1]);
    expect(live(listed, 3)).toBe(listed);
    // The list was on its way when it came.
    const late = run([page([item(2)], 1, { asked: 2 })], once);
    expect([shown(late), unreadNotices(late)]).toEqual([["N3 *", "N2 *"], 2]);
  });

  test("that is gone from the server is gone from the bell", () => {
    const state = run([page([item(2), item(1)], 2), page([item(2)], 1)]);
    expect([shown(state), unreadNotices(state)]).toEqual([["N2 *"], 1]);
    expect(shown(run([page([], 0)], state))).toEqual([]);
  });

  test("is read on another device: one, or all up to one", () => {
    const state = run([page([item(3), item(2), item(1)], 3)]);
    const one = run([count({ unread: 2, readId: "e2" })], state);
    expect([shown(one), unreadNotices(one)]).toEqual([["N3 *", "N2", "N1 *"], 2]);
    const all = run([count({ unread: 1, readUpTo: 2 })], state);
    expect([shown(all), unreadNotices(all)]).toEqual([["N3 *", "N2", "N1"], 1]);
    expect(reduce(all, count({ unread: 1 }))).toBe(all);
  });

  test("is read here with everything that the bell shows, also what is on later pages", () => {
    const state = run([page([item(9)], 40, { nextCursor: "9" })]);
    const read = run([{ type: "notices_read" }], state);
    expect([shown(read), unreadNotices(read), newestStored(read)]).toEqual([["N9"], 0, 9]);
    expect(reduce(read, { type: "notices_read" })).toBe(read);
    // While the list is not known nothing is said to be read.
    const unknown = run([count({ unread: 4 }), { type: "notices_read" }]);
    expect(unreadNotices(unknown)).toBe(4);
  });

  test("goes on page by page, and the first page begins anew", () => {
    const first = run([page([item(4)], 2, { nextCursor: "4" })]);
    const both = run([page([item(3)], 2, { asked: null })], first);
    expect([shown(both), both.storedCursor]).toEqual([["N4 *", "N3 *"], null]);
    expect(shown(run([page([item(4)], 2, { nextCursor: "4" })], both))).toEqual(["N4 *"]);
  });

  test("is not touched by what another window of this browser says of its own", () => {
    const state = hostNotice(run([page([item(1)], 1)]), "order_ready", {}, NOW + 5_000);
    const own = state.notices.filter(({ number }) => number === null).map((notice) => ({ ...notice, read: true }));
    expect(shown(run([{ type: "notices", notices: own }], state))).toEqual(["Order ready", "N1 *"]);
  });
});

test("an event that is kept and no notification is the desk's own, once", () => {
  const again = (state: DeskState) => hostNotice(state, "booking_created", { title: "Room 12" }, NOW, event(5), OFFSET);
  const state = again(emptyDesk(ME));
  expect(state.notices).toMatchObject([{ id: "e5", number: null, name: "Room 12" }]);
  expect(again(state)).toBe(state);
  expect(unreadNotices(state)).toBe(1);
});
