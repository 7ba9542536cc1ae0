/** Tokens for the people of a host application: made with the host's secret, here or by its server. */
import type { SwitchboardError } from "@switchboard/client";
import { Button, CopyIcon, Field, KeyRoundIcon, Select } from "@switchboard/design";
import { useState } from "preact/hooks";
import { asError } from "../../live/board.ts";
import type { Minted } from "../../live/calls.ts";
import { useBoard, useLoaded, useServerNow } from "../../live/context.ts";
import { home } from "../../live/place.ts";
import { toast } from "../../live/toasts.ts";
import { fieldOf, type Problems, quoted, serverWords, tokenProblems } from "../../model/forms.ts";
import { t, word } from "../../texts.ts";
import { At, Card, errorWords, PageHead } from "../parts.tsx";

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("copy.done"), "connected");
  } catch {
    toast(t("copy.failed"), "overdue");
  }
}

const FIELDS = ["userId", "role", "name", "chatbotId", "ttlSeconds", "secret"];

export function TokensView() {
  const board = useBoard();
  const now = useServerNow(board, 15_000);
  const bots = useLoaded(() => board.calls.chatbots(), []);
  const [form, setForm] = useState({
    userId: "",
    role: "customer",
    name: "",
    chatbotId: "",
    ttlMinutes: "60",
    secret: "",
  });
  const [problems, setProblems] = useState<Problems>({});
  const [refused, setRefused] = useState<SwitchboardError | null>(null);
  const [busy, setBusy] = useState(false);
  const [made, setMade] = useState<Minted | null>(null);
  const field = refused && fieldOf(refused.details.field, FIELDS);
  const at = (name: string) => {
    const found = problems[name];
    if (found) return word("problem", found);
    return refused && field === name ? serverWords(refused.message) : null;
  };
  const body = {
    userId: form.userId.trim(),
    role: form.role,
    ...(form.name.trim() ? { name: form.name.trim() } : {}),
    ...(form.chatbotId && form.role === "customer" ? { chatbotId: form.chatbotId } : {}),
    ...(form.ttlMinutes.trim() ? { ttlSeconds: Number(form.ttlMinutes) * 60 } : {}),
  };
  const command = [
    `curl -s ${quoted(new URL("api/v1/tokens", home.engine).href)} \\`,
    `  -H "X-Internal-Secret: $INTERNAL_API_SECRET" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(JSON.stringify(body))}`,
  ].join("\n");
  const mint = async (event: Event) => {
    event.preventDefault();
    const found = tokenProblems(form);
    setProblems(found);
    setRefused(null);
    setMade(null);
    if (Object.keys(found).length) return;
    setBusy(true);
    try {
      setMade(await board.calls.mint(form.secret, body));
    } catch (cause) {
      const error = asError(cause);
      if (error.code === "not_found") setProblems({ secret: "secret" });
      else setRefused(error);
    }
    setForm((before) => ({ ...before, secret: "" }));
    setBusy(false);
  };
  const set = (key: keyof typeof form) => (event: { currentTarget: { value: string } }) =>
    setForm((before) => ({ ...before, [key]: event.currentTarget.value }));
  return (
    <>
      <PageHead title={t("nav.tokens")} about={t("tokens.about")} />
      <div class="ad-two">
        <Card title={t("tokens.mint")}>
          <form class="ad-form" onSubmit={mint} noValidate>
            {refused && !field && (
              <p class="ad-form-error" role="alert">
                {errorWords(refused)}
              </p>
            )}
            <div class="ad-form-pair">
              <Field
                label={t("tokens.user")}
                hint={t("tokens.user_hint")}
                required
                value={form.userId}
                error={at("userId")}
                onInput={set("userId")}
              />
              <Select label={t("tokens.role")} value={form.role} error={at("role")} onChange={set("role")}>
                {["customer", "agent", "admin"].map((one) => (
                  <option key={one} value={one}>
                    {word("role", one)}
                  </option>
                ))}
              </Select>
              <Field label={t("tokens.name")} value={form.name} error={at("name")} onInput={set("name")} />
              <Field
                label={t("tokens.minutes")}
                hint={t("tokens.minutes_hint")}
                inputMode="numeric"
                value={form.ttlMinutes}
                error={at("ttlSeconds")}
                onInput={set("ttlMinutes")}
              />
              {form.role === "customer" && (
                <Select
                  label={t("conversations.chatbot")}
                  value={form.chatbotId}
                  error={at("chatbotId")}
                  onChange={set("chatbotId")}
                >
                  <option value="">{t("tokens.any_chatbot")}</option>
                  {bots.value?.items.map((bot) => (
                    <option key={bot.id} value={bot.id}>
                      {bot.name}
                    </option>
                  ))}
                </Select>
              )}
              <Field
                label={t("tokens.secret")}
                hint={t("tokens.secret_hint")}
                type="password"
                autocomplete="off"
                required
                value={form.secret}
                error={at("secret")}
                onInput={set("secret")}
              />
            </div>
            <div class="ad-form-end">
              <Button kind="primary" type="submit" busy={busy} icon={<KeyRoundIcon small />}>
                {t("tokens.mint")}
              </Button>
            </div>
            {made && (
              <div class="ad-preview" role="status">
                <p>
                  {t("tokens.made")} <At at={made.expiresAt} now={now} />
                </p>
                <pre class="ad-code">{made.token}</pre>
                <Button small icon={<CopyIcon small />} onClick={() => copy(made.token)}>
                  {t("action.copy")}
                </Button>
              </div>
            )}
          </form>
        </Card>
        <Card
          title={t("tokens.by_server")}
          tools={
            <Button small icon={<CopyIcon small />} onClick={() => copy(command)}>
              {t("action.copy")}
            </Button>
          }
        >
          <p class="sb-soft">{t("tokens.by_server_about")}</p>
          <pre class="ad-code">{command}</pre>
        </Card>
      </div>
    </>
  );
}
