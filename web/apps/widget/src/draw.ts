/**
 * The part of Preact that the widget uses, in a fifth of its size: the build puts it in Preact's place. A change of
 * anything draws everything anew from the root, so there is no state below it to keep apart.
 */

type Props = Record<string, unknown>;
type Component = (props: Props) => unknown;
interface Hook {
  value?: unknown;
  deps?: readonly unknown[] | undefined;
  effect?: (() => unknown) | undefined;
  end?: unknown;
}
interface Node {
  /** A tag, a component, or null for a text. */
  type: string | Component | null;
  key: unknown;
  props: Props;
  text: string;
  dom: HTMLElement | Text | null;
  below: (Node | null)[];
  hooks: Hook[];
}

const node = (type: Node["type"], props: Props, key?: unknown, text = ""): Node => ({
  type,
  key,
  props,
  text,
  dom: null,
  below: [],
  hooks: [],
});

export const Fragment: Component = ({ children }) => children;
/** What the build makes of JSX. */
export const h = (type: string | Component, given: Props | null, ...children: unknown[]): Node => {
  const { key, ...props } = given ?? {};
  if (children.length > 0) props.children = children.length > 1 ? children : children[0];
  return node(type, props, key);
};

/** Holes keep their place, so that what follows them stays what it was. */
function nodeOf(given: unknown): Node | null {
  if (given == null || typeof given === "boolean") return null;
  if (Array.isArray(given)) return node(Fragment, { children: given });
  return typeof given === "object" ? (given as Node) : node(null, {}, undefined, String(given));
}

let hooks: Hook[] = [];
let at = 0;
let due: Hook[] = [];
let ids = 0;
let again: (() => void) | null = null;

export function useState<T>(first: T): [T, (next: T) => void] {
  hooks[at] ??= { value: first };
  const own = hooks[at++] as Hook;
  return [
    own.value as T,
    (next) => {
      if (next === own.value) return;
      own.value = next;
      queueMicrotask(() => again?.());
    },
  ];
}

export const useRef = <T>(first: T): { current: T } => useState({ current: first })[0];
export const useId = (): string => useState(`sw-${++ids}`)[0];

/** After everything is in its place; those of what is inside come first. */
export function useEffect(effect: () => unknown, deps?: readonly unknown[]): void {
  hooks[at] ??= {};
  const own = hooks[at++] as Hook;
  const was = own.deps;
  if (deps && was && !deps.some((one, index) => one !== was[index])) return;
  own.deps = deps;
  own.effect = effect;
}

function end(hook: Hook): void {
  if (typeof hook.end === "function") hook.end();
  hook.end = null;
}

function tell(ref: unknown, dom: unknown): void {
  if (typeof ref === "function") ref(dom);
  else if (ref) (ref as { current: unknown }).current = dom;
}

function set(dom: HTMLElement, name: string, value: unknown, was: unknown): void {
  if (name === "value") {
    // Writing what stands there already would move the caret.
    if ((dom as HTMLInputElement).value !== value) (dom as HTMLInputElement).value = String(value);
  } else if (value === was || name === "children" || name === "ref") {
    // Not an attribute, or nothing new.
  } else if (name === "style") {
    Object.assign(dom.style, value);
  } else if (name.startsWith("on")) {
    // What a handler gives back means nothing; a property's `false` would stop the browser.
    (dom as unknown as Props)[name.toLowerCase()] =
      value &&
      ((event: Event) => {
        (value as (event: Event) => void)(event);
      });
  } else if (value == null || (value === false && name[4] !== "-")) {
    dom.removeAttribute(name);
  } else {
    dom.setAttribute(name, value === true && name[4] !== "-" ? "" : String(value));
  }
}

function remove(old: Node, dom = true): void {
  tell(old.props.ref, null);
  for (const one of old.hooks) end(one);
  if (dom) old.dom?.remove();
  for (const one of old.below) if (one) remove(one, dom && !old.dom);
}

/** The elements of nodes, whatever components they stand in. */
const placed = (nodes: (Node | null)[]): Element[] =>
  nodes.flatMap((one) => (!one ? [] : one.dom ? [one.dom as Element] : placed(one.below)));

function below(parent: Node, old: Node | null, given: unknown, svg: boolean): void {
  const left = [...(old?.below ?? [])];
  const fresh = (Array.isArray(given) ? given : [given]).map(nodeOf);
  parent.below = fresh.map((one, index) => {
    if (!one) return null;
    const same = (other: Node | null | undefined) => other?.type === one.type && other.key === one.key;
    const place = same(left[index]) ? index : one.key == null ? -1 : left.findIndex(same);
    const found = left[place] ?? null;
    left[place] = null;
    return update(one, found, svg);
  });
  for (const one of left) if (one) remove(one);
}

function update(next: Node, old: Node | null, outer: boolean): Node {
  const { type, props } = next;
  const svg = outer || type === "svg";
  if (type === null) {
    next.dom = old?.dom ?? new Text();
    if (old?.text !== next.text) (next.dom as Text).data = next.text;
  } else if (typeof type === "function") {
    const own: Hook[] = old?.hooks ?? [];
    hooks = own;
    at = 0;
    next.hooks = own;
    below(next, old, type(props), svg);
    due.push(...own);
  } else {
    const dom = (old?.dom ??
      document.createElementNS(`http://www.w3.org/${svg ? "2000/svg" : "1999/xhtml"}`, type)) as HTMLElement;
    next.dom = dom;
    below(next, old, props.children, svg);
    let there: ChildNode | null = dom.firstChild;
    for (const one of placed(next.below)) {
      if (one === there) there = there.nextSibling;
      else dom.insertBefore(one, there);
    }
    for (const name in { ...old?.props, ...props }) set(dom, name, props[name], old?.props[name]);
    if (props.ref !== old?.props.ref) tell(props.ref, dom);
  }
  return next;
}

let root: Node | null = null;

/** Draws `what` as the whole content of `into`; there is one such place. */
export function render(what: unknown, into: HTMLElement): void {
  const next = node(into.tagName, { children: what });
  const old = root ?? node(into.tagName, {});
  old.dom = into;
  again = () => {
    // The same nodes again would be compared with themselves.
    render(what && { ...(what as Node) }, into);
  };
  root = update(next, old, false);
  const effects = due.filter(({ effect }) => effect);
  due = [];
  for (const one of effects) {
    end(one);
    one.end = one.effect?.();
    one.effect = undefined;
  }
}
