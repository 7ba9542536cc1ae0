/**
 * The first file: a button in the corner, `window.Switchboard`, and nothing else until somebody wants to talk.
 * No cookie, no storage and no socket before that.
 */
import { accentTokens } from "@switchboard/design/colour";
import { directionOf, pickLanguage } from "@switchboard/design/i18n";
import type { Host, Options, Panel, Settings, WidgetEvents } from "./shapes.ts";

/** `panel-LANGUAGE-HASH.js` without the language and what is before it. */
declare const PANEL_FILE: string;
declare const LAUNCHER_CSS: string;
declare const LAUNCH_WORDS: Record<string, [open: string, close: string]>;

const script = document.currentScript as HTMLScriptElement | null;
const base = new URL(".", script?.src || location.href);
const ICONS: Record<string, string> = {
  chat: "M7.9 20A9 9 0 1 0 4 16.1L2 22Z",
  help: "M9.1 9a3 3 0 0 1 5.8 1c0 2-3 3-3 3M12 17h.01M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0",
  spark: "M12 3l2.2 6.8L21 12l-6.8 2.2L12 21l-2.2-6.8L3 12l6.8-2.2z",
  down: "m6 9 6 6 6-6",
};
const SVG = "http://www.w3.org/2000/svg";

type Listener = (data: never) => void;

function start(options: Options, target: Element | null): void {
  const url = base.href.replace(/\/$/, "");
  const known = `switchboard-visitor:${url}:${options.chatbot}`;
  const host = document.createElement("switchboard-chat");
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(LAUNCHER_CSS);
  shadow.adoptedStyleSheets = [sheet];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const listeners = new Map<string, Set<Listener>>();
  const float = options.mode === "float";
  const [openWord, closeWord] = LAUNCH_WORDS[pickLanguage(languages(), Object.keys(LAUNCH_WORDS), "en")] ?? ["", ""];
  const button = document.createElement("button");
  const badge = document.createElement("span");
  const path = document.createElementNS(SVG, "path");
  let settings: Promise<Settings> | null = null;
  let theme: NonNullable<Settings["theme"]> = {};
  let panel: Promise<Panel> | null = null;
  let isOpen = false;
  let gone = false;

  function languages(): readonly string[] {
    return [options.language || document.documentElement.lang || "", ...navigator.languages].filter(Boolean);
  }

  function emit<K extends keyof WidgetEvents>(type: K, data: WidgetEvents[K]): void {
    for (const listener of listeners.get(type) ?? []) {
      try {
        listener(data as never);
      } catch (error) {
        // A page's mistake is the page's: the conversation goes on.
        reportError(error);
      }
    }
  }

  /** Once; a failure is forgotten, so that asking again asks the server again. */
  function ask(): Promise<Settings> {
    settings ??= fetch(`${url}/api/v1/chatbots/${encodeURIComponent(options.chatbot)}/widget`, { credentials: "omit" })
      .then(async (answer) => {
        if (!answer.ok) throw Object.assign(new Error(`HTTP ${answer.status}`), { status: answer.status });
        return (await answer.json()) as Settings;
      })
      .catch(async (error) => {
        settings = null;
        // A browser does not say why it refused an answer. When the server is there, this page's origin is the reason.
        const probe = { mode: "no-cors", cache: "no-store" } as const;
        if (!error.status && (await fetch(`${url}/widget.js`, probe).catch(() => null))) error.status = 403;
        throw error;
      });
    return settings;
  }

  function paint(): void {
    const scheme = options.scheme || theme.scheme || "auto";
    const isDark = scheme === "dark" || (scheme !== "light" && dark.matches);
    host.dataset.theme = isDark ? "dark" : "light";
    for (const [name, value] of Object.entries(accentTokens(String(theme.accent ?? ""), isDark))) {
      host.style.setProperty(name, value);
    }
    const radius = Number(theme.radius);
    if (radius >= 0 && radius <= 32) host.style.setProperty("--sw-radius", `${radius}px`);
    host.dataset.side = theme.position === "left" ? "left" : "right";
    path.setAttribute("d", ICONS[isOpen ? "down" : String(theme.icon)] ?? ICONS.chat ?? "");
    const word = isOpen ? closeWord : openWord + (badge.hidden ? "" : ` (${badge.dataset.count})`);
    button.setAttribute("aria-label", word);
    button.title = word;
    button.setAttribute("aria-expanded", String(isOpen));
  }

  /** There is a panel for each language; which are offered, the settings say. */
  async function mounted(): Promise<Panel> {
    const all = Object.keys(LAUNCH_WORDS);
    const { languages: asked = [] } = await ask().catch(() => ({}) as Partial<Settings>);
    const offered = all.filter((one) => asked.length === 0 || asked.includes(one));
    const tags = languages();
    const spoken = pickLanguage(tags, offered, offered[0] ?? "en");
    const file = new URL(`widget/panel-${spoken}${PANEL_FILE}`, base).href;
    const { mount } = (await import(file)) as { mount(host: Host): Panel };
    return mount({
      shadow,
      url,
      options,
      language: tags.find((one) => one.startsWith(spoken)) ?? spoken,
      direction: directionOf(spoken),
      known: remembered(),
      settings: ask,
      close,
      emit,
      unread(count) {
        badge.dataset.count = count > 9 ? "9+" : String(count);
        badge.hidden = count === 0 || isOpen;
        paint();
        emit("unread", count);
      },
    });
  }

  function load(): Promise<Panel> {
    panel ??= mounted().catch((error) => {
      panel = null;
      throw error;
    });
    return panel;
  }

  function show(open: boolean): void {
    if (gone || isOpen === open) return;
    isOpen = open;
    host.toggleAttribute("data-open", open);
    if (open) badge.hidden = true;
    paint();
    void load().then(
      (ready) => ready.shown(isOpen),
      () => {
        // The panel's file did not come: the button stands ready for another try.
        isOpen = false;
        host.removeAttribute("data-open");
        paint();
      },
    );
    emit(open ? "open" : "close", undefined);
    if (!open && float) button.focus();
  }
  const close = () => show(false);

  dark.addEventListener("change", paint);
  host.dir = directionOf(languages()[0] ?? "en");
  host.dataset.mode = options.mode;
  if (float) {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    svg.append(path);
    badge.hidden = true;
    badge.className = "badge";
    button.type = "button";
    button.className = "launch";
    button.append(svg, badge);
    button.addEventListener("click", () => show(!isOpen));
    shadow.append(button);
  }
  paint();

  ask().then(
    (found) => {
      theme = found.theme && typeof found.theme === "object" ? found.theme : {};
      appear();
    },
    (error: { status?: number }) => {
      if (error.status === 403 || error.status === 404) {
        // biome-ignore lint/suspicious/noConsole: the page's author is told where authors look
        console.warn(
          error.status === 403
            ? "Switchboard: this origin is not among the chatbot's allowed origins."
            : `Switchboard: there is no chatbot "${options.chatbot}".`,
        );
        if (float) return;
      }
      appear();
    },
  );

  function appear(): void {
    if (gone) return;
    paint();
    (target ?? document.body).append(host);
    if (!float) show(true);
    else if (remembered()) void load().catch(() => {});
    emit("ready", undefined);
    dispatchEvent(new CustomEvent("switchboard:ready"));
  }

  /** Whether this browser has talked here before: then new messages are looked for. Reading stores nothing. */
  function remembered(): boolean {
    try {
      return localStorage.getItem(known) !== null;
    } catch {
      return false;
    }
  }

  const api = {
    open: () => show(true),
    close,
    toggle: () => show(!isOpen),
    /** Who this is: a token of one's own customer, or a name and an e-mail address before the first message. */
    identify: (who: { token?: string; name?: string; email?: string }) => void load().then((it) => it.identify(who)),
    send: (text: string) => void load().then((it) => it.send(text)),
    on<K extends keyof WidgetEvents>(type: K, listener: (data: WidgetEvents[K]) => void): () => void {
      const set = listeners.get(type) ?? new Set<Listener>();
      listeners.set(type, set.add(listener as Listener));
      return () => void set.delete(listener as Listener);
    },
    destroy() {
      gone = true;
      dark.removeEventListener("change", paint);
      void panel?.then((it) => it.destroy());
      host.remove();
      delete (window as { Switchboard?: unknown }).Switchboard;
    },
  };
  Object.assign(window, { Switchboard: api });
}

function begin(): void {
  const data = script?.dataset ?? {};
  const mode = data.mode === "inline" || data.mode === "page" ? data.mode : "float";
  const query = new URLSearchParams(mode === "page" ? location.search : "");
  const target = mode === "inline" ? document.querySelector(data.target || "#switchboard") : null;
  if (mode === "inline" && !target) {
    // biome-ignore lint/suspicious/noConsole: the page's author is told where authors look
    console.warn(`Switchboard: there is no element "${data.target}" to put the chat into.`);
    return;
  }
  start(
    {
      chatbot: query.get("chatbot") || data.chatbot || "default",
      mode,
      language: query.get("lang") || data.language,
      scheme: query.get("theme") || data.theme,
    },
    target,
  );
}

// Twice on one page is once.
if (!("Switchboard" in window)) {
  if (document.body && document.readyState !== "loading") begin();
  else document.addEventListener("DOMContentLoaded", begin, { once: true });
}
