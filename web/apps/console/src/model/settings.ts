/** What this browser remembers about how its person likes to work. */

export interface Settings {
  /** 0 to 1; 0 is silent. */
  readonly volume: number;
  readonly soundForMessages: boolean;
  readonly soundForOffers: boolean;
  readonly browserNotices: boolean;
  /** Keys without Ctrl. */
  readonly singleKeys: boolean;
  /** Null = as the system has it. */
  readonly theme: "light" | "dark" | null;
  readonly panel: boolean;
}

export const defaults: Settings = {
  volume: 0.5,
  soundForMessages: true,
  soundForOffers: true,
  browserNotices: false,
  singleKeys: true,
  theme: null,
  panel: true,
};

const KEY = "switchboard.console.settings";

/** The settings that were kept; anything odd in them counts as not set. */
export function readSettings(storage: Pick<Storage, "getItem"> | null): Settings {
  try {
    const kept: unknown = JSON.parse(storage?.getItem(KEY) ?? "null");
    if (typeof kept !== "object" || kept === null) return defaults;
    const some = kept as Record<string, unknown>;
    const flag = (key: keyof Settings) => (typeof some[key] === "boolean" ? some[key] : defaults[key]) as boolean;
    const volume = some.volume;
    return {
      volume: typeof volume === "number" && volume >= 0 && volume <= 1 ? volume : defaults.volume,
      soundForMessages: flag("soundForMessages"),
      soundForOffers: flag("soundForOffers"),
      browserNotices: flag("browserNotices"),
      singleKeys: flag("singleKeys"),
      theme: some.theme === "light" || some.theme === "dark" ? some.theme : null,
      panel: flag("panel"),
    };
  } catch {
    return defaults;
  }
}

export function keepSettings(storage: Pick<Storage, "setItem"> | null, settings: Settings): void {
  try {
    storage?.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Full or forbidden: it holds until the page is left.
  }
}
