import { expect, test } from "vitest";
import { addressOf, homeOf, placeOf } from "../src/model/place.ts";
import { embedCode, plainTheme, storedTheme, themeOf } from "../src/model/theme.ts";

const home = homeOf("https://host.example/support/admin/assets/index-1.js");

test("the page knows its folder and the engine's root, under whatever prefix", () => {
  expect(home.admin.href).toBe("https://host.example/support/admin/");
  expect(home.engine.href).toBe("https://host.example/support/");
});

test("an address says what is open, there and back", () => {
  for (const place of [
    { view: "board", item: null, conversation: null, wall: false },
    { view: "board", item: null, conversation: "0199e7d0-0001", wall: true },
    { view: "chatbots", item: "my shop/2", conversation: null, wall: false },
    { view: "audit", item: null, conversation: "0199e7d0-0001", wall: false },
  ] as const) {
    expect(placeOf(addressOf(place, home.admin), home.admin)).toEqual(place);
  }
});

test("an address that names nothing is the board", () => {
  for (const path of ["nonsense", "board/%E0%A4%A", "?conversation=<script>"]) {
    const found = placeOf(new URL(path, home.admin).href, home.admin);
    expect(found).toMatchObject({ view: "board", conversation: null });
  }
});

test("what is stored as a theme is taken as far as it makes sense, and what is not ours is kept", () => {
  expect(themeOf(null)).toEqual(plainTheme);
  expect(themeOf({ accent: "#123456", radius: 99, icon: 7, position: "left" })).toEqual({
    ...plainTheme,
    accent: "#123456",
    position: "left",
  });
  expect(storedTheme(plainTheme, { accent: "#123456", badge: true })).toEqual({
    badge: true,
    radius: 16,
    position: "right",
    icon: "chat",
    scheme: "auto",
  });
});

test("the line for a page cannot be broken out of", () => {
  expect(embedCode("https://host.example/support/", 'a"><script>')).toBe(
    '<script async src="https://host.example/support/widget.js" data-chatbot="a&quot;>&lt;script>"></script>',
  );
});
