/** Shows the way around while the installation is fresh: who can log in, and where. */
interface Demo {
  people: { role: string; name: string; email: string; password: string | null }[];
}

const PLACES: Record<string, { word: string; href: string }> = {
  agent: { word: "Agent console", href: "./console" },
  admin: { word: "Admin board", href: "./admin" },
};

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, ...inside: (Node | string)[]) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...inside);
  return element;
}

function secret(word: string, value: string): HTMLElement {
  const copy = make("button", "copy", value);
  copy.type = "button";
  copy.title = `Copy ${word}`;
  copy.setAttribute("aria-label", `Copy ${word} ${value}`);
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(value).catch(() => {});
    copy.classList.add("copied");
    setTimeout(() => copy.classList.remove("copied"), 1200);
  });
  return copy;
}

async function guide(): Promise<void> {
  const list = document.querySelector("#logins");
  if (!list) return;
  const answer = await fetch("./api/v1/demo", { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const { people } = (await answer.json()) as Demo;
  for (const { role, name, email, password } of people) {
    const place = PLACES[role];
    if (!place) continue;
    const link = make("a", "", `${place.word} ↗`);
    link.href = place.href;
    link.target = "_blank";
    list.append(
      make(
        "li",
        "",
        make("div", "who", make("b", "", name), link),
        make(
          "div",
          "secrets",
          secret("e-mail", email),
          password ? secret("password", password) : make("span", "", "the password that you set"),
        ),
      ),
    );
  }
  document.querySelector("#fresh")?.removeAttribute("hidden");
}

const guideBox = document.querySelector<HTMLDetailsElement>("#guide");
void guide();
for (const button of document.querySelectorAll("[data-chat]")) {
  button.addEventListener("click", () => {
    guideBox?.removeAttribute("open");
    (window as { Switchboard?: { open(): void } }).Switchboard?.open();
  });
}
for (const button of document.querySelectorAll<HTMLButtonElement>("[data-add]")) {
  button.addEventListener("click", () => {
    const bag = document.querySelector("#bag");
    const count = Number(bag?.textContent ?? 0) + 1;
    if (bag) bag.textContent = String(count);
    const said = document.querySelector("#said");
    if (said) said.textContent = `${button.dataset.add} is in your bag. ${count} in all.`;
  });
}
