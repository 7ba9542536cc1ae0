/** How a chatbot's widget looks. The server keeps it unread; apps/widget checks each value where it uses it. */
export interface Theme {
  /** `#2457d6`; empty = the product's own. */
  accent: string;
  /** Corner radius of panel and launcher, px, 0 to 32. */
  radius: number;
  position: "right" | "left";
  /** The sign on the launcher. */
  icon: "chat" | "help" | "spark";
  scheme: "auto" | "light" | "dark";
}
export const plainTheme: Theme = { accent: "", radius: 16, position: "right", icon: "chat", scheme: "auto" };

/** Whatever is stored; what is not understood is the default. */
export function themeOf(stored: unknown): Theme {
  const from = typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
  const one = <T extends string>(key: string, choices: readonly T[], otherwise: T): T =>
    choices.find((choice) => choice === from[key]) ?? otherwise;
  const { radius } = from;
  return {
    accent: typeof from.accent === "string" ? from.accent : "",
    radius: typeof radius === "number" && radius >= 0 && radius <= 32 ? radius : plainTheme.radius,
    position: one("position", ["right", "left"], plainTheme.position),
    icon: one("icon", ["chat", "help", "spark"], plainTheme.icon),
    scheme: one("scheme", ["auto", "light", "dark"], plainTheme.scheme),
  };
}

/** Into what is stored: keys of ours replaced, what else was there is kept. */
export function storedTheme(theme: Theme, before: unknown): Record<string, unknown> {
  const kept = typeof before === "object" && before !== null ? { ...(before as Record<string, unknown>) } : {};
  delete kept.accent;
  const { accent, ...rest } = theme;
  return accent ? { ...kept, ...rest, accent } : { ...kept, ...rest };
}

/** The line that a page carries. */
export function embedCode(engine: string, chatbotId: string): string {
  const safe = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return `<script async src="${safe(new URL("widget.js", engine).href)}" data-chatbot="${safe(chatbotId)}"></script>`;
}
