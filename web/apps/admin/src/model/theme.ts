/** How a chatbot's widget looks, as the installation keeps it. The server does not read it; the widget does. */
export interface Theme {
  /** `#2457d6`; empty = the product's own. */
  accent: string;
  radius: "small" | "medium" | "large";
  position: "right" | "left";
  launcher: "chat" | "help" | "headset";
  scheme: "auto" | "light" | "dark";
}
export const plainTheme: Theme = { accent: "", radius: "large", position: "right", launcher: "chat", scheme: "auto" };

/** Whatever is stored; what is not understood is the default. */
export function themeOf(stored: unknown): Theme {
  const from = typeof stored === "object" && stored !== null ? (stored as Record<string, unknown>) : {};
  const one = <T extends string>(key: string, choices: readonly T[], otherwise: T): T =>
    choices.find((choice) => choice === from[key]) ?? otherwise;
  return {
    accent: typeof from.accent === "string" ? from.accent : "",
    radius: one("radius", ["small", "medium", "large"], plainTheme.radius),
    position: one("position", ["right", "left"], plainTheme.position),
    launcher: one("launcher", ["chat", "help", "headset"], plainTheme.launcher),
    scheme: one("scheme", ["auto", "light", "dark"], plainTheme.scheme),
  };
}

/** Into what is stored: keys of ours replaced, what else was there is kept. */
export function storedTheme(theme: Theme, before: unknown): Record<string, unknown> {
  const kept = typeof before === "object" && before !== null ? { ...(before as Record<string, unknown>) } : {};
  delete kept.accent;
  return { ...kept, ...theme, ...(theme.accent ? { accent: theme.accent } : { accent: undefined }) };
}

/** The line that a page carries. */
export function embedCode(engine: string, chatbotId: string): string {
  const safe = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return `<script async src="${safe(new URL("widget.js", engine).href)}" data-chatbot="${safe(chatbotId)}"></script>`;
}
