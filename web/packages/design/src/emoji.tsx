import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { classes, IconButton, useOutside } from "./controls.tsx";
import { SmileIcon } from "./icons.tsx";

/** Each with the words that it is found by, the first of which is its name. */
const LISTED = `
😀 grinning smile happy|😃 smiling smile happy open|😄 laughing smile happy joy|😁 beaming grin teeth|😆 squinting laugh haha
😅 relieved sweat laugh phew|😂 tears of joy laugh lol|🤣 rolling laugh lol rofl|🙂 slight smile|🙃 upside down silly
😉 wink|😊 blushing smile warm happy|😇 halo angel innocent|😍 heart eyes love|😘 kiss love|😋 tasty yum delicious
😎 sunglasses cool|🤩 star eyes wow excited|🥳 party celebrate birthday|😏 smirk|😐 neutral face meh|🙄 rolling eyes
😬 grimace awkward oops|😌 calm relieved peace|😔 sad pensive sorry|😕 confused unsure|🙁 frown sad|😢 crying sad tear
😭 sobbing cry sad|😞 disappointed sad|😟 worried|😣 struggling|😤 huffing proud|😠 angry cross|😡 furious angry red
😱 shocked scream fear|😨 afraid fear|😳 flushed embarrassed|🥺 pleading please puppy|😴 sleeping tired zzz|🤒 ill sick fever
🤔 thinking hmm|🤨 doubtful eyebrow|🤗 hug warm|🤝 handshake deal agree|🤷 shrug unsure|🤦 facepalm oh no|🙇 bow sorry thanks
👍 thumbs up yes good ok like|👎 thumbs down no bad dislike|👌 ok perfect|✌️ victory peace|🤞 fingers crossed luck hope
👏 clapping bravo applause|🙌 raised hands hooray|🙏 please thanks folded hands|👋 waving hello bye hi|💪 strong muscle
👉 pointing right|👇 pointing down|👀 eyes look see|❤️ red heart love|🧡 orange heart|💛 yellow heart
💚 green heart|💙 blue heart|💜 purple heart|💔 broken heart sad|✨ sparkles new shiny|⭐ star favourite|🌟 glowing star
🎉 party popper congratulations celebrate|🎁 gift present|🎂 cake birthday|🔥 fire hot great|💯 hundred perfect full
✅ check mark done yes ok|❌ cross mark no wrong|⚠️ warning careful|❗ exclamation important|❓ question|ℹ️ information info
⏳ hourglass wait time|⏰ alarm clock time|📅 calendar date day|📦 parcel package delivery box|🚚 truck delivery shipping
🛒 shopping cart basket buy|💳 card payment pay|💰 money refund|🧾 receipt invoice bill|🏷️ label price tag|📧 e-mail mail letter
📞 phone call telephone|📱 mobile phone|💻 laptop computer|🖨️ printer print|🔒 lock safe secure|🔑 key password login
🔧 wrench repair fix|⚙️ gear settings|🔍 search magnifier look find|📎 paper clip attach file|📝 note write memo|📷 camera photo picture
🏠 house home|🌍 world earth|☀️ sun weather|🌧️ rain weather|❄️ snow cold winter|🌈 rainbow|☕ coffee break|🍕 pizza food|🍀 clover luck|🚀 rocket fast launch
`;

export interface Emoji {
  sign: string;
  name: string;
  words: readonly string[];
}

const parse = (one: string): Emoji => {
  const [sign = "", ...words] = one.trim().split(" ");
  return { sign, name: words.join(" "), words };
};
let parsed: readonly Emoji[] | null = null;
/** All of them, made at the first use. */
export function emojis(): readonly Emoji[] {
  parsed ??= LISTED.trim().split(/[|\n]/).map(parse);
  return parsed;
}

/** Those of which each word of the query begins a word; all without one. */
export function findEmojis(query: string): readonly Emoji[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return emojis().filter(({ words }) => wanted.every((one) => words.some((word) => word.startsWith(one))));
}

export interface EmojiProps {
  words: { open: string; label: string; search: string; none: string };
  onPick: (sign: string) => void;
  /** Closed by Escape: the focus wants to go back to the text. */
  onEscape: () => void;
}

/** A button with a picker above it. */
export function EmojiButton({ words, onPick, onEscape }: EmojiProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLSpanElement>(null);
  useOutside(box, open, () => setOpen(false));
  return (
    <span class="sb-emoji-place" ref={box}>
      <IconButton small label={words.open} aria-haspopup="dialog" aria-expanded={open} onClick={() => setOpen(!open)}>
        <SmileIcon small />
      </IconButton>
      {open && (
        <EmojiPicker
          words={words}
          onPick={(sign) => {
            setOpen(false);
            onPick(sign);
          }}
          onEscape={() => {
            setOpen(false);
            onEscape();
          }}
        />
      )}
    </span>
  );
}

/** A search and a grid: letters narrow it, arrows walk, Enter picks, Escape closes. */
function EmojiPicker({ words, onPick, onEscape }: EmojiProps) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const found = useMemo(() => findEmojis(query), [query]);
  useLayoutEffect(() => field.current?.focus(), []);
  const cells = () => [...(box.current?.querySelectorAll<HTMLElement>("[data-at]") ?? [])];
  const go = (to: number) => {
    const next = Math.max(0, Math.min(found.length - 1, to));
    setAt(next);
    cells()[next]?.focus();
  };
  /** How many stand in a row: the first that stands lower than the first. */
  const across = () => {
    const all = cells();
    const top = all[0]?.offsetTop;
    const next = all.findIndex((cell) => cell.offsetTop !== top);
    return next < 0 ? all.length : next;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") return onEscape();
    const inField = event.target === field.current;
    if (inField) {
      if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        const first = found[0];
        if (first) onPick(first.sign);
      } else if (event.key === "ArrowDown" && found.length > 0) {
        event.preventDefault();
        go(at);
      }
      return;
    }
    const rtl = box.current !== null && getComputedStyle(box.current).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: rtl, ArrowLeft: -rtl, ArrowDown: across(), ArrowUp: -across() }[event.key];
    const to = event.key === "Home" ? 0 : event.key === "End" ? found.length - 1 : step && at + step;
    if (to === undefined) return;
    event.preventDefault();
    if (event.key === "ArrowUp" && to < 0) field.current?.focus();
    else go(to);
  };
  return (
    <div class="sb-emojis" ref={box} role="dialog" aria-label={words.label} onKeyDown={onKeyDown}>
      <input
        ref={field}
        class="sb-input"
        type="search"
        aria-label={words.search}
        placeholder={words.search}
        value={query}
        autocomplete="off"
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setAt(0);
        }}
      />
      {found.length === 0 ? (
        <p class="sb-emojis-none" role="status">
          {words.none}
        </p>
      ) : (
        // biome-ignore lint/a11y/useSemanticElements: buttons in a grid
        <div class="sb-emoji-grid" role="group" aria-label={words.label}>
          {found.map(({ sign, name }, index) => (
            <button
              key={sign}
              type="button"
              data-at={index}
              class={classes("sb-emoji", index === at && "sb-at")}
              tabIndex={index === at ? 0 : -1}
              title={name}
              aria-label={name}
              onFocus={() => setAt(index)}
              onClick={() => onPick(sign)}
            >
              {sign}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
