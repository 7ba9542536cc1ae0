import type { SwitchboardError } from "@switchboard/client";
import type { CookieSession } from "@switchboard/client/session";
import { Button, Field, ShieldCheckIcon } from "@switchboard/design";
import { useState } from "preact/hooks";
import { asError } from "../live/board.ts";
import { t } from "../texts.ts";
import { errorWords } from "./parts.tsx";

export const Mark = () => (
  <svg class="ad-mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="9" />
    <circle cx="9" cy="10" r="2.6" />
    <circle cx="9" cy="22" r="2.6" />
    <circle cx="23" cy="16" r="2.6" />
    <path d="M11.6 10h3.4c4 0 2 6 5.4 6M11.6 22h3.4c4 0 2-6 5.4-6" />
  </svg>
);

export function Login({ session, notice }: { session: CookieSession; notice: string | null }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<SwitchboardError | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await session.login(email.trim(), password);
    } catch (cause) {
      setError(asError(cause));
    } finally {
      // An agent is let in and shown out again: the form must be there for the next one.
      setBusy(false);
    }
  };
  const said = error && (error.code === "unauthenticated" ? t("login.refused") : errorWords(error));
  return (
    <main class="ad-login">
      <form class="ad-login-box" onSubmit={submit}>
        <Mark />
        <h1>{t("login.title")}</h1>
        <p class="sb-soft">{t("login.about")}</p>
        {(said || notice) && (
          <p class="ad-login-error" role="alert">
            {said ?? notice}
          </p>
        )}
        <Field
          label={t("login.email")}
          type="email"
          autocomplete="username"
          required
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
        <Field
          label={t("login.password")}
          type="password"
          autocomplete="current-password"
          required
          value={password}
          onInput={(event) => setPassword(event.currentTarget.value)}
        />
        <Button kind="primary" type="submit" busy={busy} icon={<ShieldCheckIcon small />}>
          {t("login.submit")}
        </Button>
      </form>
    </main>
  );
}
