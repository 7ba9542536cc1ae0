import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { hueOf, initials } from "./colour.ts";
import { classes } from "./controls.tsx";
import { CircleAlertIcon, InboxIcon, WifiOffIcon } from "./icons.tsx";
import { clock, type Wait } from "./time.ts";
import { type WaitKey, waitSentence } from "./wait.ts";

export type Tone = "plain" | "accent" | "waiting" | "overdue" | "connected" | "assistant";

/** A short word set apart. The word carries the meaning, the colour repeats it. */
export function Badge({
  tone = "plain",
  icon,
  children,
}: {
  tone?: Tone;
  icon?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <span class={classes("sb-badge", `sb-tone-${tone}`)}>
      {icon}
      {children}
    </span>
  );
}

/** How many; nothing when there is none. `label` says of what. */
export function Count({ value, label, tone = "accent" }: { value: number; label: string; tone?: Tone }) {
  if (value <= 0) return null;
  return (
    <span class={classes("sb-badge sb-count sb-num", `sb-tone-${tone}`)} role="img" aria-label={label}>
      {value > 99 ? "99+" : value}
    </span>
  );
}

/** A state with its word: the dot's shape tells it too (full, ring, bar). */
export function StatusDot({
  state,
  word,
  hush,
}: {
  state: "on" | "busy" | "away" | "off" | "assistant";
  word: string;
  hush?: boolean;
}) {
  return (
    <span class="sb-status">
      <span class={`sb-dot sb-${state}`} aria-hidden="true" />
      <span class={hush ? "sb-hush" : undefined}>{word}</span>
    </span>
  );
}

/** Initials on a colour that belongs to the name. `image` only from one's own server. */
export function Avatar({
  name,
  size = 32,
  assistant,
  children,
}: {
  name: string;
  size?: 24 | 32 | 40 | 64;
  assistant?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <span
      class={classes("sb-avatar", `sb-size-${size}`, assistant ? "sb-bot" : `sb-hue-${hueOf(name)}`)}
      aria-hidden="true"
    >
      {children ?? initials(name)}
    </span>
  );
}

/** How full something is. `words` is what is read aloud and shown on hover. */
export function Meter({
  value,
  most,
  words,
  tone = "accent",
  label,
}: {
  value: number;
  most: number;
  words: string;
  label: string;
  tone?: Tone;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: the browser's own meter cannot be coloured by tone
    <span
      class={classes("sb-meter", `sb-tone-${tone}`)}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={most}
      aria-valuenow={Math.min(value, most)}
      aria-valuetext={words}
      title={words}
    >
      <span style={{ inlineSize: `${most > 0 ? Math.min(100, (value / most) * 100) : 0}%` }} />
    </span>
  );
}

/** True once `milliseconds` have gone by: what takes shorter is not announced as loading. */
export function useAfter(milliseconds: number): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setOver(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return over;
}

/** The shape of what is coming. Nothing is shown in the first 300 ms. */
export function Skeleton({ label, rows = 3, now }: { label: string; rows?: number; now?: boolean }) {
  const over = useAfter(300);
  return (
    <div class={classes("sb-skeleton", (over || now) && "sb-shown")} role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} aria-hidden="true" />
      ))}
    </div>
  );
}

interface StateProps {
  title: string;
  children?: ComponentChildren;
  icon?: ComponentChildren;
  action?: ComponentChildren;
}

/** What belongs here, and how it comes. */
export function EmptyState({ title, children, icon, action }: StateProps) {
  return (
    <div class="sb-state">
      <span class="sb-state-icon">{icon ?? <InboxIcon />}</span>
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** What happened, what is safe, and what to do. */
export function ErrorState({ title, children, icon, action }: StateProps) {
  return (
    <div class="sb-state sb-tone-overdue" role="alert">
      <span class="sb-state-icon">{icon ?? <CircleAlertIcon />}</span>
      <h3>{title}</h3>
      {children && <p>{children}</p>}
      {action}
    </div>
  );
}

/** A line across the top of a view: offline, not responding, stale. */
export function Banner({
  tone = "waiting",
  icon,
  children,
  action,
}: {
  tone?: Tone;
  icon?: ComponentChildren;
  children: ComponentChildren;
  action?: ComponentChildren;
}) {
  return (
    <div class={classes("sb-banner", `sb-tone-${tone}`)} role="status">
      {icon ?? <WifiOffIcon small />}
      <p>{children}</p>
      {action}
    </div>
  );
}

/** The clock of this device, told once a second while somebody looks. */
export function useNow(every = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** Time left until `until` (milliseconds since 1970), "0:14"; amber in the last ten seconds. */
export function Countdown({ until, from, label }: { until: number; from?: number; label: string }) {
  const now = useNow(250);
  const left = Math.max(0, until - now);
  const share = from && until > from ? left / (until - from) : undefined;
  return (
    <span class={classes("sb-countdown", left < 10_000 && "sb-soon")} role="timer" aria-label={label}>
      {share !== undefined && (
        <svg viewBox="0 0 20 20" aria-hidden="true" class="sb-ring">
          <circle cx="10" cy="10" r="8" />
          <circle cx="10" cy="10" r="8" pathLength={100} stroke-dasharray={`${share * 100} 100`} />
        </svg>
      )}
      <span class="sb-num">{clock(left + 999)}</span>
    </span>
  );
}

export { type WaitKey, waitSentence };

export function WaitText(props: {
  t: (key: WaitKey, fill?: Record<string, string | number>) => string;
  position: number | null;
  wait: Wait | null;
  /** It is old: dimmed. */
  stale?: boolean;
}) {
  return (
    <span class={classes("sb-num", props.stale && "sb-stale")}>
      {waitSentence(props.t, props.position, props.wait)}
    </span>
  );
}

const FACES = ["M8 16q4-4 8 0", "M8.5 15.5q3.5-2 7 0", "M8 15.5h8", "M8.5 14.5q3.5 2.5 7 0", "M7.5 13.5q4.5 6 9 0"];

/** Five faces, each with its word: 1 the worst, 5 the best. */
export function RatingFaces(props: {
  /** The question. */
  label: string;
  /** Five words, worst first. */
  words: readonly string[];
  value: number | null;
  onRate: (value: number) => void;
  disabled?: boolean;
}) {
  return (
    <fieldset class="sb-faces" disabled={props.disabled}>
      <legend>{props.label}</legend>
      <div>
        {FACES.map((mouth, index) => (
          <button
            key={mouth}
            type="button"
            aria-pressed={props.value === index + 1}
            class={`sb-face sb-face-${index + 1}`}
            onClick={() => props.onRate(index + 1)}
          >
            <svg viewBox="0 0 24 24" class="sb-icon" aria-hidden="true">
              <circle cx="12" cy="12" r="10" />
              <path d={`M9 9.5v.5M15 9.5v.5${mouth}`} />
            </svg>
            <span>{props.words[index]}</span>
          </button>
        ))}
      </div>
    </fieldset>
  );
}

export interface Column<Row> {
  id: string;
  head: ComponentChildren;
  cell: (row: Row) => ComponentChildren;
  /** A number: aligned to the end, tabular. */
  number?: boolean;
  /** Sorted by a click on its head. */
  sortable?: boolean;
}

/** A table with a caption for those who cannot see it; a row may be opened by click or Enter. */
export function Table<Row>(props: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  sort?: { id: string; down: boolean };
  onSort?: (id: string) => void;
  onOpen?: (row: Row) => void;
  /** Words for "nothing here". */
  empty?: ComponentChildren;
  dense?: boolean;
}) {
  const { columns, rows, sort, onOpen, onSort } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="sb-table-frame" tabIndex={0} aria-label={props.caption}>
      <table class={classes("sb-table", props.dense && "sb-dense")}>
        <caption class="sb-hush">{props.caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                class={column.number ? "sb-end" : undefined}
                aria-sort={sort?.id === column.id ? (sort.down ? "descending" : "ascending") : undefined}
              >
                {column.sortable && onSort ? (
                  <button type="button" onClick={() => onSort(column.id)}>
                    {column.head}
                  </button>
                ) : (
                  column.head
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr
              key={props.keyOf(row)}
              class={onOpen && "sb-opens"}
              tabIndex={onOpen ? 0 : undefined}
              onClick={onOpen && (() => onOpen(row))}
              onKeyDown={
                onOpen && ((event) => event.key === "Enter" && event.target === event.currentTarget && onOpen(row))
              }
            >
              {columns.map((column) => (
                <td key={column.id} class={column.number ? "sb-end sb-num" : undefined}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && props.empty}
    </section>
  );
}
