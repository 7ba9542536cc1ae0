import type { SwitchboardError } from "@switchboard/client";
import { Button, Check, MegaphoneIcon, Select, TextArea } from "@switchboard/design";
import { useState } from "preact/hooks";
import { asError } from "../../live/board.ts";
import type { Audience } from "../../live/calls.ts";
import { useBoard, useLoaded, useServerNow } from "../../live/context.ts";
import { toast } from "../../live/toasts.ts";
import { fieldOf, serverWords } from "../../model/forms.ts";
import { t } from "../../texts.ts";
import { At, Card, errorWords, Nothing, PageHead, Reading } from "../parts.tsx";

const AUDIENCES: readonly Audience[] = ["everyone", "agents", "customers", "queue"];

export function AnnouncementsView() {
  const board = useBoard();
  const now = useServerNow(board, 15_000);
  const bots = useLoaded(() => board.calls.chatbots(), []);
  const made = useLoaded(() => board.calls.audit({ action: "announcement.made" }), []);
  const [text, setText] = useState("");
  const [audience, setAudience] = useState<Audience>("agents");
  const [chatbotId, setChatbot] = useState("");
  const [sure, setSure] = useState(false);
  const [busy, setBusy] = useState(false);
  const [empty, setEmpty] = useState(false);
  const [refused, setRefused] = useState<SwitchboardError | null>(null);
  const byBot = audience === "customers" || audience === "queue";
  const field = refused && fieldOf(refused.details.field, ["text", "audience", "chatbotId"]);
  const at = (name: string) => (refused && field === name ? serverWords(refused.message) : null);
  const send = async (event: Event) => {
    event.preventDefault();
    setEmpty(!text.trim());
    setRefused(null);
    if (!text.trim() || !sure) return;
    setBusy(true);
    try {
      const { reached } = await board.calls.announce(text.trim(), audience, byBot && chatbotId ? chatbotId : null);
      toast(reached === null ? t("announce.sent") : t("announce.reached", { count: reached }), "connected");
      setText("");
      setSure(false);
      made.reload();
    } catch (cause) {
      setRefused(asError(cause));
    }
    setBusy(false);
  };
  return (
    <>
      <PageHead title={t("nav.announcements")} about={t("announce.about")} />
      <div class="ad-two">
        <Card title={t("announce.new")}>
          <form class="ad-form" onSubmit={send} noValidate>
            {refused && !field && (
              <p class="ad-form-error" role="alert">
                {errorWords(refused)}
              </p>
            )}
            <div class="ad-form-pair">
              <Select
                label={t("announce.audience")}
                hint={t(`announce.${audience}_hint`)}
                value={audience}
                error={at("audience")}
                onChange={(event) => setAudience(event.currentTarget.value as Audience)}
              >
                {AUDIENCES.map((one) => (
                  <option key={one} value={one}>
                    {t(`announce.${one}`)}
                  </option>
                ))}
              </Select>
              {byBot && (
                <Select
                  label={t("conversations.chatbot")}
                  value={chatbotId}
                  error={at("chatbotId")}
                  onChange={(event) => setChatbot(event.currentTarget.value)}
                >
                  <option value="">{t("filter.all")}</option>
                  {bots.value?.items.map((bot) => (
                    <option key={bot.id} value={bot.id}>
                      {bot.name}
                    </option>
                  ))}
                </Select>
              )}
            </div>
            <TextArea
              label={t("announce.text")}
              required
              maxLength={500}
              value={text}
              error={empty && !text.trim() ? t("problem.empty") : at("text")}
              onInput={(event) => setText(event.currentTarget.value)}
            />
            {text.trim() && (
              <div class="ad-preview">
                <p class="sb-soft">{t("announce.preview")}</p>
                <p class="ad-bubble">{text}</p>
              </div>
            )}
            <Check
              label={t("announce.sure")}
              checked={sure}
              onChange={(event) => setSure((event.currentTarget as HTMLInputElement).checked)}
            />
            <div class="ad-form-end">
              <Button kind="primary" type="submit" busy={busy} disabled={!sure} icon={<MegaphoneIcon small />}>
                {t("announce.send")}
              </Button>
            </div>
          </form>
        </Card>
        <Card title={t("announce.made")} flush>
          <Reading
            of={made}
            rows={3}
            empty={({ items }) =>
              items.length === 0 && (
                <Nothing title={t("announce.empty")} icon={<MegaphoneIcon />}>
                  {t("announce.empty_about")}
                </Nothing>
              )
            }
          >
            {({ items }) => (
              <ul class="ad-lines ad-padded">
                {items.map((one) => {
                  const to = (one.details as { audience?: Audience } | null)?.audience;
                  return (
                    <li key={one.id}>
                      <span>{to ? t(`announce.${to}`) : "–"}</span>
                      <span class="ad-push sb-soft">
                        <At at={one.at} now={now} />
                      </span>
                    </li>
                  );
                })}
              </ul>
            )}
          </Reading>
        </Card>
      </div>
    </>
  );
}
