/** What happens: the client, the clock, and what a click does. Tells `draw` after every change. */
import {
  type Availability,
  type Client,
  type Conversation,
  createClient,
  type StartOptions,
} from "@switchboard/client";
import { indexedDbOutbox } from "@switchboard/client/outbox";
import { type VisitorSession, visitorSession } from "@switchboard/client/session";
import { sharedConnection } from "@switchboard/client/tabs";
import { checkForm, firstUnread, type State } from "./model.ts";
import type { Host } from "./shapes.ts";

export type Control = ReturnType<typeof createControl>;

const REASON = "Customer requested human assistance";

export function createControl(host: Host, draw: () => void) {
  const { url, options, emit } = host;
  const chatbotId = options.chatbot;
  let own: string | null = null;
  let client: Client | null = null;
  let visitor: VisitorSession | null = null;
  /** Who the visitor said to be, before there was a line to say it on. */
  let said: { name?: string; email?: string } = {};
  const state: State = {
    settings: null,
    failed: null,
    step: "home",
    link: null,
    talk: null,
    asking: false,
    waitingSince: null,
    left: null,
    rated: null,
    stayed: false,
    trouble: false,
    now: Date.now(),
  };
  let talk: Conversation | null = null;
  let stop: () => void = () => {};
  let answers: Record<string, string> = {};
  let open = false;
  let gone = false;
  let looked = false;
  let unread = 0;
  let atEnd = true;
  let title: string | null = null;
  let sound: AudioContext | null = null;
  /** What comes after the form. */
  let next: () => void = () => {};

  const control = {
    state,
    draft: "",
    newFrom: null as string | null,
    loud: true,
    introduced: host.known,

    async load() {
      state.failed = null;
      changed();
      try {
        state.settings = await host.settings();
      } catch (error) {
        const { status } = error as { status?: number };
        state.failed = status === 403 || status === 404 ? "refused" : "away";
      }
      if (host.known) connect();
      changed();
    },

    /** "Ask a general question": from here on the server knows of this browser. */
    ask() {
      introduce(() => {
        connect();
        watch(true);
        go("choice");
      });
    },
    form(said: Record<string, string>) {
      const wrong = checkForm(state.settings?.preChat ?? [], said);
      if (Object.keys(wrong).length > 0) return wrong;
      answers = said;
      present(said);
      control.introduced = true;
      go("home");
      next();
      return wrong;
    },
    assistant() {
      go("home");
    },
    human() {
      introduce(() => void begin({ mode: "human", reason: REASON }));
    },
    back: () => go("home"),
    leaveInstead: () => go("leave"),

    send(text: string) {
      control.draft = "";
      sessionDraft("");
      if (talk) talk.send(text);
      else introduce(() => void begin({ firstMessage: text, mode: state.settings?.assistant ? "ai" : "human" }));
      changed();
    },
    typed(text: string) {
      control.draft = text;
      if (talk) {
        sessionDraft(text);
        text ? talk.typing() : talk.stopTyping();
      }
      changed();
    },
    retry: (key: string) => talk?.retry(key),
    reconnect: () => void connect(),
    older: () => void (state.talk?.hasOlder && !state.talk.loading && talk?.loadOlder().catch(() => {})),
    seen(end: boolean) {
      atEnd = end;
      read();
    },

    connect() {
      state.asking = true;
      state.stayed = false;
      state.left = null;
      attempt(
        talk?.escalate().finally(() => {
          state.asking = false;
        }),
      );
    },
    cancel() {
      state.waitingSince = null;
      attempt(talk?.cancelEscalation());
    },
    stay() {
      state.stayed = true;
      changed();
    },
    leave(email: string, text: string) {
      const wrong = checkForm(
        [
          { key: "email", label: "", kind: "email", required: true },
          { key: "text", label: "", kind: "long_text", required: true },
        ],
        { email, text },
      );
      if (Object.keys(wrong).length > 0) return wrong;
      present({ email });
      const leaving = async () => {
        if (!talk) await begin({ mode: "human", reason: REASON });
        const id = await talk?.ready;
        await connect().rest.request("POST", `/conversations/${id}/contact`, { body: { email, message: text } });
        state.left = email;
      };
      attempt(leaving());
      return wrong;
    },

    rate(score: number) {
      state.rated = score;
      attempt(talk?.rate(score));
    },
    end: () => attempt(talk?.close()),
    async transcript() {
      if (!talk?.id) return;
      const text = await client?.rest.transcript(talk.id).catch(() => null);
      state.trouble = text == null;
      changed();
      if (text == null) return;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
      link.download = "conversation.txt";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    },
    restart() {
      use(null);
      go("home");
    },
    mute() {
      control.loud = !control.loud;
      changed();
    },

    shown(isOpen: boolean) {
      open = isOpen;
      if (isOpen) {
        // Sound may be made from here on: somebody clicked.
        sound ??= typeof AudioContext === "undefined" ? null : new AudioContext();
        control.newFrom = firstUnread(state.talk);
        if (!state.settings) void control.load();
      } else watch(false);
      read();
      changed();
    },
    identify(who: { token?: string; name?: string; email?: string }) {
      if (who.token) {
        own = who.token;
        control.introduced = true;
        use(null);
        looked = false;
        client?.setToken(own);
        connect();
      } else present(who);
    },
    destroy() {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", read);
      showTitle(0);
      stop();
      gone = true;
      client?.destroy();
      void sound?.close();
    },
  };

  function changed(): void {
    state.now = Date.now();
    draw();
  }
  function go(step: State["step"]): void {
    state.step = step;
    state.trouble = false;
    if (step !== "choice") watch(false);
    changed();
  }
  /** The form comes once, before anything is said. */
  function introduce(then: () => void): void {
    if (control.introduced || !state.settings?.preChat.length) return then();
    next = then;
    go("form");
  }
  function present({ name, email }: { name?: string; email?: string }): void {
    said = { ...said, ...(name ? { name } : {}), ...(email ? { email } : {}) };
    visitor?.introduce(said);
  }
  /** The line, connected or connecting. It is made when somebody begins to talk. */
  function connect(): Client {
    client ??= make();
    if (!gone && client.state !== "connected") void client.connect().catch(() => {});
    return client;
  }
  function make(): Client {
    visitor = visitorSession({ url, chatbotId });
    const { getToken, introduce } = visitor;
    introduce(said);
    const made = createClient({
      url,
      chatbotId,
      getToken: (why) => (own ? Promise.resolve(why === "start" ? own : null) : getToken(why)),
      outbox: indexedDbOutbox(),
      tabs: sharedConnection(),
    });
    made.subscribe(linked);
    made.on("topic_update", reach);
    made.on("state", ({ state: now }) => {
      // What was watched is watched again on a new link.
      if (now === "connected" && watching) tell(true);
      if (now === "connected" && (host.known || own) && !looked) void look(made);
    });
    made.on("message", ({ message }) => {
      emit("message", { text: message.content, from: message.senderName });
      if (!open || document.hidden) {
        control.newFrom ??= message.key;
        ring();
      }
    });
    return made;
  }
  /** A tab that shares another's link is not told of what was there before: it asks. */
  async function look(made: Client): Promise<void> {
    looked = true;
    const found = await made.rest.conversations({ limit: 1 }).catch(() => null);
    const newest = found?.items[0];
    if (newest && newest.status !== "CLOSED") returned(made.conversation(newest.id));
  }
  /** A returning customer's conversation. */
  function returned(conversation: Conversation): void {
    if (!talk && state.step === "home") use(conversation);
  }
  async function begin(how: StartOptions): Promise<void> {
    const { name: _, email: __, ...more } = answers;
    const metadata = { ...more, page: location.href.split(/[?#]/)[0] };
    use(connect().start({ ...how, metadata }));
    state.asking = how.mode === "human";
    talk?.ready
      .catch(() => {
        state.trouble = true;
      })
      .finally(() => {
        state.asking = false;
        changed();
      });
  }
  /** Makes a conversation the one that is shown. */
  function use(conversation: Conversation | null): void {
    stop();
    talk = conversation;
    state.waitingSince = state.left = state.rated = null;
    state.stayed = state.asking = state.trouble = false;
    watch(false);
    if (!conversation) {
      state.talk = null;
      return;
    }
    stop = conversation.subscribe(follow);
    // A failure is in its snapshot.
    void conversation.open().catch(() => {});
    follow();
  }
  function follow(): void {
    if (!talk) return;
    const before = state.talk;
    state.talk = talk.getSnapshot();
    const kind = state.talk.escalation?.status;
    const waits = kind === "QUEUED" || kind === "OFFERED";
    state.waitingSince = waits ? (state.waitingSince ?? Date.now()) : null;
    if (before && before.escalation !== state.talk.escalation) state.stayed = false;
    read();
    changed();
  }
  function attempt(work: Promise<unknown> | undefined): void {
    state.trouble = false;
    changed();
    work?.then(changed, () => {
      state.trouble = true;
      changed();
    });
  }

  // ---- whether somebody could be reached, while the choice is shown ----

  let watching = false;
  function watch(on: boolean): void {
    if (on === watching) return;
    watching = on;
    if (client?.state === "connected") tell(on);
  }
  function tell(on: boolean): void {
    client
      ?.send(on ? "subscribe" : "unsubscribe", { topics: ["availability"] } as never)
      .then((ack) => {
        for (const topic of (ack as { topics?: unknown[] }).topics ?? []) reach(topic);
      })
      .catch(() => {});
  }
  function reach(update: unknown): void {
    const found = (update as { availability?: Availability }).availability;
    if (!found || !state.settings) return;
    state.settings = { ...state.settings, availability: found };
    changed();
  }

  // ---- what was read, and what is said of what was not ----

  function read(): void {
    if (talk && open && atEnd && !document.hidden && state.talk?.unread) talk.markRead();
  }
  function showTitle(count: number): void {
    if (count > 0 && (document.hidden || !open)) {
      title ??= document.title;
      document.title = `(${count}) ${title}`;
    } else if (title !== null) {
      document.title = title;
      title = null;
    }
  }
  function ring(): void {
    if (!sound || !control.loud) return;
    void sound.resume();
    const at = sound.currentTime;
    const gain = sound.createGain();
    gain.connect(sound.destination);
    gain.gain.setValueAtTime(0.08, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + 0.4);
    for (const [index, pitch] of [660, 880].entries()) {
      const tone = sound.createOscillator();
      tone.frequency.value = pitch;
      tone.connect(gain);
      tone.start(at + index * 0.12);
      tone.stop(at + 0.4);
    }
  }
  function sessionDraft(text?: string): string {
    try {
      const place = `switchboard-draft:${chatbotId}`;
      if (text === undefined) return sessionStorage.getItem(place) ?? "";
      if (text) sessionStorage.setItem(place, text);
      else sessionStorage.removeItem(place);
    } catch {
      // Site data is blocked: the draft lives as long as the page.
    }
    return text ?? "";
  }

  function linked(): void {
    if (!client) return;
    state.link = client.getSnapshot();
    const found = state.link.conversations[0];
    const status = found?.getSnapshot().status;
    if (found && status && status !== "CLOSED") returned(found);
    if (state.link.unread !== unread) {
      unread = state.link.unread;
      host.unread(unread);
    }
    showTitle(unread);
    changed();
  }
  document.addEventListener("visibilitychange", read);
  const timer = setInterval(() => {
    if (open && (state.talk?.escalation || watching)) changed();
  }, 1000);
  control.draft = host.known ? sessionDraft() : "";
  return control;
}
