/** What people do in the three windows. */
import type { Locator, Page } from "playwright-core";
import type { Login } from "./server.ts";
import { PATIENCE } from "./world.ts";

/** A bubble that holds this text and nothing else. */
const only = (text: string) => new RegExp(`^\\s*${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*$`);

/** The widget in a page, its panel opened by its launcher. */
export function widgetIn(page: Page) {
  const root = page.locator("switchboard-chat");
  const panel = root.locator(".sw-panel");
  const composer = panel.locator(".sb-composer textarea");
  const self = {
    root,
    panel,
    composer,
    launcher: root.locator(".launch"),
    banner: panel.locator(".sb-banner"),
    card: panel.locator(".sw-notice"),
    head: panel.locator(".sw-head"),
    /** A message with this text, and what stands at it. */
    said: (text: string) => panel.locator(".sb-bubble", { hasText: only(text) }),
    group: (text: string) => panel.locator(".sb-group", { hasText: text }),
    mark: (text: string, ...marks: string[]) =>
      panel.locator(".sb-group", { hasText: text }).locator(marks.map((mark) => `.sb-mark-${mark}`).join(", ")),
    async open() {
      await self.launcher.click();
      await panel.waitFor();
    },
    /** Opens it and begins with the assistant. */
    async ask(question: string) {
      await self.open();
      await panel.getByRole("button", { name: "Ask a general question" }).click();
      await panel.getByRole("button", { name: /AI Chatbot/ }).click();
      await self.write(question);
    },
    async write(text: string) {
      await composer.fill(text);
      await composer.press("Enter");
    },
    async person() {
      await panel.getByRole("button", { name: "Talk to a person" }).last().click();
    },
    connectedTo: (name: string) => self.head.getByRole("heading", { name }).waitFor(),
    async menu(item: string) {
      await self.head.getByRole("button", { name: "Options" }).click();
      await self.root.getByRole("menuitem", { name: item }).click();
    },
  };
  return self;
}

/** An agent's console. */
export function consoleIn(page: Page, address: string) {
  const reply = page.locator(".reply textarea");
  const self = {
    page,
    reply,
    offer: page.locator(".offer"),
    banners: page.locator(".banners"),
    heading: (name: string) => page.locator(".conversation h2", { hasText: name }),
    row: (id: string) => page.locator(`[data-row="${id}"]`),
    rowOf: (text: string) => page.locator("[data-row]", { hasText: text }),
    said: (text: string) => page.locator(".conversation .sb-bubble", { hasText: only(text) }),
    mark: (text: string, ...marks: string[]) =>
      page
        .locator(".conversation .sb-group", { hasText: text })
        .locator(marks.map((mark) => `.sb-mark-${mark}`).join(", ")),
    async logIn({ email, password }: Pick<Login, "email" | "password">) {
      await page.goto(`${address}/console`);
      await page.getByLabel("E-mail").fill(email);
      await page.getByLabel("Password").fill(password);
      await page.keyboard.press("Enter");
    },
    on: () => page.locator(".status .sb-on").waitFor(),
    async status(word: string) {
      await page.locator(".status button").click();
      await page.getByRole("menuitemradio", { name: word }).first().click();
      await page.locator(".status .sb-status", { hasText: word }).waitFor();
    },
    async write(text: string) {
      await reply.fill(text);
      await reply.press("Enter");
    },
    /** Closes the open conversation, and waits until it cannot be taken back any more. */
    async close(reason: string) {
      await self.blur();
      await page.keyboard.press("e");
      await page.getByRole("menuitem", { name: reason }).click();
      await page.locator(".closed-line").waitFor({ timeout: 2 * PATIENCE });
    },
    blur: () => page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur()),
  };
  return self;
}

/** The admin board. */
export function boardIn(page: Page, address: string) {
  const part = (name: string): Locator => page.getByRole("group", { name, exact: true });
  return {
    page,
    queue: part("Queue"),
    agents: part("Agents"),
    heading: page.getByRole("heading", { name: "Board", exact: true }),
    tile: (nth: number) => page.locator(".ad-tile").nth(nth),
    async logIn({ email, password }: Pick<Login, "email" | "password">) {
      await page.goto(`${address}/admin/`);
      await page.getByLabel("E-mail").fill(email);
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Log in" }).click();
    },
    go: (name: string) => page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name }).first().click(),
  };
}
