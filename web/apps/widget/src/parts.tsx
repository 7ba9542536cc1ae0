/** Buttons, fields and signs: those of the design as far as the widget uses them, drawn with less. */
import { hueOf, initials } from "@switchboard/design/colour";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { FACES } from "./icons.tsx";

export const Button = (props: {
  kind?: "sb-primary" | "sb-compact";
  type?: "submit";
  onClick?: () => void;
  children: ComponentChildren;
}) => (
  <button type={props.type ?? "button"} class={`sb-button ${props.kind ?? ""}`} onClick={props.onClick}>
    {props.children}
  </button>
);

/** A button whose word is read aloud, and shown on hover. */
export const IconButton = ({ label, class: more, ...rest }: { label: string } & JSX.IntrinsicElements["button"]) => (
  <button type="button" class={`sb-icon-button ${more ?? ""}`} title={label} aria-label={label} {...rest} />
);

/** A line, or several, to write in. */
export function Field(props: {
  kind: string;
  label: string;
  required: boolean;
  value: string;
  error: string | undefined;
  onInput: (text: string) => void;
}) {
  const { kind, label, required, value, error, onInput } = props;
  const id = useId();
  const Tag = (kind === "long_text" ? "textarea" : "input") as "input";
  return (
    <div class={`sb-field${error ? " sb-wrong" : ""}`}>
      <label for={id}>
        {label}
        {required && <span aria-hidden="true"> *</span>}
      </label>
      <Tag
        class="sb-input"
        id={id}
        {...({ rows: 3, ...(kind === "email" ? { type: kind, autocomplete: kind } : {}) } as object)}
        required={required}
        value={value}
        aria-invalid={error ? true : undefined}
        aria-describedby={error && `${id}-about`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {error && (
        <p class="sb-error" id={`${id}-about`}>
          {error}
        </p>
      )}
    </div>
  );
}

export interface MenuItem {
  label: string;
  /** On or off; left out where it is neither. */
  checked?: boolean;
  onSelect: () => void;
}

/** A button with a menu: arrows, Home, End and Escape; it closes when the focus leaves it. */
export function Menu(props: { label: string; items: readonly MenuItem[]; children: ComponentChildren }) {
  const { label, items, children } = props;
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const all = () => [...(box.current?.querySelectorAll("button") ?? [])];
  useEffect(() => {
    if (open) all()[1]?.focus();
  }, [open]);
  const close = () => {
    setOpen(false);
    all()[0]?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the button and the menu inside
    <div
      class="sb-menu"
      ref={box}
      onKeyDown={(event) => {
        const entries = all().slice(1);
        const at = entries.indexOf(event.target as HTMLButtonElement);
        const to = { ArrowDown: at + 1, ArrowUp: at < 0 ? at : at - 1, Home: 0, End: -1 }[event.key];
        if (event.key === "Escape" && open) {
          event.stopPropagation();
          close();
        } else if (to !== undefined) {
          event.preventDefault();
          setOpen(true);
          entries.at(to % entries.length)?.focus();
        }
      }}
    >
      <IconButton
        label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        // Some browsers give a button the focus by a click only when it says so.
        tabIndex={0}
        onClick={() => setOpen(!open)}
      >
        {children}
      </IconButton>
      {open && (
        <div role="menu" aria-label={label} class="sb-menu-list">
          {items.map((item) => (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only one with a state has it
            <button
              type="button"
              role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
              aria-checked={item.checked}
              tabIndex={-1}
              class="sb-menu-item"
              onBlur={(event) => box.current?.contains(event.relatedTarget as Node | null) || setOpen(false)}
              onClick={() => {
                close();
                item.onSelect();
              }}
            >
              {item.label}
              {item.checked && <span class="sb-menu-mark" />}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

/** A state with its word: the dot's shape tells it too. */
export const StatusDot = ({ state, word }: { state: string; word: string }) => (
  <span class="sb-status">
    <span class={`sb-dot sb-${state}`} />
    {word}
  </span>
);

/** Initials on a colour that belongs to the name, or the assistant's sign. `size` in px. */
export function Avatar({ name, size, children }: { name: string; size: number; children?: ComponentChildren }) {
  const hue = `hsl(${hueOf(name) * 30} `;
  const side = `${size}px`;
  return (
    <span
      class="sb-avatar"
      aria-hidden="true"
      style={{
        width: side,
        height: side,
        fontSize: `${size * 0.4}px`,
        // Taken back where there were initials before.
        background: children ? "" : `${hue}42% 88%)`,
        color: children ? "" : `${hue}60% 22%)`,
      }}
    >
      {children || initials(name)}
    </span>
  );
}

export const Dots = () => (
  <span class="sb-dots" aria-hidden="true">
    <i />
    <i />
    <i />
  </span>
);

/** Five faces, each with its word: 1 the worst, 5 the best. */
export const RatingFaces = (props: {
  label: string;
  word: (score: number) => string;
  onRate: (score: number) => void;
}) => (
  <fieldset class="sb-faces">
    <legend>{props.label}</legend>
    <div>
      {FACES.map((Face, index) => (
        <button type="button" class="sb-face" onClick={() => props.onRate(index + 1)}>
          <Face />
          {props.word(index + 1)}
        </button>
      ))}
    </div>
  </fieldset>
);
