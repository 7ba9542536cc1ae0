/** The messages, and what one writes in. */
import { arrange, type ChatItem } from "@switchboard/design/arrange";
import { linkify, safeHref } from "@switchboard/design/text";
import { dayOf, timeOf } from "@switchboard/design/time";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Control } from "./control.ts";
import {
  ArrowDownIcon,
  CheckCheckIcon,
  CheckIcon,
  CircleAlertIcon,
  ClockIcon,
  SendIcon,
  SparklesIcon,
} from "./icons.tsx";
import type { View } from "./model.ts";
import { Avatar, Dots, IconButton } from "./parts.tsx";
import type { Texts } from "./words.ts";

interface Props {
  view: View;
  control: Control;
  texts: Texts;
}

/** Somewhere else, without a word of where one comes from. */
const Link = ({ href, children }: { href: string; children: ComponentChildren }) => (
  <a href={href} target="_blank" rel="noopener noreferrer nofollow">
    {children}
  </a>
);

/** Foreign text: its words, its lines, and its links when they are http, https or mailto. */
const safe = (text: string) =>
  linkify(text).map((piece) => (typeof piece === "string" ? piece : <Link href={piece.href}>{piece.text}</Link>));

const SIGNS = {
  queued: ClockIcon,
  stored: CheckIcon,
  delivered: CheckCheckIcon,
  read: CheckCheckIcon,
  failed: CircleAlertIcon,
};

/** It stays at the end while the reader is there, and where the reader is when older ones come in. */
export function MessageList(props: Props & { children: ComponentChildren }) {
  const { view, control, texts, children } = props;
  const { items, writing } = view;
  const box = useRef<HTMLDivElement>(null);
  const [away, setAway] = useState(false);
  const held = useRef({ atEnd: true, height: 0, most: 0, first: "" });

  /** Goes where the reader is, or wants to be, after something changed its height. */
  const settle = (toEnd: boolean) => {
    const list = box.current;
    if (!list) return;
    const was = held.current;
    const first = items[0]?.key ?? "";
    if (toEnd) list.scrollTop = list.scrollHeight;
    else if (was.first !== first) list.scrollTop += list.scrollHeight - was.height;
    was.height = list.scrollHeight;
    was.most = was.height - list.clientHeight;
    was.first = first;
  };
  useEffect(() => {
    const last = items.at(-1);
    settle(held.current.atEnd || last?.mark === "queued");
  });
  useEffect(() => {
    const watch = new ResizeObserver(() => held.current.atEnd && settle(true));
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  const onScroll = () => {
    const list = box.current;
    const was = held.current;
    if (!list) return;
    const most = list.scrollHeight - list.clientHeight;
    // Something else took room: it was not the reader who moved away from the end.
    if (was.atEnd && most !== was.most) return settle(true);
    const atEnd = most - list.scrollTop < 48;
    if (atEnd !== was.atEnd) {
      was.atEnd = atEnd;
      setAway(!atEnd);
      control.seen(atEnd);
    }
    if (list.scrollTop < 120) control.older();
  };
  return (
    <div class="sb-messages">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="sb-scroll" ref={box} onScroll={onScroll} role="log" aria-label={texts.t("list.label")} tabIndex={0}>
        {arrange(items, control.newFrom).map((row) =>
          row.kind === "group" ? (
            <Group key={row.key} {...props} items={row.items} />
          ) : (
            <p key={row.key} class={`sb-${row.kind}`}>
              {row.kind === "day" && dayOf(row.at, control.state.now, texts.language)}
              {row.kind === "new" && texts.t("list.new")}
              {row.kind === "system" && row.item.sender.kind === "agent" && (
                <Avatar name={row.item.sender.name} size={32} />
              )}
              {row.kind === "system" && safe(row.item.text)}
            </p>
          ),
        )}
        {writing && (
          <p class="sb-writing">
            <Dots />
            {texts.t("list.writing", { name: writing })}
          </p>
        )}
        {children}
      </div>
      {away && (
        <IconButton class="sb-latest" label={texts.t("list.latest")} onClick={() => settle(true)}>
          <ArrowDownIcon />
        </IconButton>
      )}
    </div>
  );
}

function Group({ items, control, texts }: Props & { items: readonly ChatItem[] }) {
  const first = items[0];
  const last = items.at(-1);
  if (!first || !last) return null;
  const { name, kind } = first.sender;
  const bot = kind === "assistant";
  const mine = first.side === "me";
  const { mark } = last;
  const Sign = mark && SIGNS[mark];
  const word = mark && texts.t(`mark.${mark}`);
  const sources = items.flatMap((item) => item.sources ?? []);
  return (
    <article class={`sb-group sb-${first.side}${bot ? " sb-by-assistant" : ""}`}>
      {!mine && (
        <Avatar name={name} size={24}>
          {bot && <SparklesIcon small />}
        </Avatar>
      )}
      <div class="sb-group-body">
        <p class={mine ? "sb-hush" : "sb-sender"}>{name}</p>
        {items.map((item) => (
          <div
            dir="auto"
            key={item.key}
            class={`sb-bubble${item.streaming ? " sb-streaming" : ""}${item.removed ? " sb-removed" : ""}${item.mark === "failed" ? " sb-failed" : ""}`}
          >
            {safe(item.text)}
            {item.streaming && <span class="sb-caret" />}
            {item.mark === "failed" && (
              <button type="button" class="sb-retry" onClick={() => control.retry(item.key)}>
                {texts.t("mark.failed")}
              </button>
            )}
          </div>
        ))}
        {sources.length > 0 && (
          <ul class="sb-sources" aria-label={texts.t("list.sources")}>
            {sources.map(({ title, url }, index) => {
              const href = url && safeHref(url);
              const inside = [<span aria-hidden="true">{index + 1}</span>, title];
              return <li>{href ? <Link href={href}>{inside}</Link> : <span>{inside}</span>}</li>;
            })}
          </ul>
        )}
        <p class="sb-when">
          <time dateTime={new Date(last.at).toISOString()}>{timeOf(last.at, texts.language)}</time>
          {Sign && (
            <span class={`sb-mark sb-mark-${mark}`} role="img" aria-label={word} title={word}>
              <Sign />
            </span>
          )}
        </p>
      </div>
    </article>
  );
}

/** Enter sends and Shift+Enter breaks; an Enter that ends a composition (Japanese, Chinese, Korean) does neither. */
export function Composer(props: {
  control: Control;
  texts: Texts;
  area: { current: HTMLTextAreaElement | null };
  maxLength: number;
}) {
  const { control, texts, area, maxLength } = props;
  const value = control.draft;
  const text = value.trim();
  useEffect(() => {
    const box = area.current;
    if (!box) return;
    // Up to five lines.
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 120)}px`;
  }, [value]);
  const send = (event: Event) => {
    event.preventDefault();
    if (text) control.send(text);
    area.current?.focus();
  };
  return (
    <form class="sb-composer" onSubmit={send}>
      <textarea
        ref={area}
        rows={1}
        aria-label={texts.t("compose.label")}
        placeholder={texts.t("write")}
        value={value}
        dir={value ? "auto" : undefined}
        enterkeyhint="send"
        maxLength={maxLength}
        onInput={(event) => control.typed(event.currentTarget.value)}
        onKeyDown={(event) => {
          const { key, isComposing, keyCode, shiftKey, altKey, ctrlKey, metaKey } = event;
          if (key !== "Enter" || isComposing || keyCode === 229 || shiftKey || altKey || ctrlKey || metaKey) return;
          send(event);
        }}
      />
      <IconButton type="submit" class="sb-send" label={texts.t("compose.send")} aria-disabled={!text}>
        <SendIcon />
      </IconButton>
    </form>
  );
}
