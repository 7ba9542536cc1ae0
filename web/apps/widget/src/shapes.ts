/** What the launcher, the panel and the server say to each other. */
import type { Availability } from "@switchboard/client";

/** A field of the form before the first conversation. */
export interface FormField {
  /** `name` and `email` become the customer's; any other goes into the conversation's metadata. */
  key: string;
  label: string;
  kind: "text" | "email" | "long_text";
  required: boolean;
}

/** How a chatbot's widget looks. Every value may be missing or nonsense: it is checked where it is used. */
export interface Theme {
  accent?: string;
  /** Corner radius of the panel and the launcher, px. */
  radius?: number;
  position?: "left" | "right";
  /** `chat` (default), `help` or `spark`. */
  icon?: string;
  scheme?: "auto" | "light" | "dark";
}

/** `GET /api/v1/chatbots/{id}/widget`. */
export interface Settings {
  chatbotId: string;
  name: string;
  greeting: string;
  theme?: Theme | null;
  preChat: FormField[];
  languages: string[];
  poweredBy: string;
  /** Whether an assistant answers at all. */
  assistant: boolean;
  availability: Availability;
  limits: { contentChars: number };
}

/** The attributes of the script element, and of `Switchboard.mount`. */
export interface Options {
  chatbot: string;
  /** `float` (a launcher in the corner), `inline` (in an element of the page), `page` (the whole page). */
  mode: "float" | "inline" | "page";
  language?: string | undefined;
  scheme?: string | undefined;
}

/** What a page may listen to. */
export interface WidgetEvents {
  ready: undefined;
  open: undefined;
  close: undefined;
  /** Somebody else wrote. */
  message: { text: string; from: string };
  unread: number;
  /** The conversation's state: `none`, `assistant`, `waiting`, `agent`, `closed`. */
  state: string;
}

/** What the launcher gives the panel. */
export interface Host {
  shadow: ShadowRoot;
  /** The server, without a slash at the end. */
  url: string;
  options: Options;
  /** The language that is spoken, as a tag (`en-GB`), and where its lines begin. */
  language: string;
  direction: "ltr" | "rtl";
  /** This browser has talked here before. */
  known: boolean;
  /** As fetched by the launcher; null = it failed, `refused` says whether for good. */
  settings: () => Promise<Settings>;
  close(): void;
  unread(count: number): void;
  emit<K extends keyof WidgetEvents>(type: K, data: WidgetEvents[K]): void;
}

/** What the panel gives the launcher. */
export interface Panel {
  shown(open: boolean): void;
  identify(who: { token?: string; name?: string; email?: string }): void;
  send(text: string): void;
  destroy(): void;
}
