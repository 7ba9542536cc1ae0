import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { consoleIn, widgetIn } from "../src/faces.ts";
import { story } from "../src/world.ts";

const read = (path: string): Record<string, string> =>
  JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"));
const wordsOf = (language: string) => ({
  ...read(`packages/design/src/words/${language}.json`),
  ...read(`apps/widget/src/words/${language}.json`),
});
const english = wordsOf("en");

for (const language of ["ar", "de", "es"]) {
  const words = wordsOf(language);
  const t = (key: string, name = "") => (words[key] ?? key).replace("{name}", name);

  story(`The widget in the language "${language}"`, {}, (step, world) => {
    let customer: Page;
    let desk: Page;
    const panel = () => widgetIn(customer).panel;
    const button = (key: string) => panel().getByRole("button", { name: t(key) });
    const says = (key: string, name?: string) => panel().getByText(t(key, name)).first().waitFor();
    /** A picture, axe, and no sentence that stayed English. */
    const look = async (name: string) => {
      await world().look(customer, `widget-${language}-${name}`, "switchboard-chat");
      const shown = await panel().innerText();
      const left = Object.values(english).filter(
        (text) => / \w+ /.test(text) && !text.includes("{") && shown.includes(text),
      );
      expect(left, `English in ${name}`).toEqual([]);
    };

    step("it opens, in its direction", async () => {
      customer = await world().window("customer");
      await customer.goto(`${world().server.address}/widget/chat?chatbot=default&lang=${language}`);
      await button("ask").waitFor();
      const root = panel().locator("..");
      expect(await root.getAttribute("lang")).toBe(language);
      expect(await root.evaluate((element) => getComputedStyle(element).direction)).toBe(
        language === "ar" ? "rtl" : "ltr",
      );
      await look("home");
    });

    step("the choice says that nobody is there, and the assistant answers", async () => {
      await button("ask").click();
      await says("nobody");
      await look("choice");
      await button("ai").click();
      await widgetIn(customer).write("How do I use PostgreSQL?");
      await panel().locator(".sb-sources li").first().waitFor();
      const side = (selector: string) =>
        panel()
          .locator(selector)
          .first()
          .evaluate((element) => element.getBoundingClientRect().left + element.getBoundingClientRect().width / 2);
      const mine = await side(".sb-me .sb-bubble");
      const theirs = await side(".sb-by-assistant .sb-bubble");
      expect(mine > theirs, "one's own messages stand at the end of the line").toBe(language !== "ar");
      await look("answer");
    });

    step("who waits reads it in this language, and can leave an address", async () => {
      await panel()
        .getByRole("button", { name: t("person") })
        .last()
        .click();
      await says("nobody");
      await look("waiting");
      await button("leave.open").click();
      await panel()
        .locator("form.sw-card")
        .getByRole("button", { name: t("leave.send") })
        .click();
      await says("required");
      await look("leave");
      await button("back").click();
      await button("cancel").click();
    });

    step("a person comes, and what happens is told", async () => {
      desk = await world().window("agent");
      const agent = consoleIn(desk, world().server.address);
      await agent.logIn(world().server.login("ada"));
      await agent.on();
      await panel()
        .getByRole("button", { name: t("person") })
        .last()
        .click();
      await widgetIn(customer).connectedTo("Ada");
      await says("joined", "Ada");
      await says("head.agent");
      await look("connected");
    });

    step("it ends with a rating, and begins anew", async () => {
      await button("options").click();
      await panel()
        .getByRole("menuitem", { name: t("end") })
        .click();
      await says("rate");
      await look("rating");
      await button("rate.5").click();
      await says("thanks");
      await button("restart").click();
      await button("ask").waitFor();
    });
  });
}
