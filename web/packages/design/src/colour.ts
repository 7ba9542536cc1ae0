/** Colours that a person can read: contrast by WCAG 2, and an accent that is corrected rather than trusted. */

type Rgb = readonly [number, number, number];

/** `#abc` or `#aabbcc` as three numbers 0–255; `null` when it is no such colour. */
export function parseHex(colour: string): Rgb | null {
  const found = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour.trim())?.[1];
  if (!found) return null;
  const hex = found.length === 3 ? found.replace(/./g, "$&$&") : found;
  const value = Number.parseInt(hex, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

const hexOf = (rgb: Rgb) => `#${rgb.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("")}`;

function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** 1 to 21. Colours that cannot be read count as black. */
export function contrast(a: string, b: string): number {
  const one = luminance(parseHex(a) ?? [0, 0, 0]);
  const two = luminance(parseHex(b) ?? [0, 0, 0]);
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
}

/** `share` of `b` in `a`. */
export function mix(a: string, b: string, share: number): string {
  const from = parseHex(a) ?? [0, 0, 0];
  const to = parseHex(b) ?? [0, 0, 0];
  return hexOf(from.map((part, index) => part + ((to[index] ?? 0) - part) * share) as unknown as Rgb);
}

/** The nearest colour to `colour`, towards black or white, that has `least` contrast with `ground`. */
export function readable(colour: string, ground: string, least = 4.5): string {
  const end = contrast("#ffffff", ground) > contrast("#000000", ground) ? "#ffffff" : "#000000";
  let best = parseHex(colour) ? mix(colour, colour, 0) : end;
  for (let share = 0; share <= 1 && contrast(best, ground) < least; share += 0.04) best = mix(colour, end, share);
  return contrast(best, ground) < least ? end : best;
}

/** The custom properties that an accent sets; empty when the colour cannot be understood (the default stays). */
export function accentTokens(accent: string, dark: boolean): Record<string, string> {
  if (!parseHex(accent)) return {};
  const surface = dark ? "#1a1e26" : "#ffffff";
  // A pale brand colour stays itself with dark text on it and an edge that can be seen; only near-white is moved.
  const fill = readable(accent, surface, 1.25);
  const on = contrast("#ffffff", fill) >= contrast("#10131a", fill) ? "#ffffff" : "#10131a";
  const steady = readable(fill, on, 4.5);
  const edge = readable(steady, surface, 3);
  const soft = mix(surface, steady, dark ? 0.2 : 0.1);
  return {
    "--sb-accent": steady,
    "--sb-accent-hover": readable(mix(steady, on === "#ffffff" ? "#000000" : "#ffffff", 0.14), on, 4.5),
    "--sb-on-accent": on,
    "--sb-accent-edge": edge === steady ? "transparent" : edge,
    "--sb-accent-text": readable(readable(accent, soft), surface),
    "--sb-accent-soft": soft,
  };
}

/** A steady hue of a name, 0–11: the same name has the same colour everywhere. */
export function hueOf(name: string): number {
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum % 12;
}

/** Up to two letters of a name; "?" when it has none. */
export function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const first = [...(words[0] ?? "?")][0] ?? "?";
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
}
