import "@switchboard/design/tokens.css";
import "@switchboard/design/base.css";
import "@switchboard/design/components.css";
import "@switchboard/design/conversation.css";
import "@switchboard/design/forms.css";
import "./console.css";
import { createClient, type User } from "@switchboard/client";
import { notificationsClient } from "@switchboard/client/notifications";
import { indexedDbOutbox } from "@switchboard/client/outbox";
import { cookieSession } from "@switchboard/client/session";
import { staffRest } from "@switchboard/client/staff";
import { Button, ErrorState, Skeleton } from "@switchboard/design";
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { home } from "./home.ts";
import { createAlarm } from "./live/alarm.ts";
import { createConsoleCalls } from "./live/calls.ts";
import { createDesk } from "./live/desk.ts";
import { keepNotices } from "./live/notices.ts";
import { createSound } from "./live/sound.ts";
import { createUi } from "./live/ui.ts";
import { Console } from "./views/console.tsx";
import { FrameProvider, t } from "./views/frame.tsx";
import { type Ended, Login } from "./views/login.tsx";

const engine = home.engine.href.replace(/\/$/, "");
const session = cookieSession({ url: engine, session: "console" });
const sound = createSound();

type Stage = { at: "starting" } | { at: "unreachable" } | { at: "login"; ended: Ended } | { at: "desk"; user: User };

function Root() {
  const [stage, setStage] = useState<Stage>({ at: "starting" });
  const begin = () => {
    setStage({ at: "starting" });
    session
      .restore()
      .then((user) => setStage(user ? admit(user) : { at: "login", ended: null }))
      .catch(() => setStage({ at: "unreachable" }));
  };
  useEffect(begin, []);
  useEffect(
    () =>
      session.subscribe(() => {
        const { user } = session;
        setStage((before) =>
          user
            ? before.at === "desk" && before.user.id === user.id
              ? before
              : admit(user)
            : before.at === "desk"
              ? { at: "login", ended: leaving ? "logged_out" : "elsewhere" }
              : before,
        );
        leaving = false;
      }),
    [],
  );
  if (stage.at === "desk") return <Seat key={stage.user.id} user={stage.user} />;
  if (stage.at === "login") return <Login session={session} ended={stage.ended} />;
  if (stage.at === "unreachable")
    return (
      <main class="login">
        <ErrorState title={t("start.failed")} action={<Button onClick={begin}>{t("again")}</Button>}>
          {t("start.failed_hint")}
        </ErrorState>
      </main>
    );
  return (
    <main class="login">
      <h1 class="sb-hush">{t("desk.title")}</h1>
      <Skeleton label={t("start.loading")} rows={4} />
    </main>
  );
}

/** The log-out was asked for here. */
let leaving = false;

function admit(user: User): Stage {
  return user.role === "customer" ? { at: "login", ended: "role" } : { at: "desk", user };
}

/** One person's desk, from login to log-out. */
function Seat({ user }: { user: User }) {
  const frame = useMemo(() => {
    const client = createClient({ url: engine, getToken: session.getToken, outbox: indexedDbOutbox() });
    const desk = createDesk({
      client,
      staff: staffRest(client.rest),
      notifications: notificationsClient(client.rest),
      calls: createConsoleCalls(client.rest),
      me: { id: user.id, name: user.name, role: user.role },
    });
    const ui = createUi(user.id, home.console);
    const logOut = () => {
      leaving = true;
      ui.drafts.clear();
      session.logout().catch(() => {
        leaving = false;
        ui.toast(t("desk.not_logged_out"), { tone: "overdue" });
      });
    };
    return { desk, ui, sound, logOut };
  }, [user.id]);
  useEffect(() => {
    const { desk, ui } = frame;
    desk.start();
    const stopNotices = keepNotices(desk, user.id);
    const stopAlarm = createAlarm(desk, ui, sound, {
      offerTitle: (name) => t("title.offer", { name: name || t("customer.unnamed") }),
      offerBody: (reason, seconds) => t("offer.body", { reason: reason ?? "", seconds }),
      messageTitle: (name) => name || t("customer.unnamed"),
    });
    const leave = () => desk.finishClosing();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      stopAlarm();
      stopNotices();
      ui.stop();
      desk.stop();
    };
  }, [frame, user.id]);
  return (
    <FrameProvider value={frame}>
      <Console />
    </FrameProvider>
  );
}

// What is named relative to the page moves with its address; the icon stays where it is.
const sign = document.querySelector<HTMLLinkElement>("link[rel=icon]");
if (sign) sign.href = new URL("icon.svg", home.console).href;

const root = document.getElementById("root");
if (root) render(<Root />, root);
