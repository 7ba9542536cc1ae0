import { SwitchboardError } from "@switchboard/client";
import type { CookieSession } from "@switchboard/client/session";
import { Button, Field, HeadsetIcon } from "@switchboard/design";
import { useEffect, useRef, useState } from "preact/hooks";
import { failure, t } from "./frame.tsx";

/** Why the login is shown again. */
export type Ended = "logged_out" | "elsewhere" | "role" | null;

export function Login({ session, ended }: { session: CookieSession; ended: Ended }) {
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy || !form.current) return;
    const given = new FormData(form.current);
    setBusy(true);
    setWrong(null);
    try {
      await session.login(String(given.get("email") ?? "").trim(), String(given.get("password") ?? ""));
    } catch (error) {
      const code = error instanceof SwitchboardError ? error.code : "internal";
      setWrong(code === "unauthenticated" || code === "invalid" ? t("login.wrong") : failure(code));
      setBusy(false);
      const field = form.current?.querySelector<HTMLInputElement>("input[type=password]");
      field?.focus();
      field?.select();
    }
  };
  return (
    <main class="login">
      <form ref={form} onSubmit={(event) => void submit(event as SubmitEvent)} noValidate>
        <span class="login-sign" aria-hidden="true">
          <HeadsetIcon />
        </span>
        <h1>{t("login.title")}</h1>
        {ended && (
          <p class="login-ended" role="status">
            {t(`login.ended.${ended}`)}
          </p>
        )}
        <Field label={t("login.email")} name="email" type="email" autoComplete="username" required />
        <Field
          label={t("login.password")}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          error={wrong}
        />
        <p class="sb-hush" role="alert">
          {wrong}
        </p>
        <Button kind="primary" type="submit" busy={busy}>
          {busy ? t("login.busy") : t("login.go")}
        </Button>
      </form>
    </main>
  );
}
