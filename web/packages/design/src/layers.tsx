import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button, classes, IconButton, useOutside } from "./controls.tsx";
import { XIcon } from "./icons.tsx";

export interface MenuItem {
  id: string;
  label: ComponentChildren;
  icon?: ComponentChildren;
  /** One of several choices, chosen; with `toggle` something that is on or off by itself. */
  checked?: boolean;
  toggle?: boolean;
  disabled?: boolean;
  danger?: boolean;
  onSelect: () => void;
}

export interface MenuProps {
  /** What the button is called. */
  label: string;
  /** Shown in the button; an icon, or words (then `wide`). */
  children: ComponentChildren;
  items: readonly (MenuItem | null)[];
  wide?: boolean;
  /** Opens upwards. */
  up?: boolean;
  /** Aligned with the button's start rather than its end. */
  atStart?: boolean;
}

/** A button with a menu: arrows, Home, End, first letters by the browser's focus, Escape; `null` is a divider. */
export function Menu({ label, children, items, wide, up, atStart }: MenuProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useOutside(box, open, () => setOpen(false));
  const entries = () => [...(box.current?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([disabled])") ?? [])];
  // Before the next frame: whoever opens it by a key may press the next one at once.
  useLayoutEffect(() => {
    if (open) entries()[0]?.focus();
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const all = entries();
    const at = all.indexOf(event.target as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown" && !open) {
      event.preventDefault();
      setOpen(true);
    } else if (to !== undefined && open) {
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys belong to the button and the menu inside
    <div class="sb-menu" ref={box} onKeyDown={onKeyDown}>
      <button
        ref={button}
        type="button"
        class={wide ? "sb-button sb-secondary" : "sb-icon-button"}
        title={wide ? undefined : label}
        aria-label={wide ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {children}
      </button>
      {open && (
        <div
          id={id}
          role="menu"
          aria-label={label}
          class={classes("sb-menu-list", up && "sb-up", atStart && "sb-at-start")}
        >
          {items.map((item, index) =>
            item ? (
              // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only one with a state has it
              <button
                key={item.id}
                type="button"
                role={item.checked === undefined ? "menuitem" : item.toggle ? "menuitemcheckbox" : "menuitemradio"}
                aria-checked={item.checked}
                tabIndex={-1}
                disabled={item.disabled}
                class={classes("sb-menu-item", item.danger && "sb-dangerous")}
                onClick={() => {
                  close();
                  item.onSelect();
                }}
              >
                {item.icon}
                <span>{item.label}</span>
                {item.checked && <span class="sb-menu-mark" aria-hidden="true" />}
              </button>
            ) : (
              <hr key={`line ${String(index)}`} />
            ),
          )}
        </div>
      )}
    </div>
  );
}

export interface DialogProps {
  open: boolean;
  title: string;
  /** Name of the cross. */
  closeLabel: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons, the main one last. */
  actions?: ComponentChildren;
  wide?: boolean;
}

/** A modal dialog: the browser's own, which keeps the focus, gives it back and closes by Escape. */
export function Dialog({ open, title, closeLabel, onClose, children, actions, wide }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  // Before anybody's effects: drawn again before the first paint, a parent's run first, and what it gives the
  // focus to has to be in an open dialog by then.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (!open || !dialog) return;
    const from = document.activeElement as HTMLElement | null;
    if (!dialog.open) dialog.showModal();
    return () => {
      // Closed it gives the focus back; a dialog that is just taken away leaves it nowhere.
      if (dialog.isConnected) dialog.close();
      else if (document.activeElement === document.body) from?.focus();
    };
  }, [open]);
  if (!open) return null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click beside it closes it, as Escape does
    <dialog
      ref={ref}
      class={classes("sb-dialog", wide && "sb-wide")}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div class="sb-dialog-box">
        <header>
          <h2 id={id}>{title}</h2>
          <IconButton label={closeLabel} onClick={onClose}>
            <XIcon />
          </IconButton>
        </header>
        <div class="sb-dialog-body">{children}</div>
        {actions && <footer>{actions}</footer>}
      </div>
    </dialog>
  );
}

export interface ToastEntry {
  id: string;
  text: ComponentChildren;
  tone?: "plain" | "waiting" | "overdue" | "connected";
  /** One thing to do about it, such as "Undo". */
  action?: { label: string; onSelect: () => void };
}

/** Where short messages appear. It is always there, so that what comes into it is read aloud. */
export function ToastRegion(props: {
  label: string;
  closeLabel: string;
  toasts: readonly ToastEntry[];
  onClose: (id: string) => void;
  /** Somebody is at them: the pointer or the focus. They are not to go meanwhile. */
  onHold?: (held: boolean) => void;
}) {
  const { onHold, toasts } = props;
  const at = useRef({ pointer: false, focus: false });
  const tell = (change: Partial<{ pointer: boolean; focus: boolean }>) => {
    Object.assign(at.current, change);
    onHold?.(at.current.pointer || at.current.focus);
  };
  // What was under the pointer, or had the focus, may have been the last: nobody says that it left.
  useEffect(() => {
    if (toasts.length === 0) tell({ pointer: false, focus: false });
  }, [toasts.length]);
  return (
    <section
      class="sb-toasts"
      aria-label={props.label}
      aria-live="polite"
      onPointerEnter={() => tell({ pointer: true })}
      onPointerLeave={() => tell({ pointer: false })}
      onFocusIn={() => tell({ focus: true })}
      onFocusOut={() => tell({ focus: false })}
    >
      {toasts.map(({ id, text, tone = "plain", action }) => (
        <div key={id} class={classes("sb-toast", `sb-tone-${tone}`)}>
          <p>{text}</p>
          {action && (
            <Button
              kind="plain"
              small
              onClick={() => {
                action.onSelect();
                props.onClose(id);
              }}
            >
              {action.label}
            </Button>
          )}
          <IconButton small label={props.closeLabel} onClick={() => props.onClose(id)}>
            <XIcon small />
          </IconButton>
        </div>
      ))}
    </section>
  );
}

export interface TabEntry {
  id: string;
  label: ComponentChildren;
  count?: number;
}

/** Tabs by the arrow keys. What is shown has `role="tabpanel"` and `id={tabPanelId(name, id)}`. */
export function Tabs(props: {
  /** Names the row of tabs, and makes the ids. */
  name: string;
  label: string;
  tabs: readonly TabEntry[];
  chosen: string;
  onChoose: (id: string) => void;
}) {
  const { tabs, chosen, onChoose, name } = props;
  const onKeyDown = (event: KeyboardEvent) => {
    const at = tabs.findIndex(({ id }) => id === chosen);
    const list = event.currentTarget as HTMLElement;
    const forward = getComputedStyle(list).direction === "rtl" ? -1 : 1;
    const to = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: tabs.length - 1 }[event.key];
    const next = to === undefined ? undefined : tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    event.preventDefault();
    onChoose(next.id);
    list.querySelector<HTMLElement>(`#${CSS.escape(tabId(name, next.id))}`)?.focus();
  };
  return (
    <div class="sb-tabs" role="tablist" aria-label={props.label} onKeyDown={onKeyDown}>
      {tabs.map(({ id, label, count }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={tabId(name, id)}
          aria-selected={id === chosen}
          aria-controls={id === chosen ? tabPanelId(name, id) : undefined}
          tabIndex={id === chosen ? 0 : -1}
          onClick={() => onChoose(id)}
        >
          {label}
          {count !== undefined && <span class="sb-count">{count}</span>}
        </button>
      ))}
    </div>
  );
}
const tabId = (name: string, id: string) => `${name}-tab-${id}`;
/** The id that the panel of a tab carries. */
export const tabPanelId = (name: string, id: string) => `${name}-panel-${id}`;
