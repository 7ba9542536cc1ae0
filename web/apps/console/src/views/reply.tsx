import type { Conversation } from "@switchboard/client";
import {
  Button,
  Composer,
  classes,
  EmojiButton,
  IconButton,
  MessageCircleIcon,
  StickyNoteIcon,
  ZapIcon,
} from "@switchboard/design";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { asError } from "../live/desk.ts";
import { type Canned, fillCanned, matching, slashOf } from "../model/canned.ts";
import type { Row } from "../model/state.ts";
import { failure, t, useFrame, words } from "./frame.tsx";

/** The longest message, characters. */
const MOST = 8000;

/** Where answers and notes are written. What was typed stays with its conversation. */
export function Reply({ conversation, row }: { conversation: Conversation; row: Row }) {
  const { desk, ui } = useFrame();
  const id = row.id;
  const [draft, setDraft] = useState(() => ui.drafts.get(id));
  const [noting, setNoting] = useState(false);
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState(false);
  const area = useRef<HTMLTextAreaElement | null>(null);
  const canned = desk.canned.value;
  const word = draft.note ? null : slashOf(draft.text);
  const all = canned.phase === "ready" ? canned.value : [];
  const found = useMemo(() => (word === null ? [] : matching(all, word)), [all, word]);
  const open = word !== null && !dismissed;

  const write = (text: string, note = draft.note) => {
    setDraft({ text, note });
    ui.setDraft(id, text, note);
    setChosen(0);
    if (slashOf(text) === null) setDismissed(false);
    if (note) conversation.stopTyping();
    else if (text.trim() === "" || slashOf(text) !== null) conversation.stopTyping();
    else conversation.typing();
  };

  // Somebody asked for the composer: by a key, or by opening a conversation to answer in it.
  const asked = ui.compose.value;
  const answered = useRef<number | null>(null);
  useEffect(() => {
    if (!asked || answered.current === asked.nth) return;
    answered.current = asked.nth;
    if (asked.mode === "note") write(draft.text, true);
    else if (asked.mode === "canned" && draft.text === "") write("/", false);
    else if (draft.note && asked.mode === "canned") write(draft.text, false);
    area.current?.focus();
  });

  const listId = `canned-${id}`;
  useEffect(() => {
    const field = area.current;
    if (!field) return;
    field.setAttribute("aria-label", draft.note ? t("compose.note") : t("compose.reply", { name: row.customerName }));
    const set = (name: string, value: string | null) =>
      value === null ? field.removeAttribute(name) : field.setAttribute(name, value);
    set("aria-autocomplete", open ? "list" : null);
    set("aria-controls", open && found.length > 0 ? listId : null);
    set("aria-activedescendant", open && found[chosen] ? `${listId}-${chosen}` : null);
  });

  const use = (answer: Canned) => {
    write(fillCanned(answer.content, { customer: row.customerName, agent: desk.state.peek().me.name }), false);
    area.current?.focus();
  };
  /** Where the cursor is; several can be put in one after the other. */
  const insert = (sign: string) => {
    const field = area.current;
    const [from, to] = field ? [field.selectionStart, field.selectionEnd] : [draft.text.length, draft.text.length];
    const text = draft.text.slice(0, from) + sign + draft.text.slice(to);
    if (text.length > MOST) return;
    write(text);
    field?.focus();
    // Once the new text stands in the field.
    requestAnimationFrame(() => field?.setSelectionRange(from + sign.length, from + sign.length));
  };
  const onKey = (event: KeyboardEvent): boolean => {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (open) setDismissed(true);
      else {
        area.current?.blur();
        document.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"]`)?.focus();
      }
      return true;
    }
    if (!open || found.length === 0) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((chosen + step + found.length) % found.length);
      return true;
    }
    const answer = found[chosen];
    if ((event.key === "Enter" || event.key === "Tab") && !event.shiftKey && answer) {
      use(answer);
      return true;
    }
    return false;
  };

  const send = (text: string) => {
    if (!draft.note) {
      conversation.stopTyping();
      // What becomes of it stands at the message: kept, stored, read, or refused with a way to try again.
      conversation.send(text).stored.catch(() => {});
      desk.read(id);
      write("", false);
      return;
    }
    if (noting) return;
    setNoting(true);
    conversation
      .addNote(text)
      .then(() => write("", true))
      .catch((error: unknown) =>
        ui.toast(`${failure(asError(error).code)} ${t("compose.note_kept")}`, { tone: "overdue" }),
      )
      .finally(() => setNoting(false));
  };

  return (
    <div class={classes("reply", draft.note && "noting")}>
      {open && (
        <div class="canned">
          {found.length > 0 ? (
            <div role="listbox" id={listId} aria-label={t("canned.label")}>
              {found.map((answer, index) => (
                // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the chosen one
                // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are heard by the field
                <div
                  key={answer.id}
                  id={`${listId}-${index}`}
                  role="option"
                  aria-selected={index === chosen}
                  onPointerDown={(event) => event.preventDefault()}
                  onClick={() => use(answer)}
                  onPointerMove={() => index !== chosen && setChosen(index)}
                >
                  <span class="canned-key">/{answer.shortcut}</span>
                  <span class="canned-title">{answer.title}</span>
                  <span class="canned-text">{answer.content}</span>
                </div>
              ))}
            </div>
          ) : (
            <p role="status">
              {canned.phase === "loading"
                ? t("canned.loading")
                : canned.phase === "failed"
                  ? t("canned.failed")
                  : all.length === 0
                    ? t("canned.none")
                    : t("canned.nothing", { word: word ?? "" })}
            </p>
          )}
        </div>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is no flex row everywhere */}
      <div class="modes" role="group" aria-label={t("compose.modes")}>
        <Button
          small
          kind="plain"
          icon={<MessageCircleIcon small />}
          aria-pressed={!draft.note}
          onClick={() => {
            write(draft.text, false);
            area.current?.focus();
          }}
        >
          {t("compose.as_reply")}
        </Button>
        <Button
          small
          kind="plain"
          icon={<StickyNoteIcon small />}
          aria-pressed={draft.note}
          onClick={() => {
            write(draft.text, true);
            area.current?.focus();
          }}
        >
          {t("compose.as_note")}
        </Button>
        <span class="gap" />
        {draft.text.length > MOST - 500 && (
          <span class="sb-num sb-soft" role="status">
            {t("compose.left", { count: MOST - draft.text.length })}
          </span>
        )}
        <EmojiButton
          words={{ open: t("emoji.open"), label: t("emoji.label"), search: t("emoji.search"), none: t("emoji.none") }}
          onPick={insert}
          onEscape={() => area.current?.focus()}
        />
        <IconButton
          small
          label={t("canned.insert")}
          onClick={() => {
            if (draft.text === "") write("/", false);
            area.current?.focus();
          }}
        >
          <ZapIcon small />
        </IconButton>
      </div>
      <Composer
        value={draft.text}
        onInput={(text) => write(text)}
        onSend={send}
        words={words}
        placeholder={draft.note ? t("compose.note_hint") : t("compose.reply_hint")}
        maxLength={MOST}
        onKey={onKey}
        areaRef={(field) => {
          area.current = field;
        }}
      />
      {draft.note && <p class="note-hint">{t("compose.note_private")}</p>}
    </div>
  );
}
