/** Orders the messages of a conversation into what is drawn: days, groups by sender and minute, the "new" line. Pure. */
import { sameDay } from "./time.ts";

/** How far a message of one's own has come. */
export type Mark = "queued" | "stored" | "delivered" | "read" | "failed";

export interface Source {
  title: string;
  /** Shown as a link only when it is http or https. */
  url?: string | null;
}

export interface ChatItem {
  /** The same through the whole life of a message, also while it is only here. */
  key: string;
  /** Milliseconds since 1970. */
  at: number;
  /** `me` on the end side; `note` is seen by agents only; `system` is a centred line. */
  side: "me" | "them" | "system" | "note";
  /** Who wrote it; groups are made by `id`. Of a system line: whom it is about, an `agent` with the picture. */
  sender: { id: string; name: string; kind: "customer" | "agent" | "assistant" | "system" };
  text: string;
  mark?: Mark;
  /** More of the text is coming. */
  streaming?: boolean;
  sources?: readonly Source[];
  /** Taken back by its sender: `text` says so. */
  removed?: boolean;
}

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "new"; key: string }
  | { kind: "system"; key: string; item: ChatItem }
  | { kind: "group"; key: string; items: readonly ChatItem[]; last: boolean };

/** Messages of one sender within a minute of each other stand together; a day or the "new" line ends a group. */
export function arrange(items: readonly ChatItem[], newFrom?: string | null): Row[] {
  const rows: Row[] = [];
  let group: ChatItem[] | null = null;
  let before: ChatItem | undefined;
  for (const item of items) {
    if (!before || !sameDay(before.at, item.at)) {
      rows.push({ kind: "day", key: `day-${item.key}`, at: item.at });
      group = null;
    }
    if (newFrom === item.key) {
      rows.push({ kind: "new", key: "new" });
      group = null;
    }
    if (item.side === "system") {
      rows.push({ kind: "system", key: item.key, item });
      group = null;
    } else if (group && before && joins(before, item)) {
      group.push(item);
    } else {
      group = [item];
      rows.push({ kind: "group", key: item.key, items: group, last: false });
    }
    before = item;
  }
  const end = rows[rows.length - 1];
  if (end?.kind === "group") end.last = true;
  return rows;
}

const joins = (a: ChatItem, b: ChatItem) =>
  a.side === b.side && a.sender.id === b.sender.id && Math.abs(b.at - a.at) < 60_000;
