/** What happens: the client, the clock, and what a click does. Tells `draw` after every change. */
import type { Availability, StartOptions } from "@switchboard/client";
import { indexedDbOutbox } from "@switchboard/client/outbox";
import { sharedConnection } from "@switchboard/client/tabs";
import { createVisitor, type VisitorClient } from "@switchboard/client/visitor";
import { checkForm, firstUnread, LEAVE, type State } from "./model.ts";
import type { Host } from "./shapes.ts";

export type Control = ReturnType<typeof createControl>;

const REASON = "Customer requested human assistance";
/** How often it is asked whether somebody could be reached, while that is shown; milliseconds. */
const POLL = 5_000;
/** How long it is said that something did not work; milliseconds. */
const TOLD = 8_000;

export function createControl(host: Host, draw: () => void) {
  const { url, options, emit } = host;
  const chatbotId = options.chatbot;
  let visitor: VisitorClient | null = null;
  /** Who the visitor said to be, before there was a line to say it on. */
  let said: { name?: string; email?: string } = {};
  const state: State = {
    settings: null,
    failed: null,
    step: "home",
    reach: null,
    link: null,
    talk: null,
    asking: false,
    waitingSince: null,
    left: null,
    stayed: false,
    trouble: false,
    now: Date.now(),
  };
  let answers: Record<string, string> = {};
  /** Nobody needs to fill in the form any more. */
  let introduced = host.known;
  let open = false;
  let unread = 0;
  let atEnd = true;
  let title: string | null = null;
  /** The page and conversation that were told last. */
  let page = "";
  let sound: AudioContext | null = null;
  let polling: ReturnType<typeof setTimeout> | undefined;
  /** What comes after the form. */
  let next: () => void = () => {};

  const control = {
    state,
    draft: "",
    newFrom: null as string | null,
    loud: true,

    async load() {
      state.failed = null;
      draw();
      try {
        state.settings = await host.settings();
      } catch (error) {
        const { status } = error as { status?: number };
        state.failed = status === 403 || status === 404 ? "refused" : "away";
      }
      if (host.known) connect();
      draw();
    },

    /** What is known is put together, once for many changes. */
    update() {
      state.now = Date.now();
      if (!visitor) return;
      const before = state.talk?.escalation;
      state.link = visitor.link();
      state.talk = visitor.talk();
      const { escalation, unread: count = 0 } = state.talk ?? {};
      const waits = escalation?.status === "QUEUED" || escalation?.status === "OFFERED";
      state.waitingSince = waits ? (state.waitingSince ?? state.now) : null;
      if (before !== escalation) state.stayed = false;
      if (count !== unread) host.unread(count);
      unread = count;
      showTitle(unread);
      read();
    },

    /** "Ask a general question" */
    ask() {
      introduce(() => go("choice"));
    },
    form(said: Record<string, string>) {
      const wrong = checkForm(state.settings?.preChat ?? [], said);
      if (wrong) return wrong;
      answers = said;
      present(said);
      introduced = true;
      go("home");
      next();
      return wrong;
    },
    human() {
      introduce(() => begin({ mode: "human", reason: REASON }));
    },
    go,

    send(text: string) {
      control.draft = "";
      kept("sessionStorage", "draft", "");
      if (state.talk) visitor?.send(text);
      else introduce(() => begin({ firstMessage: text, mode: state.settings?.assistant ? "ai" : "human" }));
      draw();
    },
    typed(text: string) {
      control.draft = text;
      if (state.talk) {
        kept("sessionStorage", "draft", text);
        visitor?.typing(!!text);
      }
      draw();
    },
    retry: (key: string) => visitor?.retry(key),
    reconnect: () => void connect(),
    older: () => void visitor?.older(),
    seen(end: boolean) {
      atEnd = end;
      read();
    },

    connect() {
      state.asking = true;
      state.stayed = false;
      state.left = null;
      attempt(
        visitor?.escalate().finally(() => {
          state.asking = false;
        }),
      );
    },
    cancel() {
      state.waitingSince = null;
      attempt(visitor?.cancel());
    },
    stay() {
      state.stayed = true;
      draw();
    },
    leave(said: Record<string, string>) {
      const wrong = checkForm(LEAVE, said);
      if (wrong) return wrong;
      const { email = "", text = "" } = said;
      present({ email });
      if (!state.talk) begin({ mode: "human", reason: REASON });
      attempt(
        visitor?.contact(email.trim(), text.trim()).then(() => {
          state.left = email.trim();
        }),
      );
      return wrong;
    },

    rate: (score: number) => attempt(visitor?.rate(score)),
    end: () => attempt(visitor?.close()),
    transcript() {
      attempt(
        visitor?.transcript().then((text) => {
          const link = document.createElement("a");
          link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
          link.download = "conversation.txt";
          link.click();
          setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
        }),
      );
    },
    restart() {
      // What is over is not shown again at the next visit.
      kept("localStorage", "over", state.talk?.id ?? "");
      show(null);
      go("home");
    },
    mute() {
      control.loud = !control.loud;
      draw();
    },

    shown(isOpen: boolean) {
      open = isOpen;
      if (isOpen) {
        // Sound may be made from here on: somebody clicked.
        sound ??= new AudioContext();
        control.newFrom = firstUnread(state.talk);
        if (!state.settings) void control.load();
        void poll();
      }
      draw();
    },
    identify(who: { token?: string; name?: string; email?: string }) {
      if (who.token) {
        introduced = true;
        show(null);
        line().identify(who.token);
      } else present(who);
    },
    destroy() {
      clearInterval(timer);
      clearTimeout(polling);
      document.removeEventListener("visibilitychange", draw);
      showTitle(0);
      visitor?.destroy();
      void sound?.close();
    },
  };

  function go(step: State["step"]): void {
    state.step = step;
    state.trouble = false;
    // What was true when the page was loaded may not be any more.
    state.reach = null;
    void poll();
    draw();
  }
  /** The form comes once, before anything is said. */
  function introduce(then: () => void): void {
    if (introduced || !state.settings?.preChat.length) return then();
    next = then;
    go("form");
  }
  function present({ name, email }: { name?: string; email?: string }): void {
    said = { ...said, ...(name ? { name } : {}), ...(email ? { email } : {}) };
    visitor?.introduce(said);
  }
  /** The client: made when somebody begins to talk. */
  function line(): VisitorClient {
    visitor ??= createVisitor({
      url,
      chatbotId,
      outbox: indexedDbOutbox(),
      tabs: sharedConnection(),
      changed: draw,
      found: returned,
      async welcome() {
        if (state.talk) return;
        const newest = await line().newest();
        if (newest && (newest.status !== "CLOSED" || newest.id !== kept("localStorage", "over"))) returned(newest.id);
      },
      arrived({ messageId, content, senderName }) {
        emit("message", { text: content, from: senderName });
        if (!open || document.hidden) {
          control.newFrom ??= messageId;
          ring();
        }
      },
    });
    visitor.introduce(said);
    return visitor;
  }
  function connect(): void {
    line().connect();
  }
  /** A returning customer's conversation. */
  function returned(id: string): void {
    if (!visitor?.talk() && state.step === "home") show(id);
  }
  function begin(how: StartOptions): void {
    const { name: _, email: __, ...more } = answers;
    connect();
    show();
    state.asking = how.mode === "human";
    void visitor?.start({ ...how, metadata: { ...more, page: address() } }).then(() => {
      state.asking = false;
      draw();
    });
  }
  /** Another conversation is shown, or none, or one that begins. */
  function show(id?: string | null): void {
    state.left = null;
    state.stayed = state.asking = state.trouble = false;
    if (id !== undefined) visitor?.show(id);
    state.talk = visitor?.talk() ?? null;
  }
  function attempt(work: Promise<unknown> | undefined): void {
    state.trouble = false;
    draw();
    work?.then(draw, () => {
      state.trouble = true;
      draw();
      setTimeout(() => {
        state.trouble = false;
        draw();
      }, TOLD);
    });
  }

  /** Whether somebody could be reached, while the choice is shown. No token is needed for it. */
  async function poll(): Promise<void> {
    clearTimeout(polling);
    if (state.step !== "choice" || state.talk || !open) return;
    polling = setTimeout(poll, POLL);
    const where = `${url}/api/v1/chatbots/${encodeURIComponent(chatbotId)}/availability`;
    const answer = document.hidden ? null : await fetch(where).catch(() => null);
    if (answer?.ok) state.reach = (await answer.json()) as Availability;
    draw();
  }

  // ---- what was read, and what is said of what was not ----

  const address = () => location.href.split(/[?#]/)[0] ?? "";
  function read(): void {
    if (open && atEnd && !document.hidden && state.talk?.unread) visitor?.markRead();
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
  /** Reads, or writes, what this browser keeps. Where site data is blocked, it lives as long as the page. */
  function kept(where: "localStorage" | "sessionStorage", name: string, text?: string): string | null {
    const place = `switchboard-${name}:${chatbotId}`;
    try {
      if (text === undefined) return globalThis[where].getItem(place);
      if (text) globalThis[where].setItem(place, text);
      else globalThis[where].removeItem(place);
    } catch {
      // As above.
    }
    return null;
  }

  document.addEventListener("visibilitychange", draw);
  const timer = setInterval(() => {
    const told = `${state.talk?.id} ${address()}`;
    if (told !== page && visitor?.page(address(), title ?? document.title)) page = told;
    if (open && state.talk?.escalation) draw();
  }, 1000);
  control.draft = (host.known && kept("sessionStorage", "draft")) || "";
  return control;
}
