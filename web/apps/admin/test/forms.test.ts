import { describe, expect, test } from "vitest";
import {
  agentProblems,
  botProblems,
  cannedProblems,
  fieldOf,
  fillIn,
  priorityOf,
  quoted,
  serverWords,
  tokenProblems,
  wordsOf,
} from "../src/model/forms.ts";

test("words come one each, without blanks, in order", () => {
  expect(wordsOf(" de, billing ,de,\n\nfr")).toEqual(["de", "billing", "fr"]);
  expect(wordsOf(" , ")).toEqual([]);
});

describe("a priority", () => {
  test("is a whole number from 0", () => {
    expect([" 3 ", "0", "-1", "1.5", "x", ""].map(priorityOf)).toEqual([3, 0, null, null, null, null]);
  });
});

describe("what is found before anything is sent", () => {
  test("an agent needs a name, and a new one an address and a password", () => {
    const form = { name: " ", email: "nobody", password: "short", capacity: "2.5" };
    expect(agentProblems(form, true)).toEqual({
      name: "empty",
      email: "email",
      password: "password",
      capacity: "capacity",
    });
    expect(agentProblems({ ...form, name: "Ann", capacity: "0" }, false)).toEqual({});
  });

  test("a chatbot's id, sites, colour and form are looked at", () => {
    const good = { id: "shop", name: "Shop", allowedOrigins: ["https://shop.example"], preChat: [], accent: "" };
    expect(botProblems(good)).toEqual({});
    const field = { key: "name", label: "Name", kind: "text" as const, required: true };
    expect(
      botProblems({
        id: "my shop",
        name: "",
        allowedOrigins: ["https://shop.example/", "shop.example"],
        preChat: [field, { ...field, label: "" }],
        accent: "blue",
      }),
    ).toEqual({
      id: "botId",
      name: "empty",
      allowedOrigins: "origin",
      "theme.accent": "colour",
      "preChat[1].key": "twice",
      "preChat[1].label": "empty",
    });
  });

  test("a canned reply may only fill in what the server knows", () => {
    const form = { shortcut: "/hello", title: "Hello", content: "Hi {{customer.name}}, {{ agent.name }} here" };
    expect(cannedProblems(form)).toEqual({});
    expect(cannedProblems({ shortcut: "two words", title: "", content: "{{customer.email}}" })).toEqual({
      shortcut: "shortcut",
      title: "empty",
      content: "placeholder",
    });
    expect(fillIn(form.content, "Cleo", "Ada")).toBe("Hi Cleo, Ada here");
  });

  test("a token needs whose it is and the secret, and ends some time", () => {
    expect(tokenProblems({ userId: "u", ttlMinutes: "", secret: "s" })).toEqual({});
    expect(tokenProblems({ userId: "", ttlMinutes: "0", secret: "" })).toEqual({
      userId: "empty",
      ttlSeconds: "ttl",
      secret: "empty",
    });
  });
});

describe("what the server refuses", () => {
  test("stands at the field that it names, the closest one", () => {
    const fields = ["assistant.knowledgeTags", "assistant", "id", "preChat", "preChat[1].key"];
    expect(fieldOf("assistant.knowledgeTags[2]", fields)).toBe("assistant.knowledgeTags");
    expect(fieldOf("preChat[1].key", fields)).toBe("preChat[1].key");
    expect(fieldOf("preChat[0].key", fields)).toBe("preChat");
    expect(fieldOf("data.id", fields)).toBe("id");
    expect(fieldOf("identity", fields)).toBeNull();
    expect(fieldOf(undefined, fields)).toBeNull();
  });

  test("is a sentence, without the path", () => {
    expect(serverWords("allowedOrigins[0]: must look like https://shop.example")).toBe(
      "Must look like https://shop.example",
    );
    expect(serverWords("no such chatbot")).toBe("No such chatbot");
  });
});

test("a text in a shell line is nothing but a text", () => {
  expect(quoted("it's $(rm -rf) `x`")).toBe("'it'\\''s $(rm -rf) `x`'");
});
