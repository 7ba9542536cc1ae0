// @vitest-environment happy-dom
import { h, render } from "preact";
import { useEffect } from "preact/hooks";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EmojiButton, emojis, findEmojis } from "../src/emoji.tsx";
import { Dialog } from "../src/layers.tsx";
import { createLinger } from "../src/linger.ts";
import { olderPause, useOlder } from "../src/older.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  render(null, document.body);
  vi.useRealTimers();
});

describe("A dialog", () => {
  it("is open when its parent gives the focus to what is in it, also when that was drawn twice", () => {
    let open: boolean | undefined;
    const Parent = (_: { drawn: number }) => {
      useEffect(() => {
        open = document.querySelector("dialog")?.open;
      }, []);
      return h(Dialog, {
        open: true,
        title: "Search",
        closeLabel: "Close",
        onClose: () => {},
        children: h("input", {}),
      });
    };
    render(h(Parent, { drawn: 1 }), document.body);
    render(h(Parent, { drawn: 2 }), document.body);
    expect(open).toBe(true);
  });
});

describe("Toasts", () => {
  it("go after a while, each at its time", () => {
    const gone: string[] = [];
    const linger = createLinger((id) => gone.push(id));
    linger.start("a", 1000);
    linger.start("b", 3000);
    vi.advanceTimersByTime(1000);
    expect(gone).toEqual(["a"]);
    linger.forget("b");
    vi.advanceTimersByTime(10_000);
    expect(gone).toEqual(["a"]);
  });
  it("stay while somebody is at them, and a moment longer", () => {
    const gone: string[] = [];
    const linger = createLinger((id) => gone.push(id));
    linger.start("a", 1000);
    vi.advanceTimersByTime(900);
    linger.hold(true);
    linger.start("late", 500);
    vi.advanceTimersByTime(60_000);
    expect(gone).toEqual([]);
    linger.hold(false);
    vi.advanceTimersByTime(1499);
    expect(gone).toEqual(["late"]);
    vi.advanceTimersByTime(1);
    expect(gone).toEqual(["late", "a"]);
  });
});

describe("Older messages", () => {
  /** A list whose server answers as `answers` says. */
  function list(answers: ("more" | "fails" | "nothing")[]) {
    const asked = vi.fn();
    let older: ReturnType<typeof useOlder> | null = null;
    let [have, hasOlder] = [1, true];
    const load = () => {
      asked();
      const answer = answers.shift() ?? "more";
      if (answer === "fails") return Promise.reject(new Error("no"));
      return Promise.resolve().then(() => {
        if (answer === "more") have += 10;
        if (have > 40) hasOlder = false;
        render(h(List, {}), document.body);
      });
    };
    function List() {
      older = useOlder({ load, hasOlder, busy: false, have, wanted: have < 20 });
      return h("p", null, older.failed ? "failed" : String(have));
    }
    const draw = () => act(() => render(h(List, {}), document.body));
    draw();
    const pass = async (ms: number) => {
      await act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
      draw();
    };
    return { asked, pass, text: () => document.body.textContent, older: () => older };
  }
  it("come by themselves until a screen is full, then when the reader is near", async () => {
    const { asked, pass, older } = list([]);
    await pass(10);
    await pass(10);
    expect(asked).toHaveBeenCalledTimes(2);
    await pass(60_000);
    expect(asked).toHaveBeenCalledTimes(2);
    older()?.more();
    await pass(10);
    expect(asked).toHaveBeenCalledTimes(3);
  });
  it("are asked for ever more seldom while that fails, however much the reader scrolls", async () => {
    const { asked, pass, text, older } = list(Array(20).fill("fails"));
    await pass(10);
    expect(text()).toBe("failed");
    for (let n = 0; n < 50; n += 1) older()?.more();
    await pass(1900);
    expect(asked).toHaveBeenCalledTimes(1);
    await pass(100);
    expect(asked).toHaveBeenCalledTimes(2);
    await pass(3900);
    expect(asked).toHaveBeenCalledTimes(2);
    older()?.again();
    await pass(10);
    expect(asked).toHaveBeenCalledTimes(3);
    for (let n = 0; n < 60; n += 1) await pass(1000);
    expect(asked.mock.calls.length).toBeLessThan(8);
  });
  it("are there again after a failure that is over", async () => {
    const { pass, text } = list(["fails", "more"]);
    await pass(10);
    expect(text()).toBe("failed");
    await pass(2000);
    await pass(10);
    expect(text()).toBe("21");
  });
  it("that never come although there are some are not asked for without end", async () => {
    const { asked, pass } = list(Array(50).fill("nothing"));
    for (let n = 0; n < 100; n += 1) await pass(10);
    expect(asked.mock.calls.length).toBeLessThan(4);
  });
  it("pause 2 s first and 30 s at most", () => {
    expect([1, 2, 3, 4, 5, 30].map(olderPause)).toEqual([2000, 4000, 8000, 16_000, 30_000, 30_000]);
  });
});

describe("Emojis", () => {
  it("are about a hundred, each once and with a name", () => {
    const all = emojis();
    expect(all.length).toBeGreaterThanOrEqual(100);
    expect(new Set(all.map(({ sign }) => sign)).size).toBe(all.length);
    for (const { sign, name } of all) {
      expect(/^\p{Emoji}/u.test(sign), sign).toBe(true);
      expect(/^[a-z]/.test(name), sign).toBe(true);
    }
  });
  it("are found by the beginnings of their words", () => {
    expect(findEmojis("par").map(({ sign }) => sign)).toContain("📦");
    expect(findEmojis("Red  HEART").map(({ sign }) => sign)).toEqual(["❤️"]);
    expect(findEmojis("nothing of this")).toEqual([]);
  });
  it("are opened, searched and picked by the keyboard alone", () => {
    const picked: string[] = [];
    const words = { open: "Insert", label: "Emojis", search: "Search", none: "None" };
    const button = h(EmojiButton, { words, onPick: (sign) => picked.push(sign), onEscape: () => picked.push("out") });
    act(() => render(button, document.body));
    const press = (key: string) =>
      act(() => void document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
    const open = () => act(() => document.querySelector("button")?.click());
    open();
    const field = document.activeElement as HTMLInputElement;
    expect(field.type).toBe("search");
    act(() => {
      field.value = "thumbs";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
    expect(document.querySelectorAll("[data-at]")).toHaveLength(2);
    press("ArrowDown");
    press("ArrowRight");
    expect(document.activeElement?.getAttribute("aria-label")).toMatch(/^thumbs down/);
    press("Home");
    act(() => (document.activeElement as HTMLElement).click());
    expect(picked).toEqual(["👍"]);
    expect(document.querySelector("[role=dialog]")).toBeNull();
    open();
    press("Enter");
    open();
    press("Escape");
    expect(picked).toEqual(["👍", "😀", "out"]);
  });
});
