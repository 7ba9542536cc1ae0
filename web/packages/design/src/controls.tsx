import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useLayoutEffect, useRef } from "preact/hooks";

/** Class names of what is true. */
export const classes = (...names: (string | false | null | undefined)[]): string => names.filter(Boolean).join(" ");

type Native<E extends keyof JSX.IntrinsicElements> = Omit<JSX.IntrinsicElements[E], "size" | "label" | "ref">;

export interface ButtonProps extends Native<"button"> {
  /** `primary`: the one action of a view. `danger`: it takes something away. `plain`: text only. */
  kind?: "primary" | "secondary" | "plain" | "danger";
  /** 32 px rather than 40, for dense places with a pointer. */
  small?: boolean;
  /** It is under way: pressing again does nothing, and assistive technology is told. */
  busy?: boolean;
  icon?: ComponentChildren;
}

export function Button({
  kind = "secondary",
  small,
  busy,
  icon,
  class: more,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={classes("sb-button", `sb-${kind}`, small && "sb-compact", more as string)}
      aria-busy={busy || undefined}
      aria-disabled={busy || rest["aria-disabled"]}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
    >
      {icon}
      <span>{children}</span>
    </button>
  );
}

export interface IconButtonProps extends Native<"button"> {
  /** What it does: read aloud, and shown on hover. */
  label: string;
  small?: boolean;
  /** A toggle that is on. */
  pressed?: boolean;
}

export function IconButton({ label, small, pressed, class: more, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      {...rest}
      aria-label={label}
      aria-pressed={pressed}
      class={classes("sb-icon-button", small && "sb-compact", more as string)}
    />
  );
}

interface Labelled {
  label: string;
  /** Said under the field, before anything is wrong. */
  hint?: string;
  /** What is wrong and what to do. */
  error?: string | null | undefined;
  /** The label is read aloud but not shown. */
  quiet?: boolean;
}

function Frame(props: Labelled & { id: string; required?: boolean; children: ComponentChildren }) {
  const { id, label, hint, error, quiet, children, required } = props;
  return (
    <div class={classes("sb-field", !!error && "sb-wrong")}>
      <label for={id} class={quiet ? "sb-hush" : undefined}>
        {label}
        {required && <span aria-hidden="true"> *</span>}
      </label>
      {children}
      {hint && !error && (
        <p class="sb-hint" id={`${id}-about`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="sb-error" id={`${id}-about`}>
          {error}
        </p>
      )}
    </div>
  );
}

const about = (id: string, { hint, error }: { hint?: string; error?: string | null | undefined }) => ({
  id,
  "aria-invalid": error ? true : undefined,
  "aria-describedby": hint || error ? `${id}-about` : undefined,
});

export function Field({ label, hint, error, quiet, ...rest }: Labelled & Native<"input">) {
  const id = useId();
  const frame = { label, error, ...(hint ? { hint } : {}), ...(quiet ? { quiet } : {}) };
  return (
    <Frame id={id} {...frame} required={!!rest.required}>
      <input class="sb-input" {...(rest as object)} {...about(id, frame)} />
    </Frame>
  );
}

export function Select({ label, hint, error, quiet, children, ...rest }: Labelled & Native<"select">) {
  const id = useId();
  const frame = { label, error, ...(hint ? { hint } : {}), ...(quiet ? { quiet } : {}) };
  return (
    <Frame id={id} {...frame} required={!!rest.required}>
      <select class="sb-input" {...(rest as object)} {...about(id, frame)}>
        {children}
      </select>
    </Frame>
  );
}

/** Sets the height of a text area to its text, up to `lines`. */
export function useGrowing(text: string, lines: number) {
  const ref = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const area = ref.current;
    if (!area) return;
    area.style.height = "auto";
    const { lineHeight, paddingTop, paddingBottom } = getComputedStyle(area);
    const most =
      Number.parseFloat(lineHeight) * lines + Number.parseFloat(paddingTop) + Number.parseFloat(paddingBottom);
    const border = area.offsetHeight - area.clientHeight;
    area.style.height = `${Math.min(area.scrollHeight, Math.ceil(most)) + border}px`;
    area.style.overflowY = area.scrollHeight > most + 1 ? "auto" : "hidden";
  }, [text, lines]);
  return ref;
}

/** A text area that grows with what is typed. */
export function TextArea({
  label,
  hint,
  error,
  quiet,
  lines = 8,
  ...rest
}: Labelled & Native<"textarea"> & { lines?: number }) {
  const id = useId();
  const ref = useGrowing(String(rest.value ?? ""), lines);
  const frame = { label, error, ...(hint ? { hint } : {}), ...(quiet ? { quiet } : {}) };
  return (
    <Frame id={id} {...frame} required={!!rest.required}>
      <textarea class="sb-input" rows={2} {...rest} {...about(id, frame)} ref={ref} />
    </Frame>
  );
}

export function Check({ label, hint, ...rest }: { label: string; hint?: string } & Native<"input">) {
  return (
    <label class="sb-check">
      <input type="checkbox" {...(rest as object)} />
      <span>
        {label}
        {hint && <small class="sb-hint">{hint}</small>}
      </span>
    </label>
  );
}

/** A key as it is printed on the keyboard. */
export function KeyHint({ keys }: { keys: string }) {
  return <kbd class="sb-key">{keys}</kbd>;
}

/** Runs `close` when a pointer goes down or the focus moves outside of `ref`, while `open`. */
export function useOutside(ref: { current: Element | null }, open: boolean, close: () => void) {
  const latest = useRef(close);
  latest.current = close;
  useEffect(() => {
    if (!open) return;
    const root = ref.current?.ownerDocument;
    const gone = (event: Event) => {
      if (ref.current && !event.composedPath().includes(ref.current)) latest.current();
    };
    root?.addEventListener("pointerdown", gone, true);
    root?.addEventListener("focusin", gone, true);
    return () => {
      root?.removeEventListener("pointerdown", gone, true);
      root?.removeEventListener("focusin", gone, true);
    };
  }, [ref, open]);
}
