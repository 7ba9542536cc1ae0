import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { arrange, type ChatItem, type Mark, type Source } from "./arrange.ts";
import { classes, IconButton, useGrowing } from "./controls.tsx";
import {
  ArrowDownIcon,
  CheckCheckIcon,
  CheckIcon,
  CircleAlertIcon,
  ClockIcon,
  SendIcon,
  SparklesIcon,
} from "./icons.tsx";
import { Avatar } from "./show.tsx";
import { linkify, safeHref } from "./text.ts";
import { dayOf, timeOf } from "./time.ts";

export type ConversationKey =
  | "mark.queued"
  | "mark.stored"
  | "mark.delivered"
  | "mark.read"
  | "mark.failed"
  | "list.new"
  | "list.latest"
  | "list.sources"
  | "list.label"
  | "list.writing"
  | "list.note"
  | "compose.label"
  | "compose.send";
export interface ConversationWords {
  language: string;
  t(key: ConversationKey, fill?: Record<string, string | number>): string;
}

/** Foreign text: its words, its lines, and its links when they are http, https or mailto. */
export function SafeText({ text }: { text: string }) {
  return (
    <>
      {linkify(text).map((piece, index) =>
        typeof piece === "string" ? (
          piece
        ) : (
          <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        ),
      )}
    </>
  );
}

/** How far a message came: clock, ✓, ✓✓, filled ✓✓; with the word for those who cannot see it. */
export function MarkSign({ mark, words }: { mark: Mark; words: ConversationWords }) {
  const Sign = {
    queued: ClockIcon,
    stored: CheckIcon,
    delivered: CheckCheckIcon,
    read: CheckCheckIcon,
    failed: CircleAlertIcon,
  }[mark];
  const word = words.t(`mark.${mark}`);
  return (
    <span class={`sb-mark sb-mark-${mark}`} title={word}>
      <Sign />
      <span class="sb-hush">{word}</span>
    </span>
  );
}

/** Where the assistant has it from. */
export function Sources({ sources, words }: { sources: readonly Source[]; words: ConversationWords }) {
  return (
    <ul class="sb-sources" aria-label={words.t("list.sources")}>
      {sources.map(({ title, url }, index) => {
        const href = url ? safeHref(url) : null;
        const inside = (
          <>
            <span class="sb-num" aria-hidden="true">
              {index + 1}
            </span>
            {title}
          </>
        );
        return (
          <li key={index}>
            {href ? (
              <a href={href} target="_blank" rel="noopener noreferrer nofollow">
                {inside}
              </a>
            ) : (
              <span>{inside}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

export function Bubble({
  item,
  words,
  onRetry,
}: {
  item: ChatItem;
  words: ConversationWords;
  onRetry?: (key: string) => void;
}) {
  return (
    <div
      dir="auto"
      class={classes(
        "sb-bubble",
        item.streaming && "sb-streaming",
        item.removed && "sb-removed",
        item.mark === "failed" && "sb-failed",
      )}
    >
      <SafeText text={item.text} />
      {item.streaming && <span class="sb-caret" aria-hidden="true" />}
      {item.mark === "failed" && onRetry && (
        <button type="button" class="sb-retry" onClick={() => onRetry(item.key)}>
          {words.t("mark.failed")}
        </button>
      )}
    </div>
  );
}

export interface MessageListProps {
  items: readonly ChatItem[];
  words: ConversationWords;
  now: number;
  /** Key of the first message that was not seen yet. */
  newFrom?: string | null;
  /** Who is writing; none is `null`. */
  writing?: string | null;
  onRetry?: (key: string) => void;
  /** Asked when the reader comes near the start. */
  onOlder?: () => void;
  /** Whether the reader is at the end: what arrives is then seen. */
  onAtEnd?: (atEnd: boolean) => void;
  /** Shown before the first message. */
  start?: ComponentChildren;
  /** Shown after the last. */
  end?: ComponentChildren;
  /** The place of the sender's picture, such as the assistant's sign. */
  avatar?: (item: ChatItem) => ComponentChildren;
}

/** The messages. It stays at the end while the reader is there, and where the reader is when older ones come in. */
export function MessageList(props: MessageListProps) {
  const { items, words, now, onAtEnd, onOlder } = props;
  const box = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const held = useRef({ atEnd: true, height: 0, first: "", top: 0 });
  const rows = useMemo(() => arrange(items, props.newFrom), [items, props.newFrom]);
  const last = items[items.length - 1];

  const far = (list: HTMLElement) => list.scrollHeight - list.scrollTop - list.clientHeight >= 48;
  const tell = (atEnd: boolean) => {
    if (atEnd === held.current.atEnd) return;
    held.current.atEnd = atEnd;
    setAway(!atEnd);
    onAtEnd?.(atEnd);
  };
  useLayoutEffect(() => {
    const list = box.current;
    if (!list) return;
    const was = held.current;
    const first = items[0]?.key ?? "";
    if (was.atEnd || (last?.side === "me" && last.mark === "queued")) list.scrollTop = list.scrollHeight;
    else if (was.first !== first) list.scrollTop += list.scrollHeight - was.height;
    was.height = list.scrollHeight;
    was.first = first;
    was.top = list.scrollTop;
    // What was above is gone, or there is more room: the reader is at the end without having moved.
    if (!was.atEnd && !far(list)) tell(true);
  });
  useLayoutEffect(() => {
    const list = box.current;
    if (!list || typeof ResizeObserver === "undefined") return;
    const watch = new ResizeObserver(() => {
      if (held.current.atEnd) list.scrollTop = list.scrollHeight;
      held.current.top = list.scrollTop;
    });
    watch.observe(list);
    return () => watch.disconnect();
  }, []);

  const onScroll = () => {
    const list = box.current;
    if (!list) return;
    const up = list.scrollTop < held.current.top - 1;
    // Away is who went away: when what is shown grew under a reader at the end, the end is gone after.
    if (far(list) && held.current.atEnd && !up) list.scrollTop = list.scrollHeight;
    else tell(!far(list));
    held.current.top = list.scrollTop;
    if (list.scrollTop < 120) onOlder?.();
  };
  const jump = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  return (
    <div class="sb-messages">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="sb-scroll" ref={box} onScroll={onScroll} role="log" aria-label={words.t("list.label")} tabIndex={0}>
        {props.start}
        {rows.map((row) => {
          if (row.kind === "day")
            return (
              <p key={row.key} class="sb-day">
                <span>{dayOf(row.at, now, words.language)}</span>
              </p>
            );
          if (row.kind === "new")
            return (
              <p key={row.key} class="sb-new">
                <span>{words.t("list.new")}</span>
              </p>
            );
          if (row.kind === "system")
            return (
              <p key={row.key} class="sb-system">
                {row.item.sender.kind === "agent" && <Avatar name={row.item.sender.name} size={32} />}
                <SafeText text={row.item.text} />
              </p>
            );
          return <Group key={row.key} {...props} items={row.items} />;
        })}
        {props.writing && (
          <p class="sb-writing">
            <span class="sb-dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {words.t("list.writing", { name: props.writing })}
          </p>
        )}
        {props.end}
      </div>
      {away && (
        <IconButton class="sb-latest" label={words.t("list.latest")} onClick={jump}>
          <ArrowDownIcon />
        </IconButton>
      )}
    </div>
  );
}

function Group(props: {
  items: readonly ChatItem[];
  avatar?: MessageListProps["avatar"];
  words: ConversationWords;
  onRetry?: MessageListProps["onRetry"];
}) {
  const { items, words, onRetry, avatar } = props;
  const first = items[0];
  const last = items[items.length - 1];
  if (!first || !last) return null;
  const bot = first.sender.kind === "assistant";
  const sources = items.flatMap((item) => item.sources ?? []);
  return (
    <article class={classes("sb-group", `sb-${first.side}`, bot && "sb-by-assistant")}>
      {first.side !== "me" && (
        <Avatar name={first.sender.name} size={24} assistant={bot}>
          {avatar?.(first) ?? (bot ? <SparklesIcon small /> : undefined)}
        </Avatar>
      )}
      <div class="sb-group-body">
        {first.side !== "me" ? (
          <p class="sb-sender">
            {first.sender.name}
            {first.side === "note" && ` · ${words.t("list.note")}`}
          </p>
        ) : (
          <span class="sb-hush">{first.sender.name}</span>
        )}
        {items.map((item) => (
          <Bubble key={item.key} item={item} words={words} {...(onRetry ? { onRetry } : {})} />
        ))}
        {sources.length > 0 && <Sources sources={sources} words={words} />}
        <p class="sb-when">
          <time class="sb-num" dateTime={new Date(last.at).toISOString()}>
            {timeOf(last.at, words.language)}
          </time>
          {last.mark && <MarkSign mark={last.mark} words={words} />}
        </p>
      </div>
    </article>
  );
}

export interface ComposerProps {
  value: string;
  onInput: (text: string) => void;
  /** The trimmed text; the composer does not empty itself. */
  onSend: (text: string) => void;
  words: ConversationWords;
  placeholder: string;
  /** Nothing can be sent; what was typed stays. */
  disabled?: boolean;
  maxLength?: number;
  /** Before the text area: attach, emoji. */
  before?: ComponentChildren;
  /** Sees a key first; `true` when it was used (a list of canned replies, for example). */
  onKey?: (event: KeyboardEvent) => boolean;
  /** Gets the text area, to put the focus there. */
  areaRef?: (area: HTMLTextAreaElement | null) => void;
}

/** Enter sends and Shift+Enter breaks; an Enter that ends a composition (Japanese, Chinese, Korean) does neither. */
export function Composer(props: ComposerProps) {
  const { value, onInput, onSend, words, disabled } = props;
  const area = useGrowing(value, 5);
  const text = value.trim();
  const send = () => {
    if (text && !disabled) onSend(text);
    area.current?.focus();
  };
  return (
    <form
      class="sb-composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {props.before}
      <textarea
        ref={(element) => {
          area.current = element;
          props.areaRef?.(element);
        }}
        rows={1}
        aria-label={words.t("compose.label")}
        placeholder={props.placeholder}
        value={value}
        dir={value ? "auto" : undefined}
        enterkeyhint="send"
        maxLength={props.maxLength}
        onInput={(event) => onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.isComposing || event.keyCode === 229) return;
          if (props.onKey?.(event)) return event.preventDefault();
          if (event.key !== "Enter" || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
          event.preventDefault();
          send();
        }}
      />
      <IconButton type="submit" class="sb-send" label={words.t("compose.send")} aria-disabled={!text || disabled}>
        <SendIcon />
      </IconButton>
    </form>
  );
}
