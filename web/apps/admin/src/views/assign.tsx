/** Giving a conversation to an agent by hand, and saying something to all who wait. */
import type { SwitchboardError } from "@switchboard/client";
import { Badge, Button, Check, classes, Dialog, TextArea, TriangleAlertIcon } from "@switchboard/design";
import { useMemo, useState } from "preact/hooks";
import { asError } from "../live/board.ts";
import { useBoard } from "../live/context.ts";
import { toast } from "../live/toasts.ts";
import { candidatesFor } from "../model/board.ts";
import { t } from "../texts.ts";
import { AgentState, errorWords, Load } from "./parts.tsx";

export function AssignDialog(props: {
  id: string;
  name: string;
  skills: readonly string[];
  /** Who has it now: not offered. */
  owner?: string | null;
  onClose: () => void;
}) {
  const board = useBoard();
  const { agents } = board.queue.value;
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<SwitchboardError | null>(null);
  const candidates = useMemo(
    () => candidatesFor(agents ?? [], props.skills).filter(({ agent }) => agent.agentId !== props.owner),
    [agents, props.skills, props.owner],
  );
  const assign = async (agentId: string, agentName: string) => {
    setBusy(agentId);
    setError(null);
    try {
      await board.calls.assign(props.id, agentId);
      toast(t("assign.done", { name: props.name, agent: agentName }), "connected");
      props.onClose();
    } catch (cause) {
      setError(asError(cause));
      setBusy(null);
    }
  };
  return (
    <Dialog
      open
      wide
      title={t("assign.title", { name: props.name })}
      closeLabel={t("action.close_dialog")}
      onClose={props.onClose}
    >
      <p class="sb-soft">{t("assign.about")}</p>
      {error && (
        <p class="ad-form-error" role="alert">
          {errorWords(error)}
        </p>
      )}
      <ul class="ad-candidates">
        {candidates.map(({ agent, word, missing, over, reachable }) => (
          <li key={agent.agentId} class={classes(!reachable && "ad-dim")}>
            <span class="ad-who">
              <strong>{agent.name}</strong>
              <AgentState agent={agent} />
            </span>
            <Load agent={agent} />
            <span class="ad-words">
              {missing.map((skill) => (
                <Badge key={skill} tone="waiting" icon={<TriangleAlertIcon />}>
                  {t("assign.lacks", { skill })}
                </Badge>
              ))}
              {over && (
                <Badge tone="waiting" icon={<TriangleAlertIcon />}>
                  {t("assign.over")}
                </Badge>
              )}
            </span>
            <Button
              small
              kind={word === "available" && reachable && !missing.length ? "primary" : "secondary"}
              busy={busy === agent.agentId}
              aria-label={t("assign.to_name", { name: agent.name })}
              onClick={() => assign(agent.agentId, agent.name)}
            >
              {t("action.assign")}
            </Button>
          </li>
        ))}
        {candidates.length === 0 && <li class="sb-soft">{t("assign.nobody")}</li>}
      </ul>
    </Dialog>
  );
}

export function QueueMessageDialog({ onClose }: { onClose: () => void }) {
  const board = useBoard();
  const waiting = board.queue.value.queue?.length ?? 0;
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const send = async () => {
    if (!text.trim()) return setError(t("problem.empty"));
    setBusy(true);
    setError(null);
    try {
      const { reached } = await board.calls.announce(text.trim(), "queue", null);
      toast(t("queue.message_sent", { count: reached ?? waiting }), "connected");
      onClose();
    } catch (cause) {
      setError(errorWords(asError(cause)));
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      title={t("queue.message")}
      closeLabel={t("action.close_dialog")}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t("action.cancel")}</Button>
          <Button kind="primary" busy={busy} disabled={waiting === 0 || !sure} onClick={send}>
            {t("queue.message_send", { count: waiting })}
          </Button>
        </>
      }
    >
      <p class="sb-soft">{t("queue.message_about", { count: waiting })}</p>
      <TextArea
        label={t("queue.message_text")}
        value={text}
        maxLength={500}
        error={error}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <Check
        label={t("queue.message_sure")}
        checked={sure}
        onChange={(event) => setSure((event.currentTarget as HTMLInputElement).checked)}
      />
    </Dialog>
  );
}
