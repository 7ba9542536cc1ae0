/** Light or dark: by the system, or as chosen on this device. */
import { signal } from "@preact/signals";

export type Appearance = "auto" | "light" | "dark";
const KEY = "switchboard-admin-appearance";

function stored(): Appearance {
  try {
    const found = localStorage.getItem(KEY);
    return found === "light" || found === "dark" ? found : "auto";
  } catch {
    return "auto";
  }
}

export const appearance = signal<Appearance>(stored());
const system = matchMedia("(prefers-color-scheme: dark)");
/** What is really shown: charts are drawn anew when it changes. */
export const dark = signal(false);

function apply(): void {
  const root = document.documentElement;
  if (appearance.value === "auto") delete root.dataset.theme;
  else root.dataset.theme = appearance.value;
  dark.value = appearance.value === "auto" ? system.matches : appearance.value === "dark";
}

export function setAppearance(value: Appearance): void {
  appearance.value = value;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // It holds until the page is left.
  }
  apply();
}

system.addEventListener("change", apply);
apply();
