// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { Fragment, h, render, useEffect, useRef, useState } from "../src/draw.ts";

const jsx = (type: Parameters<typeof h>[0], { children, ...props }: Record<string, unknown>, key?: string) =>
  h(type, { ...props, key }, ...(Array.isArray(children) ? children : children === undefined ? [] : [children]));

let place: HTMLElement;
beforeEach(() => {
  render(null, place ?? document.createElement("div"));
  place = document.createElement("div");
});
const text = (key: string) => jsx("p", { children: key }, key);
const draw = (...children: unknown[]) => render(jsx("section", { children }), place);
const inside = () => place.firstElementChild?.innerHTML;

describe("what is drawn", () => {
  it("is put there once and changed in place", () => {
    draw("a", false, jsx("b", { class: "x", children: 1 }));
    const bold = place.querySelector("b");
    draw("c", "d", jsx("b", { class: "y", children: 2 }));
    expect(inside()).toBe('cd<b class="y">2</b>');
    expect(place.querySelector("b")).toBe(bold);
  });

  it("keeps each element of a list with its key, in any order", () => {
    draw(["a", "b", "c", "d"].map(text), null);
    const before = new Map([...place.querySelectorAll("p")].map((one) => [one.textContent, one]));
    draw(["d", "new", "b", "a"].map(text), jsx(Fragment, { children: ["!", null, "?"] }));
    expect(inside()).toBe("<p>d</p><p>new</p><p>b</p><p>a</p>!?");
    for (const one of place.querySelectorAll("p")) {
      if (one.textContent !== "new") expect(one).toBe(before.get(one.textContent));
    }
  });

  it("takes text for text", () => {
    draw("<img src=x onerror=alert(1)>");
    expect(place.querySelector("img")).toBeNull();
  });

  it("sets, says no to and takes away attributes", () => {
    draw(jsx("button", { "aria-expanded": false, disabled: true, title: "t", style: { height: "4px" } }));
    expect(inside()).toBe('<button aria-expanded="false" disabled="" title="t" style="height: 4px;"></button>');
    draw(jsx("button", { "aria-expanded": true, disabled: false }));
    expect(inside()).toMatch(/^<button aria-expanded="true"/);
    expect(inside()).not.toMatch(/disabled|title/);
  });

  it("makes pictures in their own name space", () => {
    draw(jsx("svg", { viewBox: "0 0 24 24", children: jsx("path", { d: "M0 0" }) }));
    expect(place.querySelector("path")?.namespaceURI).toBe("http://www.w3.org/2000/svg");
  });

  it("leaves what is typed alone unless it is told otherwise", () => {
    const area = (value: string) => draw(jsx("textarea", { value }));
    area("one");
    const found = place.querySelector("textarea") as HTMLTextAreaElement;
    expect(found.value).toBe("one");
    found.value = "two";
    area("one");
    expect(found.value).toBe("one");
  });

  it("calls the newest handler, whose result stops nothing", () => {
    const first = vi.fn(() => false);
    const second = vi.fn(() => false);
    draw(jsx("button", { onClick: first }));
    draw(jsx("button", { onClick: second }));
    const event = new MouseEvent("click", { cancelable: true });
    place.querySelector("button")?.dispatchEvent(event);
    expect([first.mock.calls.length, second.mock.calls.length, event.defaultPrevented]).toEqual([0, 1, false]);
    draw(jsx("button", {}));
    place.querySelector("button")?.click();
    expect(second).toHaveBeenCalledTimes(1);
  });
});

describe("a component", () => {
  it("draws itself again when its state changes, and keeps it as long as it stays", async () => {
    const Counter = () => {
      const [count, more] = useState(0);
      return jsx("button", { onClick: () => more(count + 1), children: count });
    };
    draw("a", jsx(Counter, {}));
    place.querySelector("button")?.click();
    await Promise.resolve();
    draw("b", jsx(Counter, {}));
    expect(inside()).toBe("b<button>1</button>");
    draw("b", null);
    draw("b", jsx(Counter, {}));
    expect(inside()).toBe("b<button>0</button>");
  });

  it("runs effects in place, from the inside out, when something changed, and ends them", () => {
    const said: string[] = [];
    const One = ({ name, on, children }: Record<string, unknown>) => {
      const ref = useRef<HTMLElement | null>(null);
      useEffect(() => {
        said.push(`${name} ${ref.current?.isConnected}`);
        return () => said.push(`no ${name}`);
      }, [on]);
      return jsx("div", { ref, children });
    };
    document.body.append(place);
    const all = (on: number) => draw(jsx(One, { name: "outer", on, children: jsx(One, { name: "inner", on: 0 }) }));
    all(1);
    expect(said.splice(0)).toEqual(["inner true", "outer true"]);
    all(1);
    expect(said).toEqual([]);
    all(2);
    expect(said.splice(0)).toEqual(["no outer", "outer true"]);
    render(null, place);
    expect(said.sort()).toEqual(["no inner", "no outer"]);
    expect(place.innerHTML).toBe("");
  });
});
