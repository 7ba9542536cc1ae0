/** Letting somebody who waits come sooner or later. */
import type { QueueRow } from "@switchboard/client";
import { Button, Dialog, Field } from "@switchboard/design";
import { useState } from "preact/hooks";
import { asError } from "../live/board.ts";
import { useBoard } from "../live/context.ts";
import { toast } from "../live/toasts.ts";
import { priorityOf } from "../model/forms.ts";
import { n, t } from "../texts.ts";
import { errorWords } from "./parts.tsx";

/** One press for what is wanted mostly; any other number can be written. */
const STEPS = [
  ["normal", 0],
  ["raised", 3],
  ["urgent", 10],
] as const;

export function PriorityDialog({ row, onClose }: { row: QueueRow; onClose: () => void }) {
  const board = useBoard();
  const [text, setText] = useState(String(row.priority));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const save = async () => {
    const priority = priorityOf(text);
    if (priority === null) return setError(t("problem.priority"));
    setBusy(true);
    setError(null);
    try {
      await board.calls.setPriority(row.conversationId, priority);
      toast(t("priority.done", { name: row.userName, priority: n(priority) }), "connected");
      onClose();
    } catch (cause) {
      setError(errorWords(asError(cause)));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      title={t("priority.title", { name: row.userName })}
      closeLabel={t("action.close_dialog")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button kind="primary" type="submit" form="priority" busy={busy}>
            {t("action.set")}
          </Button>
        </>
      }
    >
      <form
        id="priority"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p class="sb-soft">{t("priority.about")}</p>
        {/* biome-ignore lint/a11y/useSemanticElements: buttons that fill in the field below */}
        <div class="ad-choices" role="group" aria-label={t("priority.steps")}>
          {STEPS.map(([name, value]) => (
            <Button
              key={name}
              small
              aria-pressed={text.trim() === String(value)}
              onClick={() => setText(String(value))}
            >
              {t(`priority.${name}`)} <span class="sb-num sb-soft">{n(value)}</span>
            </Button>
          ))}
        </div>
        <Field
          label={t("queue.priority")}
          hint={
            row.effectivePriority > row.priority
              ? t("queue.aged", { base: n(row.priority), now: n(row.effectivePriority) })
              : t("priority.hint")
          }
          inputMode="numeric"
          value={text}
          error={error}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </Dialog>
  );
}
