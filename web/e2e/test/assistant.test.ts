import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { widgetIn } from "../src/faces.ts";
import { story } from "../src/world.ts";

/** A model that says a word when the test says so. */
let asked: ((response: ServerResponse) => void) | null = null;
const waiting: ServerResponse[] = [];
const model = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (asked) asked(response);
    else waiting.push(response);
  });
});
await new Promise<void>((ready) => model.listen(0, "127.0.0.1", ready));
afterAll(() => {
  model.closeAllConnections();
  model.close();
});
const next = () =>
  new Promise<ServerResponse>((resolve) => {
    const first = waiting.shift();
    if (first) resolve(first);
    else
      asked = (response) => {
        asked = null;
        resolve(response);
      };
  });
const piece = (response: ServerResponse, delta: object, finish: string | null = null) =>
  response.write(
    `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`,
  );

story(
  "An answer while it is being made",
  {
    AI_PROVIDER: "openai",
    OPENAI_API_KEY: "sk-test",
    OPENAI_BASE_URL: `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`,
  },
  (step, world) => {
    let customer: Page;
    let answer: ServerResponse;
    const widget = () => widgetIn(customer);

    step("each piece is shown as it comes", async () => {
      customer = await world().window("customer");
      await customer.goto(world().server.address);
      const coming = next();
      await widget().ask("Tell me a story.");
      answer = await coming;
      piece(answer, { role: "assistant", content: "Once upon " });
      await widget().panel.locator(".sb-streaming", { hasText: "Once upon" }).waitFor();
      piece(answer, { content: "a time" });
      await widget().panel.locator(".sb-streaming", { hasText: "Once upon a time" }).waitFor();
      await world().look(customer, "widget-streaming", "switchboard-chat");
    });

    step("markup in it stays text while it comes", async () => {
      piece(answer, { content: " there was <img src=x onerror=alert(1)> and <b>" });
      await widget().panel.locator(".sb-streaming", { hasText: "<img src=x onerror=alert(1)> and <b>" }).waitFor();
    });

    step("when it is whole it stands there once, as a message", async () => {
      piece(answer, { content: " the end." });
      piece(answer, {}, "stop");
      answer.end("data: [DONE]\n\n");
      const whole = "Once upon a time there was <img src=x onerror=alert(1)> and <b> the end.";
      await widget().panel.locator(".sb-bubble:not(.sb-streaming)", { hasText: whole }).waitFor();
      expect(await widget().said(whole).count()).toBe(1);
      expect(await widget().panel.locator(".sb-streaming").count()).toBe(0);
    });
  },
);
